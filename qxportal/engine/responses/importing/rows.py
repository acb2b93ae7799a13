"""One row of a file of responses: whether it is a response, and all cells that need no look-up of persons."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.relationships import squeeze
from qxportal.engine.http.api_responses import UNSET
from qxportal.engine.models import Evaluation, Question
from qxportal.engine.people.fields import METADATA_LIMIT
from qxportal.engine.responses.importing.header import FINISHED, RESPONSE, SIDES, Header
from qxportal.engine.responses.selection import SESSION
from qxportal.engine.responses.values import UnreadableError

STATES = {squeeze(state): Evaluation.Status(state) for state in Evaluation.Status.values}
YES, NO = ("1", "true", "yes"), ("", "0", "false", "no")
# The vendor's own states are sums: 0 anonymous link, 32 employee experience, 16 offline, 4 imported tell of responses
PREVIEW, TEST, SPAM, ALL = 1, 2, 8, 63
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2})(:\d{2}(?::\d{2})?))?", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,2}", re.ASCII)
LABELS = {
    squeeze(label): number
    for label, number in (
        ("IP Address", 0),
        ("Survey Preview", PREVIEW),
        ("Preview", PREVIEW),
        ("Survey Test", TEST),
        ("Test", TEST),
        ("Imported", 4),
        ("Spam", SPAM),
        ("Survey Preview Spam", 9),
        ("Imported Spam", 12),
        ("Offline", 16),
        ("Offline Survey Preview", 17),
        ("EX", 32),
        ("EX Survey Preview", 33),
        ("EX Imported", 36),
        ("EX Spam", 40),
        ("EX Offline", 48),
        ("Normal", 0),
    )
}


class RowError(Exception):
    """A row cannot be used; the message says why."""


def no_response(header: Header, row: Sequence[str]) -> str:
    """The reason why a row is no response; empty if it is one. In a file without states all rows are."""
    word = header.cell(row, "Status")
    if _in_progress(header, row):
        return f"{Evaluation.Status.IN_PROGRESS} is no response."
    if not word:
        return ""
    state = STATES.get(squeeze(word))
    if state is not None:
        return "" if state == Evaluation.Status.COMPLETED else f"{state} is no response."
    number = int(word) if NUMBER.fullmatch(word) else LABELS.get(squeeze(word))
    if number is None or number > ALL:
        raise RowError(f"Status: {word[:40]!r} is none of {', '.join(Evaluation.Status.values)}, nor a known number.")
    for bit, what in ((PREVIEW, "A preview"), (TEST, "A test"), (SPAM, "What is marked as spam")):
        if number & bit:
            return f"{what} is no response (Status {word})."
    return ""


def _in_progress(header: Header, row: Sequence[str]) -> bool:
    if header.cell(row, RESPONSE).startswith(SESSION):
        return True
    unended = "EndDate" in header.fixed and header.cell(row, "EndDate") in ("", UNSET)
    return unended and header.cell(row, FINISHED).lower() in NO[1:]


def partial(header: Header, row: Sequence[str]) -> bool:
    """Whether the response was recorded before it was finished."""
    return header.cell(row, FINISHED).lower() in NO[1:]


def unsolicited(header: Header, row: Sequence[str]) -> bool:
    """Whether the response is unsolicited; raises RowError."""
    word = header.cell(row, "Unsolicited").lower()
    if word not in YES + NO:
        raise RowError(f"Unsolicited: {word[:40]!r} is neither 1 nor blank.")
    return word in YES


def times(header: Header, row: Sequence[str], *, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the response, by default `now`; raises RowError."""
    finished = _moment(header, row, "EndDate")
    started = _moment(header, row, "StartDate") or finished or now
    finished = finished or max(started, now)
    if finished < started:
        raise RowError("EndDate lies before StartDate.")
    if finished > timezone.now() + timedelta(days=1):
        raise RowError("EndDate lies in the future.")
    return started, finished


def _moment(header: Header, row: Sequence[str], name: str) -> datetime | None:
    word = header.cell(row, name)
    if word in ("", UNSET):
        return None
    try:
        found = datetime.fromisoformat(_year_first(word))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RowError(f"{name}: {word[:40]!r} is no time as YYYY-MM-DD hh:mm:ss.") from error


def _year_first(word: str) -> str:
    """A time in ISO format from a spreadsheet's, such as 2026/5/4 9:12; other texts unchanged."""
    found = YEAR_FIRST.fullmatch(word)
    if found is None:
        return word
    year, month, day, hour, rest = found.groups()
    return f"{year}-{month:>02}-{day:>02}" + (f" {hour:>02}{rest}" if hour else "")


def answers(header: Header, row: Sequence[str]) -> Iterator[tuple[Question, Given]]:
    """A row's answers by question; raises RowError."""
    for place, asked in header.asked.items():
        if place >= len(row) or not row[place]:
            continue
        for question, read in asked:
            try:
                given = read(row[place])
            except UnreadableError as error:
                raise RowError(f"{question.public_id}: {error}") from error
            if given is not None:
                yield question, given
    for one in header.drill_downs:
        cells = ["" if place is None or place >= len(row) else row[place] for place in one.places]
        try:
            whole = one.lists.read(cells)
        except UnreadableError as error:
            raise RowError(f"{one.lists.columns[0].public_id.rpartition('_')[0]}: {error}") from error
        yield from ((question, given) for question, given in zip(one.lists.columns, whole, strict=True) if given)


def metadata(header: Header, row: Sequence[str], side: str) -> dict[str, str] | None:
    """A row's metadata of subject or evaluator; None if the file has no such columns."""
    places = header.metadata.get(side)
    if places is None:
        return None
    return {key: row[place] for place, key in places.items() if place < len(row) and row[place]}


def check(header: Header, row: Sequence[str], *, now: datetime) -> None:
    """Raise RowError at the first invalid cell."""
    if any(row[header.width :]):
        raise RowError("The row has more cells than the header.")
    unsolicited(header, row)
    times(header, row, now=now)
    for _ in answers(header, row):
        pass
    for side in SIDES:
        if any(len(text) > METADATA_LIMIT for text in (metadata(header, row, side) or {}).values()):
            raise RowError(f"A cell of the {side.lower()}'s metadata is longer than {METADATA_LIMIT} characters.")
