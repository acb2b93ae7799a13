"""Work on the database goes on in threads with a connection each."""

import threading
from functools import partial

import pytest
from django.db import connection

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.executor import DatabaseExecutor
from tests.support.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


def connections():
    with connection.cursor() as cursor:
        cursor.execute(OURS)
        return cursor.fetchone()[0]


def test_work_gives_what_came_of_it_and_what_went_wrong():
    def fail():
        raise ValueError("The row could not be read.")

    with DatabaseExecutor(2) as executor:
        futures = [executor.submit(Organisation.objects.count), executor.submit(fail)]

        assert futures[0].result(60) == 0
        with pytest.raises(ValueError, match="could not be read"):
            futures[1].result(60)


def test_no_more_is_under_way_at_once_than_there_are_threads():
    meet, counted = threading.Barrier(2, timeout=60), []

    def work(number):
        meet.wait()
        counted.append(number)
        return threading.current_thread()

    with DatabaseExecutor(2) as executor:
        threads = {future.result(60) for future in [executor.submit(partial(work, number)) for number in range(4)]}

    assert (len(threads), sorted(counted)) == (2, [0, 1, 2, 3])


def test_connections_are_closed_at_the_end():
    before = connections()

    with DatabaseExecutor(2) as executor:
        meet = threading.Barrier(3, timeout=60)

        def work():
            Organisation.objects.count()
            meet.wait()

        futures = [executor.submit(work) for _ in range(2)]
        meet.wait()
        for future in futures:
            future.result(60)
        assert connections() == before + 2

    wait_for(lambda: connections() == before, "the connections to be closed")


def test_what_is_under_way_at_the_end_is_waited_for_and_the_rest_is_dropped():
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go_on.wait(60)
        done.append("under way")

    with pytest.raises(RuntimeError), DatabaseExecutor(1) as executor:
        executor.submit(work)
        dropped = executor.submit(lambda: done.append("not begun"))
        begun.wait(60)
        threading.Timer(0.05, go_on.set).start()
        raise RuntimeError("The run has ended.")

    assert (done, dropped.cancelled()) == (["under way"], True)
