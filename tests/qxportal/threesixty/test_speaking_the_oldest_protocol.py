"""User and password instead of a token: the same records come back."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth.hashers import make_password

from qxportal.engine.models import User
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CreateThreeSixty,
    GetAssessment,
    GetCustomRelationships,
    GetSubjectStatus,
    SetCustomRelationships,
)
from qxportal.threesixty.calls.library import GetLibraryMessages
from qxportal.threesixty.calls.persons import CreatePerson, GetPersons
from qxportal.threesixty.calls.reports import GetSubjectReportPDF
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.catalogue import OLDEST
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, OutcomeUnknown, Rejected, TransientError
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.conftest import answer
from tests.qxportal.threesixty.recorded import XML

PASSWORD = "winter-harbour-2026"


@pytest.fixture
def oldest(vendor):
    with ThreeSixty(vendor.url, "hr", Secret(PASSWORD), OLDEST, allow_loopback=True) as client:
        yield client


@pytest.fixture
def both(engine, db):
    """The oldest protocol and the newest version, for the same user."""
    user = engine.api_user
    engine.run(lambda: User.objects.filter(pk=user.row.pk).update(password_hash=make_password(PASSWORD)))
    with (
        ThreeSixty(engine.url, user.user_name, Secret(PASSWORD), OLDEST, allow_loopback=True) as old,
        ThreeSixty(engine.url, user.user_name, Secret(user.token), allow_loopback=True) as new,
    ):
        yield old, new


def test_the_password_goes_where_the_token_would(vendor, oldest):
    vendor.says(answer(XML, kind="text/xml", RequestStatus="Success"))

    oldest.ask(GetSurveys())

    head, _, body = vendor.asked[0].partition(b"\r\n\r\n")
    assert PASSWORD.encode() not in head
    assert dict(parse_qsl(body.decode())) == {
        "Request": "getSurveys",
        "User": "hr",
        "Password": PASSWORD,
        "Format": "XML",
    }


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer("", kind="text/xml", RequestStatus="Failure"), Rejected),
        (answer(XML, kind="text/xml", RequestStatus="Failure"), Rejected),
        (answer("", status="401 Unauthorized", RequestStatus="Failure"), BadCredential),
        (answer("", status="500 Error", RequestStatus="Failure"), OutcomeUnknown),
    ],
)
def test_the_header_tells_of_a_failure(vendor, oldest, said, error):
    vendor.says(said)

    with pytest.raises(error) as caught:
        oldest.call(CreatePerson(email="a@acme.example", first_name="Anna", last_name="Berger"))

    assert caught.type is error


def test_a_reading_that_fails_may_be_asked_again(vendor, oldest):
    vendor.says(answer("", status="500 Error", RequestStatus="Failure"))

    with pytest.raises(TransientError):
        oldest.call(GetPersons())


def test_it_has_the_requests_of_the_first_version(vendor, oldest):
    vendor.says(answer(XML, kind="text/xml"))

    with pytest.raises(Rejected, match=r"2\.1"):
        oldest.call(GetAssessment(assessment_id="TS_1"))
    with pytest.raises(Rejected, match=r"2\.1"):
        oldest.call(ActivateAssessment(assessment_id="TS_1"))
    assert vendor.asked == []


def _plain(found):
    return [replace(one, raw={}) if hasattr(one, "raw") else one for one in found]


def test_it_reads_the_same_records(engine, both):
    old, new = both
    assessment = engine.assessment("Leadership review", relationships=("Customer", "Mentor"))
    anna = engine.person("Zoë", "O'Neill & Søn", metadata={"Cost centre": "4+2", "Team": "<R&D>"})
    engine.subject(assessment, anna, status="Done", report_ready=True)
    library = engine.api_user.user_id

    for call in (
        GetPersons(include_metadata=True),
        GetSurveys(),
        GetSubjectStatus(assessment_id=assessment.public_id),
        GetCustomRelationships(assessment_id=assessment.public_id),
        GetLibraryMessages(library_id=library),
    ):
        assert _plain(old.call(call)) == _plain(new.call(call))
    pdf = GetSubjectReportPDF(assessment_id=assessment.public_id, person_id=anna.public_id, viewer="Admin")
    assert old.call(pdf).content.startswith(b"%PDF-")


def test_it_changes_the_same_things(both):
    old, new = both

    made = old.call(CreateThreeSixty(name="Classic round", workflow_options={"RoundRobin": True}))
    change = SetCustomRelationships(
        assessment_id=made.vendor_id,
        relationships=(RelationshipRecord(name="Mentor", translations={"DE": "Mentorin"}),),
    )
    old.call(change)

    assert new.verify(change) is True
    assert old.verify(change) is True


def test_a_wrong_password_is_a_bad_credential(engine, both):
    wrong = Secret("summer-harbour-2026")
    with (
        ThreeSixty(engine.url, engine.api_user.user_name, wrong, OLDEST, allow_loopback=True) as client,
        pytest.raises(BadCredential),
    ):
        client.call(GetSurveys())
