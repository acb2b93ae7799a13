"""An assessment opens, reminds and closes by its schedule, once, whoever else works on it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from qxportal.engine.management.post import Post
from qxportal.engine.models import Assessment, Mailing, Person, Schedule, Survey
from qxportal.engine.schedules import timetable
from qxportal.engine.schedules.timetable import Done
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.schedules.conftest import SWITCHES, WRONG_STATE, Round, at, sent
from tests.support.engine_fixture import Engine

# -- setting


def test_dates_are_told_as_they_were_set(round: Round):
    opens, reminds, closes, reports = at(days=1), at(days=5), at(days=9), at(days=16)

    round.set(OpensAt=opens, RemindAt=f"{sent(reminds)}, {sent(at(days=3))}", ClosesAt=closes, ReportAt=reports)

    told = round.told()
    assert (told["OpensAt"], told["ClosesAt"], told["ReportAt"]) == (sent(opens), sent(closes), sent(reports))
    assert told["RemindAt"][-1] == sent(reminds)
    assert [told[name] for name in SWITCHES] == [1, 1, 1]
    assert (told["Closed"], told["Extensions"]) == ("0000-00-00 00:00:00", [])
    round.set()
    assert round.told()["ClosesAt"] == "0000-00-00 00:00:00"


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ({"ClosesAt": -1}, "ClosesAt"),
        ({"OpensAt": -1}, "OpensAt"),
        ({"OpensAt": 5, "ClosesAt": 4}, "ClosesAt"),
        ({"ReportAt": 5}, "ReportAt"),
        ({"ClosesAt": 5, "ReportAt": 4}, "ReportAt"),
        ({"ClosesAt": 5, "RemindAt": 6}, "RemindAt"),
        ({"OpensAt": 5, "RemindAt": 4}, "RemindAt"),
        ({"ClosesAt": 9_000}, "ClosesAt"),
    ],
)
def test_dates_that_make_no_sense_are_refused(round: Round, dates: dict[str, int], code: str):
    given = {name: sent(at(days=days)) for name, days in dates.items()}

    assert round.call.refused("qxSetSchedule", **round.which, **SWITCHES, **given) == (400, f"ESRV35|{code}")
    assert not round.engine.run(Schedule.objects.exists)


def test_a_time_that_has_passed_stays_when_others_are_set(round: Round):
    closes = at(days=2)
    round.set(OpensAt=at(days=1), ClosesAt=closes)
    opened = at(days=-1)
    round.past(opens_at=opened, opened_at=opened)

    round.set(OpensAt=opened, ClosesAt=at(days=3))

    assert round.told()["Opened"] == sent(opened)


def test_another_brand_and_who_runs_something_else_see_nothing(engine: Engine, call: Caller, round: Round):
    round.set(ClosesAt=at(days=1))
    rival = engine.make_api_user("una.rival", brand=engine.make_brand("rival", "Rival"))
    colleague = engine.make_api_user("omar.haddad", brand_admin=False)

    assert call.refused("qxGetSchedule", user=rival, **round.which) == (400, "ESRV35|ThreeSixtyID")
    assert call.refused("qxSetSchedule", user=rival, **round.which, **SWITCHES) == (400, "ESRV35|ThreeSixtyID")
    assert call.refused("qxSetSchedule", user=colleague, **round.which, **SWITCHES) == (403, "ESRV3")
    for user in (rival, colleague):
        assert call.result("qxGetSchedule", user=user)["Schedules"] == []
    assert len(call.result("qxGetSchedule")["Schedules"]) == 1
    foreign = engine.people(1, brand=engine.run(lambda: rival.row.brand))[0]
    late = {"PersonID": foreign.public_id, "Until": sent(at(days=2))}
    assert call.refused("qxSetExtension", **round.which, **late) == (400, "ESRV35|PersonID")


def test_a_subject_in_charge_learns_nothing_of_extensions(engine: Engine, call: Caller, round: Round):
    round.set(ClosesAt=at(days=1))
    round.extend(round.ben, at(days=2))
    assert [one["PersonID"] for one in round.told()["Extensions"]] == [round.ben.public_id]

    engine.run(Person.objects.filter(pk=round.mara.pk).update, user=engine.api_user.row)

    late = {"PersonID": round.cleo.public_id, "Until": sent(at(days=2))}
    assert round.told()["Extensions"] == []
    assert call.refused("qxSetExtension", **round.which, **late) == (403, "ESRV3")


# -- opening


def test_a_draft_opens_at_its_time_and_only_once(engine: Engine, call: Caller):
    round = Round(engine, call, status="Draft")
    opens = at(hours=1)
    round.set(OpensAt=opens)

    assert round.run(opens - timedelta(seconds=1)) == Done()
    assert round.status() == "Draft"
    assert round.run(opens) == Done(opened=1)
    assert (round.status(), round.can_answer(round.forms[0])) == ("Active", True)
    engine.run(Assessment.objects.filter(pk=round.review.pk).update, status="Draft")
    assert round.run(opens + timedelta(days=1)) == Done()
    assert round.status() == "Draft"


def test_what_was_closed_by_hand_is_not_opened(round: Round):
    opens = at(hours=1)
    round.set(OpensAt=opens)
    round.engine.run(Assessment.objects.filter(pk=round.review.pk).update, status="Closed")

    assert round.run(opens) == Done()

    assert round.status() == "Closed"


def test_opening_waits_for_a_survey_that_can_be_answered_and_says_so(engine: Engine, call: Caller):
    round = Round(engine, call, status="Draft")
    opens = at(hours=1)
    round.set(OpensAt=opens)
    survey = Survey.objects.filter(pk=round.review.survey_id)
    engine.run(survey.update, active=False)

    assert round.run(opens) == Done(failed=1)
    assert "inactive" in round.told()["Problem"]
    engine.run(survey.update, active=True)
    assert round.run(opens + timedelta(hours=1)) == Done(opened=1)
    assert round.told()["Problem"] == ""


# -- reminding


def test_each_reminder_is_planned_once_and_missed_ones_together(round: Round):
    first, second, third = at(days=1), at(days=2), at(days=3)
    round.set(ClosesAt=at(days=9), RemindAt=",".join(map(sent, (third, first, second))))

    assert round.run(first) == Done(reminded=1)
    assert round.run(first) == Done()
    assert round.run(third + timedelta(hours=1)) == Done(reminded=1)

    planned = round.engine.run(lambda: list(Mailing.objects.order_by("pk").values_list("kind", "scheduled_at")))
    assert planned == [("Reminder", first), ("Reminder", third)]
    assert round.run(third + timedelta(days=30)).reminded == 0


def test_no_reminder_goes_out_days_late_or_for_a_draft(engine: Engine, call: Caller):
    late, draft = Round(engine, call), Round(engine, call, status="Draft")
    for round in (late, draft):
        round.set(RemindAt=sent(at(days=1)))

    assert late.run(at(days=1, hours=1)) == Done(reminded=1)
    late.set(RemindAt=sent(at(days=2)))
    assert late.run(at(days=4)) == Done()


# -- closing


def test_closing_does_what_was_chosen_beforehand_once(round: Round):
    begun = round.form(round.engine.people(1)[0], "InProgress")
    mailing = round.engine.run(Mailing.objects.create, assessment=round.review, kind="Invite", scheduled_at=at(days=30))
    closes = at(days=1)
    round.set(ClosesAt=closes)

    assert round.run(closes) == Done(closed=1)

    partial = round.engine.refreshed(begun)
    assert round.status() == "Closed"
    assert (partial.status, partial.partial) == ("Completed", True)
    assert round.engine.refreshed(round.subject).report_ready
    assert not round.engine.run(Mailing.objects.filter(pk=mailing.pk, cancelled_at=None).exists)
    round.call.result("reopenAssessment", **round.which)
    assert round.run(closes + timedelta(days=1)) == Done()
    assert round.status() == "Active"


def test_closing_leaves_what_was_not_chosen(round: Round):
    begun = round.form(round.engine.people(1)[0], "InProgress")
    closes = at(days=1)
    round.set(ClosesAt=closes, CloseSessions=0, DeleteMailings=0, ReadyReports=0)

    round.run(closes)

    assert round.engine.refreshed(begun).status == "InProgress"
    assert not round.engine.refreshed(round.subject).report_ready


def test_nobody_answers_after_the_closing_time_though_nothing_ran(round: Round):
    round.set(ClosesAt=at(days=1))
    round.past(closes_at=at(minutes=-1))

    assert round.status() == "Active"
    assert not round.can_answer(round.forms[0])


def test_reopened_by_hand_everybody_answers_again(round: Round):
    round.set(ClosesAt=at(days=1))
    round.past(closes_at=at(minutes=-1))
    round.run(at())

    round.call.result("reopenAssessment", **round.which)

    assert round.can_answer(round.forms[0])
    late = {"PersonID": round.ben.public_id, "Until": sent(at(days=2))}
    assert round.call.refused("qxSetExtension", **round.which, **late) == WRONG_STATE


def test_reports_of_a_closed_assessment_get_ready_at_their_time(round: Round):
    closes, reports = at(days=1), at(days=8)
    round.set(ClosesAt=closes, ReportAt=reports, ReadyReports=0)

    assert round.run(closes) == Done(closed=1)
    assert not round.engine.refreshed(round.subject).report_ready
    assert round.run(reports) == Done(ready=1)
    assert round.engine.refreshed(round.subject).report_ready
    assert round.run(reports) == Done()


# -- several at once


@contextmanager
def held(round: Round) -> Iterator[None]:
    """Somebody else works on the assessment."""
    with ThreadPoolExecutor(1) as other:

        def take() -> None:
            connections["engine"].set_autocommit(False)
            Assessment.objects.select_for_update().get(pk=round.review.pk)

        other.submit(take).result(60)
        yield

        def let_go() -> None:
            connections["engine"].rollback()  # a closed connection would be noticed a moment later
            connections["engine"].close()

        other.submit(let_go).result(60)


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_what_somebody_else_holds_is_left_to_the_next_round(round: Round):
    closes = at(days=1)
    round.set(ClosesAt=closes)

    with held(round):
        assert round.run(closes) == Done()
    assert round.run(closes) == Done(closed=1)


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_processes_at_once_close_once(round: Round):
    closes = at(days=1)
    round.set(ClosesAt=closes, RemindAt=sent(at(hours=20)))

    def run() -> Done:
        try:
            return timetable.run_due(closes)
        finally:
            connections["engine"].close()

    with ThreadPoolExecutor(6) as pool:
        done = [one.result(60) for one in [pool.submit(run) for _ in range(12)]]

    assert sum(one.closed for one in done) == sum(one.reminded for one in done) == 1
    assert round.engine.run(Mailing.objects.filter(kind="Reminder").count) <= 1


def test_a_failed_closing_leaves_nothing_half_done(round: Round):
    begun = round.form(round.engine.people(1)[0], "InProgress")
    closes = at(days=1)
    round.set(ClosesAt=closes)

    def interrupted() -> None:
        with transaction.atomic(using="engine"):
            timetable.run_due(closes)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        round.engine.run(interrupted)
    assert (round.status(), round.engine.refreshed(begun).status) == ("Active", "InProgress")
    assert round.run(closes) == Done(closed=1)


def test_the_process_of_mail_carries_out_schedules(round: Round):
    round.set(ClosesAt=at(days=1))
    round.past(closes_at=at(minutes=-1))

    round.engine.run(Post().look)

    assert round.status() == "Closed"


def test_the_command_carries_out_what_is_due(round: Round, capsys: pytest.CaptureFixture[str]):
    round.set(ClosesAt=at(days=1))
    round.past(closes_at=at(minutes=-1))

    round.engine.run(call_command, "engine", "due")

    assert "Closed: 1." in capsys.readouterr().out
    assert round.status() == "Closed"
