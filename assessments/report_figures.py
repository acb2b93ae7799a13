"""Figures from outside that reports show beside their own (norms): read from the server, checked, set by a change."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import is_assessed_in, whose_turn
from assessments.intents import record_about
from assessments.job_kinds import READ_FIGURES
from assessments.models import Assessment, ReportFigures
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.handlers import ChangeHandler, Overtaken, VerifyResult, default_verify
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.assessments import GetAssessment
from qxportal.threesixty.calls.reports import GetPredefinedData, SetPredefinedData, person_of
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected, unknown_request
from qxportal.threesixty.records.predefined import PredefinedData
from qxportal.ui.stored_messages import Message, gettext_stored

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a report as the portal knows it; the names for rows are empty if the server lists none."""

    report_id: str
    source_id: str
    name: str = ""
    rows: Sequence[Row] = ()
    shown: Sequence[int] = ()  # positions of the rows that reports show, from 1
    told: bool = False  # whether the server listed the rows
    points: int = 0
    competencies: Sequence[str] = ()
    statements: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> Self:
        """Parse a table from its JSON in the database."""
        return cls(**kept)

    def as_json(self) -> dict[str, Any]:
        """The table as JSON for the database."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def figures_of(assessment: Assessment) -> ReportFigures | None:
    """The figures at their last read."""
    return ReportFigures.objects.filter(org=assessment.org, assessment=assessment).first()


def tables_of(assessment: Assessment, member: Member) -> list[Table]:
    """The tables, without rows that are shown in the member's own report alone.

    Roles that open no reports see no row that one person's report alone shows.
    """
    found = figures_of(assessment)
    own, opens = fence_of(member).keys, member.may(Role.EDITOR)
    tables = []
    for kept in found.tables if found else []:
        table = Table.stored(kept)
        people = [person_of(row) for row in table.rows]
        places = [n for n, one in enumerate(people, start=1) if not one or (opens and one not in own)]
        shown = {old: new for new, old in enumerate(places, start=1)}
        rows = [table.rows[n - 1] for n in places]
        others = {"rows": rows, "shown": [shown[n] for n in table.shown if n in shown]}
        tables.append(Table.stored({**kept, **others}))
    return tables


def set_figures(
    assessment: Assessment, table: Table, rows: Sequence[Row], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Replace the rows of a table (setPredefinedData); none empties it."""
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn(by))
    if not recorded(assessment.org, intent) and assessment.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
    words = (
        gettext_stored("Set comparison figures of “%(name)s”", name=assessment.name)
        if rows
        else gettext_stored("Remove comparison figures of “%(name)s”", name=assessment.name)
    )
    call = SetPredefinedData(report_id=table.report_id, data_source_id=table.source_id, rows=tuple(rows))
    return record_about(assessment, call, f"figures:{table.source_id}", words, by=by, intent=intent)


def refresh_figures(assessment: Assessment, *, by: Member | None, afresh: bool = False) -> Job:
    """Ask the server for the figures now."""
    title = gettext_stored("Refresh of the comparison figures of “%(name)s”", name=assessment.name)
    return start(assessment.org, READ_FIGURES, by=by, target=str(assessment.pk), title=title, afresh=afresh)


@job(READ_FIGURES)
def read_figures(job: Job) -> Message:
    """Mirror the tables of an assessment's reports; the work of its job."""
    assessment = Assessment.objects.select_related("org").filter(org=job.org, pk=int(job.target)).first()
    if assessment is None:
        return gettext_stored("The assessment is no longer known.")
    as_of = timezone.now()
    with client_for(job.org) as threesixty:
        listed = threesixty.call(GetAssessment(assessment_id=assessment.vendor_id)).raw.get("Reports")
        told = [_told(threesixty, assessment, report_id) for report_id in _ids_of(listed)]
    tables = [table for report, found in zip(_maps(listed), told, strict=True) for table in _tables(report, found)]
    _keep(assessment, tables, as_of)
    return gettext_stored("The comparison figures are up to date.")


def _told(threesixty: ThreeSixty, assessment: Assessment, report_id: str) -> PredefinedData | None:
    """The tables of a report from our own server; None if the server does not know the request."""
    if not may_ask(assessment.org, GetPredefinedData):
        return None
    try:
        return threesixty.call(GetPredefinedData(report_id=report_id))
    except Rejected as problem:
        if unknown_request(problem):
            return None
        raise


def _maps(listed: object) -> list[Row]:
    """The reports that an answer names with an id; servers need not name any."""
    rows = listed if isinstance(listed, list) else []
    return [row for row in rows if isinstance(row, Mapping) and row.get("ReportID")]


def _ids_of(listed: object) -> list[str]:
    return [str(row["ReportID"]) for row in _maps(listed)]


def _tables(report: Row, told: PredefinedData | None) -> list[Table]:
    if told is not None:
        return [
            Table(
                report_id=told.report_id,
                source_id=one.source_id,
                name=one.name,
                rows=[dict(row) for row in one.rows],
                shown=list(one.shown),
                told=True,
                points=told.points,
                competencies=list(told.competencies),
                statements=dict(told.statements),
            )
            for one in told.tables
        ]
    sources = report.get("DataSources")
    return [
        Table(report_id=str(report["ReportID"]), source_id=str(one["DataSourceID"]), name=str(one.get("Name") or ""))
        for one in (sources if isinstance(sources, list) else [])
        if isinstance(one, Mapping) and one.get("DataSourceID")
    ]


def _keep(assessment: Assessment, tables: Sequence[Table], as_of: datetime) -> None:
    """Store the tables unless newer ones are stored; rows that the server does not list stay as the portal set them."""
    with transaction.atomic():
        known = ReportFigures.objects.select_for_update().filter(assessment=assessment).first()
        if known is not None and known.seen_at > as_of:
            return
        rows = {kept["source_id"]: kept["rows"] for kept in known.tables} if known else {}
        kept = [one.as_json() if one.told else {**one.as_json(), "rows": rows.get(one.source_id, [])} for one in tables]
        ReportFigures.objects.update_or_create(
            assessment=assessment, defaults={"org": assessment.org, "seen_at": as_of, "tables": kept}
        )


def _verify(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    no_way = Overtaken(gettext_stored("There is no way to check automatically whether this change was made."))
    if not may_ask(change.org, GetPredefinedData):
        return no_way
    try:
        return default_verify(threesixty, change)
    except Rejected as problem:
        if unknown_request(problem):
            return no_way
        raise


def _mirror(change: Change, as_of: datetime) -> None:
    """Keep the rows that were set, and read which of them reports show."""
    with transaction.atomic():
        rows = ReportFigures.objects.select_for_update().filter(
            org=change.org, tables__contains=[{"source_id": change.parameters["data_source_id"]}], seen_at__lte=as_of
        )
        for found in rows:
            for table in found.tables:
                if table["source_id"] == change.parameters["data_source_id"]:
                    table |= {"rows": change.parameters["rows"], "shown": []}
            found.seen_at = as_of
            found.save(update_fields=["tables", "seen_at"])
    assessment = Assessment.objects.filter(org=change.org, vendor_id=change.assessment_id).first()
    if assessment is not None and change.assessment_id:
        with suppress(TooManyJobs):
            refresh_figures(assessment, by=None, afresh=True)


FIGURE_HANDLERS: dict[str, ChangeHandler] = {"setPredefinedData": ChangeHandler(verify=_verify, mirror=_mirror)}
