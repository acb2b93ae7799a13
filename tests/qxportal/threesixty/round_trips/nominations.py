"""Calls of our own about lists of evaluators."""

from qxportal.engine.models import Assessment
from qxportal.threesixty.calls.nominations import DecideNominations, GetNominations, SetNominations
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def _nominating(at: Place) -> dict[str, str]:
    options = {"SubjectsNominate": True, "NominationApproval": True, "MinimumEvaluators": 1}
    at.engine.run(Assessment.objects.filter(pk=at.review.pk).update, options=options)
    return {"assessment_id": at.review.public_id, "subject_id": at.anna.public_id}


def _dana(at: Place) -> tuple[dict[str, str], ...]:
    return ({"PersonID": at.dana.public_id, "Relationship": "Customer"},)


def get_nominations(at: Place) -> None:
    which = _nominating(at)
    (record,) = at.call(GetNominations(**which))
    assert (record.state, record.turn, record.chosen, record.minimum) == ("Open", "Subject", 2, 1)


def set_nominations(at: Place) -> None:
    at.carry_out(SetNominations(**_nominating(at), nominees=_dana(at), without_outside=("zoe@customer.example",)))


def decide_nominations(at: Place) -> None:
    which = _nominating(at)
    at.call(SetNominations(**which, nominees=_dana(at), without_outside=("zoe@customer.example",)))
    at.carry_out(DecideNominations(**which, decision="Submit"))
    at.carry_out(DecideNominations(**which, decision="Approve"))
    at.carry_out(DecideNominations(**which, decision="Reopen", reason="One more peer"))
    (record,) = at.call(GetNominations(**which))
    assert (record.reason, record.chosen) == ("One more peer", 3)


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxDecideNominations": decide_nominations,
    "qxGetNominations": get_nominations,
    "qxSetNominations": set_nominations,
}
