"""A person with an extension answers for longer than the schedule of the assessment lets everybody."""

from qxportal.engine.models import Extension, Survey
from qxportal.engine.schedules.timetable import Done
from tests.qxportal.engine.schedules.conftest import WRONG_STATE, Round, at, sent


def test_with_an_extension_one_person_answers_and_then_all_is_closed(round: Round):
    ben, cleo = round.forms
    until = at(days=3)
    round.set(ClosesAt=at(days=1), ReportAt=at(days=2))
    round.extend(round.ben, until)
    round.past(closes_at=at(minutes=-1), report_at=at(minutes=-1))

    assert round.run(at()) == Done()
    assert (round.status(), round.can_answer(ben), round.can_answer(cleo)) == ("Active", True, False)
    assert round.run(until) == Done(closed=1, ready=1)
    assert (round.status(), round.can_answer(ben)) == ("Closed", False)


def test_an_extension_opens_what_the_schedule_has_closed_for_one_person(round: Round):
    ben, cleo = round.forms
    round.set(ClosesAt=at(days=1))
    round.past(closes_at=at(minutes=-1))
    assert round.run(at()) == Done(closed=1)

    round.extend(round.ben, at(days=2))

    assert (round.status(), round.can_answer(ben), round.can_answer(cleo)) == ("Active", True, False)
    assert round.run(at(days=2)) == Done(closed=1)


def test_what_was_closed_by_hand_stays_closed(round: Round):
    round.set(ClosesAt=at(days=1))
    closed = {"CloseSessions": 0, "DeleteMailings": 0, "ReadyReports": 0}
    round.call.result("closeAssessment", **round.which, **closed)

    late = {"PersonID": round.ben.public_id, "Until": sent(at(days=2))}
    assert round.call.refused("qxSetExtension", **round.which, **late) == WRONG_STATE
    assert round.status() == "Closed"


def test_an_extension_is_taken_back(round: Round):
    round.set(ClosesAt=at(days=1))
    round.extend(round.ben, at(days=2))

    round.extend(round.ben, None)

    assert round.told()["Extensions"] == []


def test_extensions_that_mean_nothing_are_refused(round: Round):
    stranger = round.engine.people(1)[0]
    until = sent(at(days=3))
    ben = {**round.which, "PersonID": round.ben.public_id}
    assert round.call.refused("qxSetExtension", **ben, Until=until) == WRONG_STATE
    round.set(ClosesAt=at(days=2))
    assert round.call.refused("qxSetExtension", **ben, Until=sent(at(days=1))) == (400, "ESRV35|Until")
    who = {**round.which, "PersonID": stranger.public_id}
    assert round.call.refused("qxSetExtension", **who, Until=until) == (400, "ESRV35|PersonID")
    round.engine.run(Survey.objects.filter(pk=round.review.survey_id).update, expires_at=at(days=2))
    assert round.call.refused("qxSetExtension", **ben, Until=until) == (400, "ESRV35|Until")
    assert not round.engine.run(Extension.objects.exists)


def test_a_later_closing_time_ends_shorter_extensions(round: Round):
    round.set(ClosesAt=at(days=1))
    round.extend(round.ben, at(days=2))
    round.extend(round.cleo, at(days=9))

    round.set(ClosesAt=at(days=3))

    assert [one["PersonID"] for one in round.told()["Extensions"]] == [round.cleo.public_id]


def test_after_the_closing_time_only_who_has_more_time_is_reopened_or_reset(round: Round):
    dora = round.engine.people(1)[0]
    form = round.form(dora, "Completed")
    one = {**round.which, "SubjectID": round.mara.public_id, "PersonID": dora.public_id}
    round.set(ClosesAt=at(days=1))
    round.extend(round.ben, at(days=3))
    round.past(closes_at=at(minutes=-1))

    for request in ("qxReopenEvaluation", "qxResetEvaluation"):
        assert round.call.refused(request, **one) == WRONG_STATE
    round.extend(dora, at(days=2))
    round.call.result("qxReopenEvaluation", **one)

    assert round.engine.refreshed(form).status == "InProgress"
    round.call.result("qxResetEvaluation", **one)
