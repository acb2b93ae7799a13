"""Requests of our own with ids of another brand, or by people who run nothing: refused, and nothing is changed."""

from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from qxportal.engine.models import DataSource, Graphic, Mailing, Message
from qxportal.threesixty.catalogue import KNOWN
from tests.qxportal.engine.conftest import Caller

OURS = sorted(name for name in KNOWN if name.startswith("qx"))
ABOUT_ONE = [name for name in OURS if any(one.name == "ThreeSixtyID" for one in KNOWN[name].params)]
NOTED = {"LoggedCall", "UsualAddress", "SignInFailures"}
# What a call holds beside ids, so that nothing but an id is a reason to refuse it.
SAID: dict[str, str] = {
    "Relationship": "Peer",
    "Kind": "Invite",
    "Decision": "Submit",
    "Line": "Peer",
    "Viewer": "Other",
    "Address": "hr@elsewhere.example",
}
FLAGS = ("RemoveAnswers", "CloseSessions", "DeleteMailings", "ReadyReports")
IDS = (
    "ThreeSixtyID",
    "SubjectID",
    "PersonID",
    "PersonIDs",
    "MailingID",
    "MessageID",
    "SubjectMessageID",
    "LogoID",
    "ReportID",
    "DataSourceID",
)
EMPTY = {("qxGetMails", "MailingID")}  # a listing of what there is not


def _round(engine: Any, owner: Any, word: str) -> dict[str, str]:
    """An assessment of a brand, with one of everything that a request can name."""
    brand = owner.row.brand
    assessment = engine.assessment(f"{word} review", owner=owner)
    person, subject = engine.person(word, "Rater", brand=brand), engine.person(word, "Subject", brand=brand)
    about = engine.subject(assessment, subject)
    engine.evaluation(about, person, "Peer", "Completed")
    mailing = engine.run(Mailing.objects.create, assessment=assessment, kind="Invite", scheduled_at=timezone.now())
    source = engine.run(DataSource.objects.select_related("report").get, report__assessment=assessment)
    text = {"brand": brand, "library_id": owner.user_id, "name": "Text", "texts": {"EN": "Please answer."}}
    return {
        "ThreeSixtyID": assessment.public_id,
        "SubjectID": subject.public_id,
        "PersonID": person.public_id,
        "PersonIDs": person.public_id,
        "MailingID": mailing.public_id,
        "ReportID": source.report.public_id,
        "DataSourceID": source.public_id,
        "MessageID": engine.run(Message.objects.create, category="InviteEmails", **text).public_id,
        "SubjectMessageID": engine.run(Message.objects.create, category="EmailSubject", **text).public_id,
        "LogoID": engine.run(
            Graphic.objects.create,
            brand=brand,
            library_id=owner.user_id,
            description="Logo",
            content=b"-",
            content_type="image/png",
            width=1,
            height=1,
        ).public_id,
        "Nominees": f'[{{"PersonID": "{person.public_id}", "Relationship": "Peer"}}]',
    }


def _given(name: str, ids: dict[str, str], *, also: str = "") -> dict[str, str]:
    wanted = [one.name for one in KNOWN[name].params if one.required or one.name == also]
    return {one: ids.get(one) or SAID.get(one) or ("0" if one in FLAGS else "x") for one in wanted}


def _rows(engine: Any) -> dict[str, list[str]]:
    models = [one for one in apps.get_app_config("engine").get_models() if one.__name__ not in NOTED]
    return engine.run(  # type: ignore[no-any-return]
        lambda: {one.__name__: sorted(str(row) for row in one._default_manager.values()) for one in models}
    )


@pytest.fixture
def rounds(engine):
    rival = engine.make_api_user("olga.neumann", brand=engine.make_brand("rivalton", "Rivalton"))
    return rival, _round(engine, engine.api_user, "Ourshire"), _round(engine, rival, "Rivalton")


def test_another_brands_assessment_is_unknown_to_every_request(engine, rounds, call: Caller):
    rival, ours, _theirs = rounds
    before = _rows(engine)

    for name in ABOUT_ONE:
        answer = call(name, user=rival, **_given(name, ours, also="ThreeSixtyID"))
        found = answer.json()["Meta"].get("QualtricsErrorCode")
        assert (answer.status_code, found) == (400, "ESRV35|ThreeSixtyID"), (name, answer.text)
        assert "Ourshire" not in answer.text

    assert _rows(engine) == before


def test_who_runs_nothing_is_refused_by_every_request(engine, rounds, call: Caller):
    _rival, ours, _theirs = rounds
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    before = _rows(engine)

    for name in OURS:
        answer = call(name, user=tom, **_given(name, ours, also="ThreeSixtyID"))
        assert answer.status_code == 403, (name, answer.text)
        assert "Ourshire" not in answer.text

    assert _rows(engine) == before


def test_no_id_of_another_brand_is_taken_in_any_parameter(engine, rounds, call: Caller):
    _rival, ours, theirs = rounds
    before, tried = _rows(engine), 0

    for name in OURS:
        for one in KNOWN[name].params:
            if one.name not in (*IDS, "Nominees"):
                continue
            tried += 1
            answer = call(name, **_given(name, ours, also=one.name) | {one.name: theirs[one.name]})
            assert "Rivalton" not in answer.text
            if (name, one.name) in EMPTY:
                assert answer.json()["Result"] == {"Mails": []}
                continue
            assert answer.status_code == 400, (name, one.name, answer.text)
            assert answer.json()["Meta"]["QualtricsErrorCode"] == f"ESRV35|{one.name}", (name, one.name)

    assert tried > 40
    assert _rows(engine) == before


def test_no_documented_request_takes_a_key(call: Caller):
    documented = [one for name, one in KNOWN.items() if not name.startswith("qx")]

    assert len(documented) >= 50
    assert not [one.name for one in documented for param in one.params if param.name == "IdempotencyKey"]
    given = {"FirstName": "Ida", "LastName": "Moor", "Email": "ida@marlstone.example", "IdempotencyKey": "k-1"}
    assert call.refused("createPerson", **given) == (400, "ESRV35|IdempotencyKey")
