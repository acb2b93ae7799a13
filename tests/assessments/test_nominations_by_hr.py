"""HR sees whose turn each list of nominations is, and acts in the place of those who do not get to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.brand import mirror_brand
from assessments.handlers import CHANGE_HANDLERS
from assessments.mailing_commands import kinds_of, why_no_mailing
from assessments.models import Nominations, Subject
from assessments.nomination_commands import decide_nominations, set_nominations
from assessments.nominations import list_of, lists_of, mirror_nominations, nominating
from directory.models import Person
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.selectors import changes
from qxportal.security.key_ring import add_key
from qxportal.threesixty.records.mailings import BrandRecord
from qxportal.threesixty.records.nominations import NominationRecord, NomineeRecord, OutsideRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

OPTIONS = {"SubjectsNominate": True, "NominationApproval": True, "MinimumEvaluators": 2, "MaximumEvaluators": 3}
INTENT = "4d0f3f0e-9a51-4a7e-8b43-0a8c2b8f7d11"


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def review(org):
    review = assessment(org, workflow_options=OPTIONS)
    subjects(review, people(org, 3))
    people(org, 4, start=20)
    return review


def key(number: int) -> str:
    return f"P_{number:015}"


def told(review, *records: NominationRecord) -> None:
    mirror_nominations(review, records, as_of=timezone.now())


def record(number: int, state: str = "Open", turn: str = "Subject", **fields: Any) -> NominationRecord:
    values = {"minimum": 2, "maximum": 3, "manager_id": key(20), **fields}
    values["nominees"] = tuple(NomineeRecord(person_id=key(one), relationship="Peer") for one in fields.get("on", ()))
    values.pop("on", None)
    values.setdefault("chosen", len(values["nominees"]))
    return NominationRecord(subject_id=key(number), state=state, turn=turn, **values)


def first(review) -> Subject:
    return Subject.objects.select_related("assessment__org", "org", "person").get(vendor_id=key(0))


def place(review, path: str = "") -> str:
    return f"/o/halden/assessments/{review.pk}/subjects/{first(review).pk}/nominations/{path}"


def overview(review, query: str = "") -> str:
    return f"/o/halden/assessments/{review.pk}/nominations/{query}"


def text(answer) -> str:
    return str(answer.content.decode())


def test_nothing_is_offered_where_nobody_chooses(org, review):
    client = browser(org, Role.EDITOR)

    assert ">Nominations</a>" not in text(client.get(f"/o/halden/assessments/{review.pk}/"))
    assert client.get(place(review)).status_code == 404
    assert "Nominate" not in kinds_of(review)
    told(review, record(0))
    assert ">Nominations</a>" in text(client.get(f"/o/halden/assessments/{review.pk}/"))
    assert "Nominate" in kinds_of(review)


def test_each_list_has_its_state_and_turn_in_words(org, review):
    told(
        review,
        record(0, chosen=1),
        record(1, "Submitted", "Manager", chosen=2),
        record(2, "Submitted", "HR", manager_id="", chosen=2),
    )
    client = browser(org, Role.READER)

    shown = text(client.get(overview(review)))
    chosen = text(client.get(overview(review, "?state=Submitted&turn=HR")))

    assert "1 of at least 2" in shown
    assert str(Person.objects.get(vendor_id=key(20))) in shown
    for words in ("By subjects: 1", "By managers: 0", "By managers: 1", "By HR: 1", "3 lists"):
        assert words in shown, words
    assert "1 list" in chosen
    assert key_email(2) in chosen
    assert key_email(0) not in chosen
    assert "Write to those" not in shown  # nobody can be mailed here, and readers remind nobody


def test_lists_are_sorted_by_name_both_ways(org, review):
    told(review, record(0), record(1))
    client = browser(org, Role.READER)

    up, down = text(client.get(overview(review))), text(client.get(overview(review, "?sort=-name")))

    assert up.index(key_email(0)) < up.index(key_email(1))
    assert down.index(key_email(1)) < down.index(key_email(0))


def key_email(number: int) -> str:
    return Person.objects.get(vendor_id=key(number)).email


def test_list_that_no_manager_can_choose_is_left_to_hr(org, review):
    told(review, record(0, turn="", manager_id=""), record(1, "Approved", turn=""))
    client = browser(org, Role.EDITOR)

    assert "HR chooses the evaluators: the directory names no manager." in text(client.get(place(review)))
    chosen = text(client.get(overview(review, "?turn=HR")))
    assert "1 list" in chosen
    assert key_email(0) in chosen


def test_older_answer_replaces_no_newer_list(review):
    early = timezone.now()
    told(review, record(0, "Approved", ""), record(1))

    mirror_nominations(review, [record(0)], as_of=early)

    assert list(Nominations.objects.order_by("subject").values_list("state", flat=True)) == ["Approved", "Open"]
    told(review, record(0))
    assert [one.state for one in lists_of(Subject.objects.filter(nominations__isnull=False))] == ["Open"]


def test_whole_list_is_read_with_a_few_queries(review, django_assert_max_num_queries):
    told(review, *(record(number, on=(20, 21)) for number in range(3)))

    with django_assert_max_num_queries(2):
        assert len(lists_of(Subject.objects.filter(assessment=review).select_related("nominations"))) == 3


def test_people_are_added_with_a_relationship_and_named_in_the_change(org, review):
    told(review, record(0, on=(20,)))
    client = browser(org, Role.EDITOR)
    ticked = Person.objects.get(vendor_id=key(21))
    form = {"person": ticked.pk, "relationship": "DirectReport", "intent": INTENT}

    for _time in range(2):  # the same form sent twice
        assert client.post(place(review, "add/"), form).status_code == 302

    change = Change.objects.get()
    assert [(one["PersonID"], one["Relationship"]) for one in change.parameters["nominees"]] == [
        (key(20), "Peer"),
        (key(21), "DirectReport"),
    ]
    assert change.parameters["idempotency_key"] == change.pk.hex
    assert f"{ticked} as Direct report" in text(client.get(f"/o/halden/changes/{change.pk}/"))
    assert "An earlier change of this list is not finished." in text(client.get(place(review, "add/")))


def test_people_are_removed_and_relationships_changed(org, review):
    told(review, record(0, on=(20, 21)))
    client = browser(org, Role.EDITOR)

    answer = client.post(place(review, "save/"), {"remove": key(20), f"as-{key(21)}": "Manager"}, follow=True)

    assert "Changing the list…" in text(answer)
    change = Change.objects.get()
    assert [(one["PersonID"], one["Relationship"]) for one in change.parameters["nominees"]] == [(key(21), "Manager")]


def test_nominees_unknown_to_the_directory_stay_on_the_list(org, review):
    told(review, record(0, on=(77, 20)))
    browser(org, Role.EDITOR).post(place(review, "save/"), {"remove": key(20)})

    assert [one["PersonID"] for one in Change.objects.get().parameters["nominees"]] == [key(77)]


def test_lists_that_cannot_be_are_refused_in_words(org, review):
    told(review, record(0, on=(20, 21)))
    evaluations(first(review), people(org, 1, start=30), "Peer")
    client = browser(org, Role.EDITOR)
    pk = {number: Person.objects.get(vendor_id=key(number)).pk for number in (0, 22)}
    for path, form, words in (
        ("save/", {}, "Nothing was changed."),
        ("save/", {f"as-{key(20)}": "Self"}, "This assessment has no relationship “Self”."),
        ("add/", {"person": pk[22], "relationship": "Peer"}, "At most 3 people can be chosen."),
        ("add/", {"person": pk[0], "relationship": "Peer"}, "is the subject and cannot be on the own list."),
        ("add/", {"relationship": "Peer"}, "Choose at least one person who is not on the list."),
    ):
        answer = client.post(place(review, path), form)
        assert (answer.status_code, words in text(answer)) == (422, True), words
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("state", "form", "words"),
    [
        ("Open", {"decision": "Submit"}, "Choose at least 1 more person."),
        ("Open", {"decision": "Approve"}, "the list is in another state by now"),
        ("Approved", {"decision": "SendBack", "reason": "No"}, "the list is in another state by now"),
        ("Approved", {"decision": "Reopen", "reason": " "}, "Say why: the person who chose reads it."),
        ("Submitted", {"decision": "SendBack"}, "Say why: the person who chose reads it."),
        ("Submitted", {}, "Choose what to do with the list."),
    ],
)
def test_decisions_that_cannot_be_are_refused(org, review, state, form, words):
    told(review, record(0, state, on=(20,)))

    answer = browser(org, Role.EDITOR).post(place(review, "decide/"), form)

    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"status": "Done"}, {"gone_at": timezone.now()}, {"assessment": "Closed"}, {"assessment": "Draft"}]
)
def test_nothing_changes_once_answers_are_no_longer_collected(org, review, fields):
    told(review, record(0, on=(20, 21)))
    if "assessment" in fields:
        type(review).objects.update(status=fields["assessment"])
    else:
        Subject.objects.filter(vendor_id=key(0)).update(**fields)

    answer = browser(org, Role.EDITOR).post(place(review, "decide/"), {"decision": "Submit"})

    assert (answer.status_code, "answers are no longer collected" in text(answer)) == (422, True)


@pytest.mark.parametrize(("role", "code"), [(Role.READER, 403), (Role.AUDITOR, 403), (Role.EDITOR, 302)])
def test_only_editors_change_and_decide(org, review, role, code):
    told(review, record(0, on=(20, 21)))
    client = browser(org, role)
    shown = text(client.get(place(review)))

    assert ("Save the list" in shown, "Submit the list" in shown) == (code == 302, code == 302)
    assert client.post(place(review, "decide/"), {"decision": "Submit"}).status_code == code
    Change.objects.all().delete()
    assert client.post(place(review, "save/"), {"remove": key(20)}).status_code == code


def test_another_organisations_list_is_not_found(review):
    told(review, record(0, on=(20, 21)))
    client = browser(organisation("rival"), Role.OWNER)
    for path in ("", "save/", "add/", "decide/"):
        for url in (place(review, path), place(review, path).replace("/halden/", "/rival/")):
            method = client.post if path else client.get
            assert method(url, {"decision": "Submit"}).status_code == 404, url
    assert not Change.objects.exists()


def test_subjects_neither_see_nor_change_their_own_list(org, review):
    told(review, record(0, "SentBack", reason="More peers please", on=(20, 21)), record(1))
    client = browser(org, Role.EDITOR)
    browser(org, Role.ADMIN)
    Person.objects.filter(vendor_id=key(0)).update(email="editor@halden.example")
    member, admin = Member.objects.get(role="editor"), Member.objects.get(role="admin")
    decide_nominations(first(review), "Submit", by=admin)

    shown = text(client.get(overview(review)))
    assert "By subjects: 1" in shown
    assert f"subjects/{first(review).pk}/nominations/" not in shown
    assert "More peers please" not in text(client.get(place(review)))
    for path in ("save/", "add/", "decide/"):
        answer = client.post(place(review, path), {"decision": "Submit", "remove": key(20)})
        assert answer.status_code == 403, path
    with pytest.raises(ActionRefused, match="about you"):
        decide_nominations(first(review), "Submit", by=member)
    with pytest.raises(ActionRefused, match="about you"):
        set_nominations(first(review), [], by=member)
    assert not changes(member).exists()
    assert [one.vendor_id for one in nominating(member, review)] == [key(1)]
    assert not audience_of(member, review, "Nominate").known


def test_mailings_go_to_those_whose_turn_it_is(org, review):
    told(
        review,
        record(0),
        record(1, "SentBack", "Manager"),
        record(2, "Submitted", "Manager"),
    )
    browser(org, Role.EDITOR)
    member = Member.objects.get()

    choosing, approving = (audience_of(member, review, kind) for kind in ("Nominate", "Approve"))

    assert {one.key for one in choosing.recipients} == {key(0), key(20)}
    assert [(one.key, one.tasks) for one in approving.recipients] == [(key(20), 1)]
    assert choosing.mails(review) == 2
    assert [one.key for one in audience_of(member, review, "Nominate", only=[key(0)]).recipients] == [key(0)]
    Subject.objects.filter(vendor_id=key(0)).update(status="Done")
    assert {one.key for one in audience_of(member, review, "Nominate").recipients} == {key(20)}
    for status in ("Draft", "Closed"):
        review.status = status
        assert "no evaluators are chosen" in why_no_mailing(review, "Approve", timezone.now() + timedelta(days=1))


def test_reminder_names_its_audience_and_is_recorded(org, review):
    add_key()
    save_credential(org, by=None, host="http://127.0.0.1:9101", api_user="api", version="2.5", token="api-token")
    mirror_brand(org, BrandRecord(name="halden", title="Halden Optics", mail="on"), as_of=timezone.now())
    told(review, record(0), record(1, "SentBack", "Manager"))
    client = browser(org, Role.EDITOR)
    address = f"/o/halden/assessments/{review.pk}/messages/new/?kind=Nominate"
    assert address.replace("&", "&amp;") in text(client.get(overview(review)))

    shown = text(client.get(address))
    answer = client.post(address, {"kind": "Nominate", "when": "now"})

    assert key_email(0) in shown
    assert key_email(20) in shown
    assert "Please choose who gives feedback" in shown
    assert "Send requests" in shown
    assert "Send reminders" not in shown
    assert answer.status_code == 302
    change = Change.objects.get()
    assert (change.request, change.parameters["kind"]) == ("qxCreateMailing", "Nominate")
    assert "Ask people to choose evaluators" in str(change.title)


def test_subject_page_leads_to_the_list(org, review):
    told(review, record(0))
    shown = text(browser(org, Role.READER).get(f"/o/halden/assessments/{review.pk}/subjects/{first(review).pk}/"))

    assert place(review) in shown


def test_people_from_outside_stand_on_the_list_that_hr_approves(org, review):
    zoe = OutsideRecord(first_name="Zoe", last_name="Customer", email="zoe@customer.example", relationship="Peer")
    told(review, record(0, "Submitted", "HR", outside=(zoe,), chosen=1))

    shown = browser(org, Role.EDITOR).get(place(review)).content.decode()

    assert "Zoe Customer" in shown
    assert "zoe@customer.example" in shown
    assert "adds these people to the directory as external people" in " ".join(shown.split())
    found = list_of(first(review))
    assert found is not None
    assert [one.name for one in found.outside] == ["Zoe Customer"]


def test_one_person_from_outside_is_taken_off_the_list(org, review):
    zoe = OutsideRecord(first_name="Zoe", last_name="Customer", email="zoe@customer.example", relationship="Peer")
    yan = OutsideRecord(first_name="Yan", last_name="Customer", email="yan@customer.example", relationship="Peer")
    told(review, record(0, "Submitted", "HR", outside=(zoe, yan), chosen=2))
    editor, reader = browser(org, Role.EDITOR), browser(org, Role.READER)
    url = f"{place(review)}save/"
    marked = {"remove-outside": ["zoe@customer.example", "nobody@customer.example"]}

    assert reader.post(url, marked).status_code == 403
    assert editor.post(url, {}).status_code == 422
    assert 'name="remove-outside"' not in reader.get(place(review)).content.decode()
    answer = editor.post(url, marked)

    assert answer.status_code == 302
    change = Change.objects.get()
    assert change.parameters["without_outside"] == ["zoe@customer.example"]
    CHANGE_HANDLERS["qxSetNominations"].mirror(change, timezone.now())
    found = list_of(first(review))
    assert found is not None
    assert [one.name for one in found.outside] == ["Yan Customer"]
