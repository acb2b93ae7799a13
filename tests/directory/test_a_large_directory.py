"""A directory of several batches goes into the mirror side by side, and comes to the same."""

import threading

import pytest
from django.db import OperationalError
from django.utils import timezone

from directory import sync
from directory.mirror import mirror_lazy_persons
from directory.models import Person
from directory.sync import PersonsFetch, Stretch
from qxportal.accounts.credentials import client_pool
from qxportal.ledger.mirror.deletions import Candidate
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.models import Job, ResourceSync

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

PEOPLE = 43


class Merging:
    """Notes in which threads batches are merged; `fail` ends the next one of the executor."""

    def __init__(self, real):
        self.real, self.threads, self.fail = real, [], False

    def __call__(self, *args, **kept):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        if self.fail and self.threads[-1] == "mirror":
            self.fail = False
            raise OperationalError("The server closed the connection.")
        return self.real(*args, **kept)


@pytest.fixture
def people(connected, monkeypatch):
    monkeypatch.setattr(sync, "PAGE", 5)
    monkeypatch.setattr(sync, "BATCH", 8)
    return connected.engine.people(PEOPLE)


@pytest.fixture
def merging(monkeypatch):
    merge = Merging(mirror_lazy_persons)
    monkeypatch.setattr(sync, "mirror_lazy_persons", merge)
    return merge


def test_everybody_is_mirrored_once_and_again_nothing_is_written(connected, people, merging):
    connected.sync()

    assert set(Person.objects.values_list("vendor_id", flat=True)) == {person.public_id for person in people}
    assert (ResourceSync.objects.get(resource="persons").rows, Person.objects.count()) == (PEOPLE, PEOPLE)
    assert len(merging.threads) > 3 and set(merging.threads[1:]) == {"mirror"} != {merging.threads[0]}
    before = list(Person.objects.order_by("pk").values_list("pk", "seen_at"))

    connected.sync()

    assert list(Person.objects.order_by("pk").values_list("pk", "seen_at")) == before
    assert ResourceSync.objects.get(resource="persons").problem == ""


def test_a_small_directory_takes_no_thread(connected, merging):
    connected.engine.people(6)

    connected.sync()

    assert "mirror" not in merging.threads


def test_a_batch_that_fails_in_a_thread_fails_the_reading_and_loses_nothing(connected, people, merging):
    connected.sync()
    merging.fail = True

    failed = connected.sync()
    Job.objects.update(not_before=timezone.now())
    again = connected.sync()

    assert (failed.state, again.state) == (Job.State.WAITING, Job.State.DONE)
    assert Person.objects.filter(gone_at=None).count() == PEOPLE


def test_who_leaves_is_gone_after_the_second_reading_and_nobody_else(connected, people):
    connected.sync()
    leaving = people[21]
    connected.engine.run(type(leaving).objects.filter(pk=leaving.pk).update, removed_at=timezone.now())

    connected.sync()
    assert not Person.objects.exclude(gone_at=None).exists()
    connected.sync()

    assert list(Person.objects.exclude(gone_at=None).values_list("vendor_id", flat=True)) == [leaving.public_id]


def test_who_is_merely_left_out_is_found_in_each_batch_that_shares_his_number(connected):
    spans = (0, 1, 8), (8, 9, 23), (16, 11, 24)
    first, second, third = stretches = [Stretch(start, 8, lowest, highest) for start, lowest, highest in spans]
    with client_pool(connected.org) as pool, DatabaseExecutor(2) as executor:
        reading = PersonsFetch(connected.org, pool, executor, lambda sync: None)
        reading._stretches = stretches

        found = [reading._stretches_of(Candidate(number, f"P_{number}")) for number in (5, 15, 99)]

    assert (found[0], set(found[1]), found[2]) == ([first], {second, third}, [third])
