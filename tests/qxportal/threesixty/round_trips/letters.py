"""Calls of our own about letters with a code."""

from qxportal.engine.models import PrintedLetter
from qxportal.threesixty.calls.letters import GetLetters, PrintLetters
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def print_letters(at: Place) -> None:
    call = PrintLetters(assessment_id=at.review.public_id, person_ids=(at.chen.public_id,), idempotency_key="letters-1")
    assert call.shows(at.call(GetLetters(assessment_id=at.review.public_id))) is False
    first = at.carry_out(call)
    assert [(one.person_id, len(one.code)) for one in first.letters] == [(at.chen.public_id, 14)]
    assert first.complete
    assert first.letters[0].code not in repr(first)
    again = at.call(call)  # once more: the first letters again, without their codes
    assert not again.complete
    assert at.engine.run(PrintedLetter.objects.count) == 1


def get_letters(at: Place) -> None:
    review = at.review.public_id
    for key in ("letters-1", "letters-2"):
        at.call(PrintLetters(assessment_id=review, person_ids=(at.chen.public_id,), idempotency_key=key))
    told = at.call(GetLetters(assessment_id=review, person_id=at.chen.public_id))
    assert [(one.person_id, one.ended, one.key) for one in told] == [
        (at.chen.public_id, True, "letters-1"),
        (at.chen.public_id, False, "letters-2"),
    ]
    assert at.call(GetLetters(assessment_id=review, person_id=at.dana.public_id)) == ()


ROUND_TRIPS: dict[str, RoundTrip] = {"qxGetLetters": get_letters, "qxPrintLetters": print_letters}
