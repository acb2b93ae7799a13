"""What was built once comes back as it was: rows of both databases, and the objects that a fixture gave."""

import pytest
import redis
from django.conf import settings
from django.db import connections

from assessments.models import Assessment, Subject
from qxportal.accounts.models import Credential, Member
from qxportal.engine.models import Participant
from qxportal.engine.models import Person as EnginePerson
from qxportal.ledger.models import Job
from tests.support import built_once as module
from tests.support.built_once import built_once
from tests.support.fast_flush import empty_tables

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def times() -> list[int]:
    """The organisations that something was built for."""
    return []


@pytest.fixture
def built(times):
    """A review that notes for whom it is built."""

    @built_once
    def build(connected):
        times.append(connected.org.pk)
        people = connected.engine.people(3)
        review = connected.engine.assessment("Leadership review")
        for person in people:
            connected.engine.subject(review, person)
        connected.sync()
        return review, people

    return build


def as_at_first(connected):
    """For what a second test would begin with."""
    connected.engine._own_writes = connected.engine._writes
    return connected


def rows(connected):
    def of(*models):
        return [list(model.objects.order_by("pk").values()) for model in models]

    return of(Assessment, Subject, Credential, Member, Job), connected.engine.run(of, Participant, EnginePerson)


def test_rows_of_both_databases_and_objects_come_back(connected, built, times):
    engine, (review, people) = connected.engine, built(connected)
    before, token = rows(connected), engine.api_user.token
    engine.people(2)
    engine.run(Participant.objects.all().delete)
    connected.sync()
    assert rows(connected) != before
    connected.org = connected.admin = engine.api_user = None

    again = built(as_at_first(connected))

    assert (again, times) == ((review, people), [connected.org.pk])
    assert rows(connected) == before
    assert (connected.engine, engine.api_user.token, connected.admin.org) == (engine, token, connected.org)


def test_what_came_back_can_be_worked_with(connected, built):
    built(connected)
    built(as_at_first(connected))
    new = connected.engine.people(1)
    job = connected.sync()

    assert job.state == Job.State.DONE, job.outcome
    assert Subject.objects.count() == 3
    assert new[0].pk not in {person.pk for person in built(as_at_first(connected))[1]}


def test_a_credential_that_comes_back_does_not_pause(connected, built):
    built(connected)
    with redis.Redis.from_url(settings.BROKER_ADDRESS) as broker:
        for name in broker.scan_iter("rate-limit:*:state"):
            broker.hset(name, "refused", 1)
    assert connected.sync().state != Job.State.DONE

    built(as_at_first(connected))

    assert connected.sync().state == Job.State.DONE


def test_what_is_old_is_built_anew(connected, built, times, monkeypatch):
    built(connected)
    monkeypatch.setattr(module, "LONGEST", 0)
    empty_tables("engine")
    connections["engine"].close()
    connected.engine.brand = connected.engine.make_brand("marlstone", "Marlstone Instruments")
    connected.engine.api_user = connected.engine.make_api_user("ines.vogel")

    built(as_at_first(connected))

    assert len(times) == 2


def test_what_was_there_before_is_not_wiped_away_unseen(connected, built):
    connected.engine.people(1)

    with pytest.raises(AssertionError, match="must come first"):
        built(connected)
