"""A review with a subject, and changes of it as the screens record them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from assessments import commands, subject_commands
from tests.support.built_once import built_once


@pytest.fixture(autouse=True)
def quick_looks(settings):
    settings.VERIFY_FIRST = settings.VERIFY_EVERY = timedelta(0)
    settings.VERIFY_SPAN = timedelta(0)
    settings.VERIFY_TIMES = 2


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(12)
    review = engine.assessment("Leadership review", relationships=("Customer",))
    subject = engine.subject(review, people[0])
    engine.evaluation(subject, people[1], "Manager", "Completed")
    engine.evaluation(subject, people[2], "Peer", "InProgress")
    connected.sync()
    return review


def set_done(connected, *, close_sessions=False):
    return subject_commands.set_subject_status(
        connected.subject(), by=connected.admin, status="Done", close_sessions=close_sessions
    )


def create(connected, **changed):
    wanted: dict[str, Any] = {
        "name": "Spring round",
        "type": "360",
        "survey_id": "",
        "relationships": [{"Name": "Mentor", "Translations": {"DE": "Mentorin"}}],
        "workflow_options": {"SelfEvaluation": True},
        "people": [],
        "intent": uuid.uuid4(),
    }
    return commands.create_assessment(connected.org, by=connected.admin, **(wanted | changed))


def executed(connected, request):
    return [call for call in connected.engine.writes(executed=True) if call.request == request]


def send_until_settled(connected, change, passes=8):
    for _ in range(passes):
        connected.send()
        if not connected.settled(change).moving:
            break
    return change
