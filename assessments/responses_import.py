"""Import of responses from a file: a preview of each row from mirrored data; the server decides in the end."""

import uuid
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.intents import record_about
from assessments.models import Assessment, Evaluation
from assessments.raw_answers import refuse_subjects
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.core.tables.describe import rows
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Description
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.responses import ImportResponses
from qxportal.ui.stored_messages import gettext_stored

NO_TEXT = gettext_noop("Responses are imported from a CSV file. Save the sheet as CSV first.")
NO_PAIR = gettext_noop(
    "The first row has to name the columns. A subject is named by SubjectUniqueIdentifier or SubjectEmail, an "
    "evaluator by ParticipantUniqueIdentifier or EvaluatorEmail, and there is a column Relationship."
)
MOST_SHOWN = 500
SUBJECT, EVALUATOR = ("subjectuniqueidentifier", "subjectemail"), ("participantuniqueidentifier", "evaluatoremail")
BEGUN = (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED, Evaluation.Status.DECLINED)


@dataclass(frozen=True)
class Line:
    """One row of the file: the people that the row names, and the reason if the row cannot be imported."""

    number: int
    subject: str
    evaluator: str
    relationship: str
    problem: str = ""
    own: bool = False  # about the importing member


@dataclass(frozen=True)
class Preview:
    """The preview of an import."""

    lines: tuple[Line, ...]

    @property
    def taken(self) -> int:
        """The number of rows that the server is expected to import."""
        return sum(not line.problem for line in self.lines)

    @property
    def left(self) -> int:
        """The number of rows that the server is not expected to import."""
        return len(self.lines) - self.taken

    @property
    def shown(self) -> list[Line]:
        """The rows that the page shows, rejected rows first."""
        return sorted(self.lines, key=lambda line: (not line.problem, line.number))[:MOST_SHOWN]


def preview(file: BinaryIO, name: str, found: Description, assessment: Assessment, by: Member) -> Preview:
    """The outcome of each row. Raises TableProblem."""
    if found.kind != "text":
        raise TableProblem(NO_TEXT)
    every = rows(file, name, found.reading, found.scanned)
    header = next(every, None)
    titles = ["".join(cell.split()).casefold() for cell in header.cells] if header else []
    if not set(SUBJECT) & set(titles) or not set(EVALUATOR) & set(titles) or "relationship" not in titles:
        raise TableProblem(NO_PAIR)
    known = _Known(assessment, by)
    return Preview(tuple(known.line(row.number, dict(zip(titles, row.cells, strict=False))) for row in every))


class _Known:
    """Mirrored data about the people that rows name."""

    def __init__(self, assessment: Assessment, by: Member) -> None:
        subjects = assessment.subjects.filter(gone_at=None).values_list("vendor_id", "email")
        self.subjects = {word.lower(): key for key, email in subjects for word in (key, email) if word}
        persons = Person.objects.filter(org=assessment.org, gone_at=None).values_list("vendor_id", "email")
        self.persons = {word.lower(): key for key, email in persons for word in (key, email) if word}
        pairs = Evaluation.objects.filter(assessment=assessment, gone_at=None, status__in=BEGUN)
        self.begun = set(pairs.values_list("subject_key", "evaluator_key"))
        self.own = {key.lower() for key in fence_of(by).keys}

    def line(self, number: int, row: dict[str, str]) -> Line:
        """One row."""
        subject, evaluator = (next((row[n].strip() for n in names if row.get(n, "").strip()), "") for names in NAMED)
        line = (number, subject, evaluator, row.get("relationship", "").strip())
        if subject.lower() in self.own:
            return Line(*line, _("This row is about you. Another member has to import it."), own=True)
        return Line(*line, self._problem(row, subject, evaluator))

    def _problem(self, row: dict[str, str], subject: str, evaluator: str) -> str:
        subject_key, evaluator_key = self.subjects.get(subject.lower()), self.persons.get(evaluator.lower())
        if not subject_key:
            return _("“%(text)s” is not a subject of this assessment.") % {"text": subject[:80]}
        if not evaluator_key:
            return _("“%(text)s” is not in the directory.") % {"text": evaluator[:80]}
        status = row.get("status", "").strip()
        if status and status.casefold() not in ("completed", "complete", "0"):
            return _("Only finished responses are imported; the status here is “%(status)s”.") % {"status": status[:40]}
        if (subject_key, evaluator_key) in self.begun:
            return _("An evaluation was already begun. It stays as it is.")
        return ""


NAMED = (SUBJECT, EVALUATOR)


def import_responses(
    assessment: Assessment, content: str, found: Preview, *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Record the import of a file of responses (importResponses)."""
    refuse_subjects(assessment, by)
    known = recorded(assessment.org, intent)
    if not known and any(line.own for line in found.lines):
        raise ActionRefused(_("The file has rows about you. Another member has to import it."))
    if not known and not found.taken:
        raise ActionRefused(_("No row of the file can be imported."))
    title = gettext_stored("Import responses into “%(name)s”", name=assessment.name)
    try:
        call = ImportResponses(assessment_id=assessment.vendor_id, file_contents=content)
    except ValueError:
        raise ActionRefused(_("The file is larger than 8 MB. Split it into several files.")) from None
    with transaction.atomic():
        change = record_about(assessment, call, "responses", title, by=by, intent=intent)
        if not known:
            note(assessment.org, by=by, verb="answers.imported", target=assessment.vendor_id, words=title)
    return change
