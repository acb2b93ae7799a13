"""Rows of lists for files, with the same contents as the pages."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.mail_labels import KINDS, why_words
from assessments.models import Assessment, Evaluation, Mail, Report, Subject
from assessments.nominations import lists_of
from assessments.outlooks import Outlook, outlooks
from assessments.report_selectors import openings
from assessments.subject_selectors import subject_rows
from qxportal.accounts.models import Member
from qxportal.core.export import MOST_ROWS
from qxportal.ui.badges import Words
from qxportal.ui.labels import RELATIONSHIPS, STATES

Row = TypeVar("Row")
CHUNK = 500
Line = Sequence[object]
ASSESSMENTS = (
    _("Name"),
    _("State"),
    _("Evaluations finished"),
    _("Evaluations requested"),
    _("Unsolicited evaluations"),
    _("Subjects done"),
    _("Subjects"),
    _("Deadline"),
    _("Outlook"),
    _("Finished by the deadline (%)"),
    _("All finished on"),
    _("Created"),
)
OF_ASSESSMENTS = (  # columns of the page
    *("", "state", "finished", "finished", "finished", "done", "done"),
    *("outlook", "outlook", "outlook", "outlook", "created"),
)
SUBJECTS = (
    _("First name"),
    _("Last name"),
    _("E-mail address"),
    _("State"),
    _("Evaluations finished"),
    _("Evaluations requested"),
    _("Answers per group"),
)
OF_SUBJECTS = ("", "", "", "state", "finished", "finished", "groups")
EVALUATIONS = (
    _("Evaluator"),
    _("E-mail address"),
    _("Relationship"),
    _("Unsolicited"),
    _("Subject"),
    _("State"),
    _("Finished"),
)
OF_EVALUATIONS = ("", "", "relationship", "relationship", "subject", "state", "finished")
MAILS = (_("Person"), _("E-mail address"), _("Kind"), _("State"), _("Reason"), _("Day"))
OF_MAILS = ("", "", "kind", "state", "state", "time")
NOMINATIONS = (_("Subject"), _("E-mail address"), _("State"), _("Whose turn"), _("Chosen"))
OF_NOMINATIONS = ("", "", "state", "turn", "chosen")
REPORTS = (_("Subject"), _("Assessment"), _("Version"), _("Fetched"), _("Fetched by"), _("Times opened"))


def assessment_lines(member: Member, rows: "QuerySet[Any]") -> Iterator[Line]:
    """Assessments with their counts and outlook."""
    for page in chunks_of(rows):
        ahead = outlooks(member, page)
        for one in page:
            yield (
                one.name,
                state_words("assessment", one.status),
                one.evaluations_done,
                one.evaluations_total,
                one.evaluations_unasked,
                one.subjects_done,
                one.subjects_total,
                *_outlook_cells(ahead.get(one.pk)),
                day(one.created_at),
            )


def _outlook_cells(outlook: Outlook | None) -> Line:
    if outlook is None:
        return "", "", "", ""
    state = state_words("outlook", outlook.state) if outlook.state else ""
    percent = "" if outlook.percent is None else outlook.percent
    return day(outlook.closes_at), state, percent, outlook.complete_on.isoformat() if outlook.complete_on else ""


def subject_lines(member: Member, assessment: Assessment, rows: QuerySet[Subject]) -> Iterator[Line]:
    """Subjects with their groups; of the member the name alone."""
    for page in chunks_of(rows):
        for row in subject_rows(member, assessment, page):
            one = row.subject
            groups = "; ".join(
                f"{RELATIONSHIPS.get(each.relationship, each.relationship)}: {each.done}/{each.total}"
                for each in row.groups
            )
            counts: Line = ("", "", "") if row.own else (one.completed, one.received, groups)
            yield one.first_name, one.last_name, one.email, state_words("subject", row.state), *counts


def evaluation_lines(rows: QuerySet[Evaluation]) -> Iterator[Line]:
    """Evaluations, the day alone of those that are finished."""
    for one in rows[:MOST_ROWS].iterator(CHUNK):
        yield (
            one.evaluator_name,
            one.evaluator_email,
            RELATIONSHIPS.get(one.relationship, one.relationship),
            _("yes") if one.unsolicited else "",
            one.subject or one.subject_key,
            state_words("evaluation", one.status),
            day(one.finished_at),
        )


def mail_lines(rows: QuerySet[Mail]) -> Iterator[Line]:
    """Mails with their results."""
    for one in rows[:MOST_ROWS].iterator(CHUNK):
        kind, why = KINDS.get(one.kind, one.kind), why_words(one.why)
        yield one.person_name, one.address, kind, state_words("mail", one.state), why, day(one.settled_at)


def nomination_lines(rows: QuerySet[Subject], turns: Mapping[str, Words]) -> Iterator[Line]:
    """Subjects with the state of their list of evaluators."""
    for page in chunks_of(rows):
        for shown in lists_of(page):
            one = shown.subject
            told = (state_words("nominations", shown.state), turns.get(shown.turn, ""), shown.chosen)
            yield one, one.email, *told


def report_lines(member: Member, rows: QuerySet[Report]) -> Iterator[Line]:
    """Fetched reports with the number of times they were opened."""
    for page in chunks_of(rows):
        opened = openings(member.org, page)
        for one in page:
            fetched = (day(one.fetched_at), one.fetched_by or "", opened.get(one.pk, 0))
            yield one.subject, one.assessment.name, one.version, *fetched


def state_words(kind: str, value: str) -> str:
    """Label of a state; the stored value if unknown."""
    badge = STATES[kind].get(value)
    return str(badge.label) if badge else value


def day(when: datetime | None) -> str:
    """A day in the reader's zone."""
    return f"{timezone.localtime(when):%Y-%m-%d}" if when else ""


def chunks_of(rows: "QuerySet[Any, Row]") -> Iterator[list[Row]]:
    """The rows of a file in parts, so that a few queries do for each."""
    found = rows[:MOST_ROWS].iterator(CHUNK)
    while page := list(islice(found, CHUNK)):
        yield page
