"""All requests can be sent from screens: from pages of their own or that of requests."""

import ast
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessments import request_answers
from assessments.models import Assessment
from assessments.request_answers import plain
from assessments.request_fields import RequestForm, documented
from assessments.views.api_requests import ELSEWHERE, OFFERED
from directory.models import Person, VendorUser
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.threesixty.calls.every import EVERY_CALL
from qxportal.threesixty.catalogue import CATALOGUE
from tests.support.mirrored_rows import evaluations, people
from tests.support.portal_fixture import Connected

database = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
SWITCHES = ("CleanImport", "ClearRelationships", "UpdateResponses")  # of importPersons
ROOT = Path(__file__).parents[2]
SCREENS = ("assessments", "directory", "surveys")
PAGE_OF_REQUESTS = {"any_request.py", "request_fields.py", "request_answers.py", "api_requests.py"}


def called_by_screens() -> set[str]:
    """The requests whose calls are made somewhere in the apps that have screens, computed from their code."""
    classes = {kind.__name__: name for name, kind in EVERY_CALL.items()}
    found = set()
    for app in SCREENS:
        for path in (ROOT / app).rglob("*.py"):
            if path.name in PAGE_OF_REQUESTS:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    found.add(classes.get(node.func.id, ""))
    return found - {""}


def test_every_request_can_be_used_from_a_screen():
    assert len(CATALOGUE) == 50
    same_report = {"getSubjectReport"}  # what getSubjectReportPDF gives as a PDF
    assert set(CATALOGUE) - set(OFFERED) == {*ELSEWHERE}
    assert set(ELSEWHERE) - same_report <= called_by_screens()
    assert all(reverse(name, args=["marlstone"]) for name, _words in ELSEWHERE.values())


@pytest.mark.parametrize("name", sorted(OFFERED))
def test_a_form_has_a_field_for_each_parameter(name):
    form = RequestForm(OFFERED[name])

    assert set(form.fields) == documented(OFFERED[name]), name
    needed = {one.name for one in CATALOGUE[name].params if one.required}
    assert needed <= {name for name, field in form.fields.items() if field.required}


def test_fields_are_typed_and_files_are_read():
    form = RequestForm(
        OFFERED["importPersons"],
        {"Type": "Directory", "CleanImport": "0", "ClearRelationships": "0", "UpdateResponses": "0"},
        {"FileContents": SimpleUploadedFile("people.csv", b"Email\r\nanna@acme.example\r\n")},
    )
    assert form.is_valid(), form.errors

    call: Any = form.call()

    assert call.file_contents == "Email\r\nanna@acme.example\r\n"
    assert call.clean_import is False and call.use_unique_person_id is False


@pytest.mark.parametrize(
    ("name", "field", "text", "value"),
    [
        ("setUserDataFields", "DefaultSettings", '{"Title": true}', {"Title": True}),
        ("createDivision", "DivisionAdmins", "UR_1\n\nUR_2", ("UR_1", "UR_2")),
    ],
)
def test_values_of_several_parts_are_read(name, field, text, value):
    form = RequestForm(OFFERED[name], {"Name": "Graz", field: text})
    assert form.is_valid(), form.errors

    sent = {item["param"]: getattr(form.call(), key) for key, item in _params(name).items()}

    assert sent[field] == value


def test_what_is_wrong_stands_beside_its_field():
    form = RequestForm(OFFERED["setUserDataFields"], {"DefaultSettings": "[1"})
    assert not form.is_valid() and list(form.errors) == ["DefaultSettings"]

    image = {"FileContents": SimpleUploadedFile("logo.svg", b"<svg/>")}
    form = RequestForm(OFFERED["uploadLibraryGraphic"], {"LibraryID": "UR_1", "Description": "Logo"}, image)
    assert form.is_valid() and form.call() is None
    assert list(form.errors) == ["FileContents"]


@pytest.mark.parametrize(
    "text",
    [
        '{"Site": {"City": "Graz"}}',
        '{"Site": null}',
        '{"Site": "a\\u0000"}',
        '{"Site": "\\ud800"}',
        '{"a[b]": "c"}',
        "[" * 60 + "]" * 60,
    ],
)
def test_json_that_could_not_be_sent_is_refused_beside_its_field(text):
    form = RequestForm(
        OFFERED["createPerson"],
        {"Email": "anna@acme.example", "FirstName": "Anna", "LastName": "Berger", "MetaData": text},
    )

    assert not form.is_valid() or form.call() is None
    assert list(form.errors) == ["MetaData"]


def test_secrets_and_tokens_are_left_out_of_answers():
    told = plain({"Token": "3f2a", "Name": "https://a.example/l/3f2a9c/", "Of": [{"Password": "Rooks"}]})

    assert told == {"Token": "…", "Name": "https://a.example/l/…/", "Of": [{"Password": "…"}]}


def _params(name: str) -> dict[str, Any]:
    return {item.name: item.metadata for item in RequestForm(OFFERED[name]).parts.values()}


@pytest.fixture
def page(client, connected: Connected):
    """Open or send one request's page as the administrator."""
    client.force_login(connected.admin.user)

    def ask(name: str, **fields: Any) -> Any:
        url = f"/o/{connected.org.slug}/settings/api/{name}/"
        return client.post(url, {"intent": str(uuid.uuid4()), **fields}) if fields else client.get(url)

    return ask


@database
def test_a_reading_is_answered_logged_and_not_kept(connected, page):
    connected.engine.person("Anna", "Berger")

    answer = page("getPersons", StartIndex="0")

    assert answer.status_code == 200 and "Berger" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert not Change.objects.exists()
    [entry] = AuditEntry.objects.filter(org=connected.org, verb="request.read")
    assert (entry.target, entry.by) == ("getPersons", connected.admin)
    assert "Berger" not in str(entry.details)


@database
def test_a_long_answer_is_cut_on_the_page_and_whole_in_a_file(connected, page, monkeypatch):
    monkeypatch.setattr(request_answers, "MOST_CHARACTERS", 20)
    connected.engine.person("Anna", "Berger")

    shown, file = page("getPersons", StartIndex="0"), page("getPersons", StartIndex="0", file="")

    assert len(shown.context["answer"].text) == 20 and "beginning of a long answer" in shown.content.decode()
    assert "Berger" in file.content.decode() and file["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(org=connected.org, verb="request.read").count() == 2


@database
def test_a_change_is_recorded_sent_and_logged_once(connected, page):
    intent = str(uuid.uuid4())

    first, second = (page("createDivision", Name="Lisbon", intent=intent) for _ in range(2))

    [change] = Change.objects.filter(org=connected.org)
    assert first.url == second.url == f"/o/{connected.org.slug}/changes/{change.pk}/"
    connected.send()
    assert connected.settled(change).state == Change.State.DONE
    assert AuditEntry.objects.filter(org=connected.org, verb="request.recorded").count() == 1


@database
def test_what_destroys_is_confirmed_by_typing(connected, page):
    VendorUser.objects.create(org=connected.org, vendor_id="UR_1", user_name="otto#marlstone", seen_at=timezone.now())
    assert "Type the request’s name to confirm" in page("deleteUser").content.decode()

    refused = page("deleteUser", UserID="UR_1", typed="delete")
    assert refused.status_code == 422 and not Change.objects.exists()

    assert page("deleteUser", UserID="UR_1", typed="deleteUser").status_code == 302
    assert Change.objects.get().request == "deleteUser"


@database
def test_a_refusal_of_the_server_stands_beside_the_field(connected, page):
    answer = page("getSurvey", SurveyID="SV_nowhere")

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["SurveyID"]


@database
def test_nothing_is_read_or_changed_about_oneself(connected, page):
    engine, admin = connected.engine, connected.admin
    review = engine.assessment("Leadership review")
    own = engine.person("Rosa", "Keller", email=admin.user.email)
    engine.subject(review, own)
    connected.sync()
    review_id, own_id = connected.assessment().vendor_id, connected.subject().vendor_id
    before = len(engine.calls())

    for name, fields in {
        "getSubjectStatus": {"ThreeSixtyID": review_id},
        "getEvaluationStatus": {"ThreeSixtyID": review_id, "IncludeEvaluationResponses": "0"},
        "updatePerson": {"PersonID": own_id, "FirstName": "Rose"},
        "getQuotas": {"SurveyID": "SV_1"},
        "getUserIDs": {"IncludeUserStats": "1"},
        "changeUserName": {"OldUserName": "anna", "NewUserName": "rosa"},
    }.items():
        answer = page(name, **fields)
        assert answer.status_code == 422, name
        [told] = answer.context["form"].non_field_errors()
        assert "another member has to" in told or "no other member" in told, (name, told)

    assert len(engine.calls()) == before
    assert not Change.objects.exists()


@database
def test_a_subject_whom_the_mirror_does_not_know_yet_reads_nothing_either(connected, page):
    engine = connected.engine
    review = engine.assessment("Leadership review")
    engine.subject(review, engine.person("Anna", "Berger"))
    connected.sync()
    engine.subject(review, engine.person("Rosa", "Keller", email="rosa.elsewhere@marlstone.example"))

    answer = page("getSubjectStatus", ThreeSixtyID=connected.assessment().vendor_id)

    assert answer.status_code == 422 and "Berger" not in answer.content.decode()


@database
def test_users_and_people_are_guarded_as_on_their_pages(connected, page):
    org, ours = connected.org, connected.engine.api_user.user_name
    own = Person.objects.create(
        org=org,
        vendor_id="P_rosa",
        email=connected.admin.user.email,
        user_id="UR_rosa",
        first_seen_at=timezone.now(),
        seen_at=timezone.now(),
    )
    for key, name in {"UR_ours": ours, "UR_rosa": "rosa#marlstone"}.items():
        VendorUser.objects.create(org=org, vendor_id=key, user_name=name, seen_at=timezone.now())
    table = SimpleUploadedFile("people.csv", f"Email,FirstName\r\n{own.email},Rose\r\n".encode())

    for name, fields in [
        ("deleteUser", {"UserID": "UR_ours", "typed": "deleteUser"}),
        ("deleteUser", {"UserID": "UR_unknown", "typed": "deleteUser"}),
        ("updateUser", {"UserID": "UR_ours", "Status": "Disabled"}),
        ("updateUser", {"UserID": "UR_rosa", "FirstName": "Rose"}),
        ("changeUserName", {"OldUserName": ours.partition("#")[0].upper(), "NewUserName": "other"}),
        ("updatePerson", {"PersonID": "P_unknown", "FirstName": "Rose"}),
        ("importPersons", {"Type": "Directory", "FileContents": table, **dict.fromkeys(SWITCHES, "0")}),
    ]:
        answer = page(name, **fields)
        assert answer.status_code == 422 and answer.context["form"].non_field_errors(), name

    assert not Change.objects.exists()


@database
def test_nobody_is_added_to_a_closed_assessment(connected, page):
    connected.engine.assessment("Leadership review")
    connected.sync()
    review = connected.assessment()
    Assessment.objects.filter(pk=review.pk).update(status=Assessment.Status.CLOSED)

    answer = page("addPerson", PersonID="P_1", ThreeSixtyID=review.vendor_id)

    assert answer.status_code == 422 and not Change.objects.exists()


@database
def test_an_assessment_is_changed_by_the_rules_of_its_page(connected, page):
    connected.engine.assessment("Leadership review")
    connected.sync()
    review = connected.assessment()
    fields = {"ThreeSixtyID": review.vendor_id, "WorkFlowOptions": '{"AllowSelf": true}', "typed": "updateAssessment"}
    for status, given in [
        (Assessment.Status.CLOSED, fields),
        (Assessment.Status.ACTIVE, {**fields, "SurveyID": "SV_other"}),
        (Assessment.Status.ACTIVE, {**fields, "ThreeSixtyID": "TS_unknown"}),
    ]:
        Assessment.objects.filter(pk=review.pk).update(status=status)

        answer = page("updateAssessment", **given)

        assert answer.status_code == 422 and answer.context["form"].non_field_errors(), given
    assert not Change.objects.exists()


@database
def test_a_relationship_that_evaluations_use_stays(connected, page):
    connected.engine.subject(
        connected.engine.assessment("Leadership review"), connected.engine.person("Anna", "Berger")
    )
    connected.sync()
    review = connected.assessment()
    Assessment.objects.filter(pk=review.pk).update(relationships=[{"Name": "Mentor"}])
    evaluations(connected.subject(), people(connected.org, 1), "Mentor")

    answer = page("setCustomRelationships", ThreeSixtyID=review.vendor_id, jsonOfRelationships='[{"Name": "Coach"}]')

    assert "cannot be removed" in str(answer.context["form"].non_field_errors())
    assert not Change.objects.exists()


@database
def test_without_permission_to_ask_it_is_said(connected, page):
    Organisation.objects.filter(pk=connected.org.pk).update(paused=True)

    answer = page("getSurveys", x="")

    assert answer.status_code == 422
    assert "paused" in str(answer.context["form"].non_field_errors())


@database
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("getEvaluationStatus", {"ThreeSixtyID": "TS_unknown", "IncludeEvaluationResponses": "1"}),
        ("getSubjectStatus", {"ThreeSixtyID": "TS_unknown"}),
    ],
)
def test_raw_answers_and_unknown_assessments_are_refused(connected, page, name, fields):
    before = len(connected.engine.calls())

    assert page(name, **fields).status_code == 422

    assert len(connected.engine.calls()) == before


@database
def test_only_administrators_send_requests(member, org):
    for role, code in ((Role.READER, 403), (Role.EDITOR, 403), (None, 404)):
        visitor = member(role)
        for path in ("", "getSurveys/"):
            assert visitor.get(f"/o/{org.slug}/settings/api/{path}").status_code == code
            assert visitor.post(f"/o/{org.slug}/settings/api/getSurveys/").status_code == code
    admin = member(Role.ADMIN)
    assert admin.get(f"/o/{org.slug}/settings/api/qxNothing/").status_code == 404
    assert "Enter the credential" in admin.get(f"/o/{org.slug}/settings/api/").content.decode()
    assert not Member.objects.filter(role=Role.OWNER).exists()


@database
def test_the_list_names_every_request(client, connected):
    client.force_login(connected.admin.user)

    shown = client.get(f"/o/{connected.org.slug}/settings/api/").content.decode()

    assert all(f'id="request-{name}"' in shown for name in CATALOGUE)
    assert all(f"/settings/api/{name}/" in shown for name in OFFERED)
