"""Each call goes to a running engine over HTTP and comes back as a typed record; the list of calls is computed."""

from typing import Any

import pytest

from qxportal.threesixty.calls.assessments import CreateAssessment, SetSubjectStatus
from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.calls.every import KNOWN_CALLS
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.catalogue import KNOWN
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import AssessmentType, SubjectStatus
from qxportal.threesixty.errors import BadCredential, Rejected
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.round_trips import ROUND_TRIPS
from tests.qxportal.threesixty.round_trips.place import Place, make_people
from tests.support.built_once import built_once
from tests.support.samples import sample


@pytest.fixture
@built_once
def people(engine):
    return make_people(engine)


@pytest.fixture
def place(engine, people):
    """A running assessment with one subject, her manager and a peer."""
    user = engine.api_user
    with ThreeSixty(engine.url, user.user_name, Secret(user.token), allow_loopback=True) as client:
        yield Place(client, engine, *people)


def test_no_request_is_left_out():
    assert set(ROUND_TRIPS) == set(KNOWN_CALLS) == set(KNOWN)


@pytest.mark.parametrize("request_name", sorted(KNOWN_CALLS))
def test_a_call_round_trips(place, request_name):
    ROUND_TRIPS[request_name](place)

    assert request_name in {call.request for call in place.engine.calls() if call.code == 200}


class InXml(ThreeSixty):
    """Asks for XML wherever the answer is an envelope."""

    def call(self, call: Call[Any], **options: Any) -> Any:
        form = "XML" if call.answer is AnswerKind.ENVELOPE else None
        return super().call(call, format=form, **options)


ENVELOPES = sorted(
    name for name, call in KNOWN_CALLS.items() if call.answer is AnswerKind.ENVELOPE and "XML" in KNOWN[name].formats
)


@pytest.mark.parametrize("request_name", sample(ENVELOPES, every=3))
def test_an_envelope_round_trips_in_xml_too(engine, people, request_name):
    user = engine.api_user
    with InXml(engine.url, user.user_name, Secret(user.token), allow_loopback=True) as client:
        ROUND_TRIPS[request_name](Place(client, engine, *people))

    forms = {call.parameters["Format"] for call in engine.calls() if call.request == request_name}
    assert forms == {"XML"}


def test_a_wrong_token_is_told_apart(engine):
    wrong = Secret("not-the-token")
    with (
        ThreeSixty(engine.url, engine.api_user.user_name, wrong, allow_loopback=True) as client,
        pytest.raises(BadCredential),
    ):
        client.call(GetSurveys())


def test_below_its_version_the_predecessor_is_asked_and_others_are_refused_unsent(engine):
    user = engine.api_user
    with ThreeSixty(engine.url, user.user_name, Secret(user.token), version="2.2", allow_loopback=True) as client:
        client.call(CreateAssessment(name="Classic round"))
        with pytest.raises(Rejected, match=r"2\.3"):
            client.call(
                SetSubjectStatus(
                    assessment_id="TS_1", subject_id="P_1", status=SubjectStatus.DONE, close_sessions=False
                )
            )

        with pytest.raises(Rejected, match=r"createAssessment with Type needs version 2\.3"):
            client.call(CreateAssessment(name="Engagement", type=AssessmentType.EMPLOYEE_ENGAGEMENT))

    assert [call.request for call in engine.writes()] == ["createThreeSixty"]
