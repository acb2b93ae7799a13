"""Exports of answers as jobs: read from the server by a worker, and sealed as a file for one member for one day.

A file is sealed for the member who requested it, as its contents were checked for that member only.
"""

import uuid
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.utils import timezone

from assessments.job_kinds import EXPORT_ANSWERS
from assessments.models import Assessment
from assessments.raw_answers import (
    OFF,
    Exported,
    about,
    export_assessment,
    export_survey,
    log_export,
    refuse_subjects,
    refuse_subjects_of,
)
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import csv_lines
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import Cancelled, finish, say_step, start
from qxportal.ledger.models import Job
from qxportal.ledger.outbox.record import USED
from qxportal.ledger.outbox.serialize import rebuilt, stored
from qxportal.ledger.problems import reason_of
from qxportal.security.models import Sealed
from qxportal.security.sealed import forget, forget_older, keep, opened, store_of
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.ui.stored_messages import Message, gettext_stored
from surveys.models import Survey

PURPOSE = "answers"
ANSWERS = store_of(PURPOSE, "exported answers")
KEEP = timedelta(days=1)  # that a file waits for its download
SHOWN = 20  # of a member's exports


@dataclass(frozen=True)
class Export:
    """An export that a member asked for: its latest job, and until when its file can be downloaded."""

    job: Job
    until: datetime | None  # None without a file


def start_export(
    thing: Assessment | Survey, call: GetLegacyResponseData | None = None, *, by: Member, intent: uuid.UUID | None
) -> Job:
    """Let a worker export the answers of an assessment, or with a call the responses of a survey."""
    if thing.org.raw_answers_at is None:
        raise ActionRefused(OFF)
    _refuse_own(thing, by)
    key = str(intent or uuid.uuid4())
    before = Job.objects.filter(kind=EXPORT_ANSWERS.name, target=key).order_by("-pk").first()
    if before is not None:
        if (before.org_id, before.started_by_id) != (by.org_id, by.pk):
            raise ActionRefused(USED)
        return before
    return start(
        thing.org,
        EXPORT_ANSWERS,
        by=by,
        target=key,
        title=gettext_stored("Answers of %(name)s", name=thing.name),
        parameters={"of": thing.vendor_id, "call": stored(call) if call else None, "about": about(thing)},
    )


@job(EXPORT_ANSWERS)
def export_answers(row: Job) -> Message:
    """Read the answers and seal them as a file; handler of the job. Checks again which answers may leave."""
    by = row.started_by
    try:
        if by is None or not by.may(Role.ADMIN):
            raise ActionRefused(gettext_stored("The member who asked for the export is no longer an administrator."))
        thing = _thing(row)
        say_step(row, gettext_stored("Reading the answers"))
        exported = _read(row, thing, by)
        say_step(row, gettext_stored("Sealing the file"))
        return _seal(row, thing, exported, by)
    except ActionRefused as refusal:
        finish(row, Job.State.FAILED, reason_of(refusal))
        return ""


def exports_of(member: Member) -> list[Export]:
    """Exports that a member requested, the newest first, without those whose file was deleted."""
    rows = Job.objects.filter(org=member.org, kind=EXPORT_ANSWERS.name, started_by=member)
    latest = rows.order_by("target", "-pk").distinct("target")  # if one failed and ran again
    until = _until(member)
    found = [_export(one, until) for one in rows.filter(pk__in=latest.values("pk")).order_by("-pk")[:SHOWN]]
    return [one for one in found if one.until or one.job.state != Job.State.DONE]


def export_of(member: Member, key: uuid.UUID) -> Export | None:
    """The member's export with this key; otherwise another member's, who alone can open its file."""
    jobs = Job.objects.filter(org=member.org, kind=EXPORT_ANSWERS.name, target=str(key)).order_by("-pk")
    latest = jobs.filter(started_by=member).first()
    if latest is not None:
        return _export(latest, _until(member))
    other = jobs.first()
    return Export(other, None) if other else None


def opened_file(export: Export, *, by: Member) -> bytes:
    """The CSV file, recorded in the log; raises ActionRefused if it may not be opened, or has expired."""
    refuse_others(export, by)
    if export.until is None:
        raise ActionRefused(gettext_stored("This file was kept for a day and is deleted. Export the answers again."))
    if by.org.raw_answers_at is None or export.until - KEEP < by.org.raw_answers_at:
        raise ActionRefused(OFF)
    thing = _thing(export.job)
    _refuse_own(thing, by)
    content = zlib.decompress(opened(by.org_id, PURPOSE, _record(export.job, by)))
    note(by.org, by=by, verb="answers.downloaded", target=thing.vendor_id, about=about(thing), words=thing.name)
    return content


def refuse_others(export: Export, by: Member) -> None:
    """Raise ActionRefused for members who did not request the export."""
    if export.job.started_by_id != by.pk:
        raise ActionRefused(gettext_stored("Another member asked for this export. Export the answers yourself."))


def forget_file(export: Export, *, by: Member) -> None:
    """Delete a file before its day is over."""
    refuse_others(export, by)
    forget(by.org_id, PURPOSE, [_record(export.job, by)])


def forget_files(org: Organisation) -> None:
    """Delete all files of an organisation, such as when exports are turned off."""
    Sealed.objects.filter(org_id=org.pk, purpose=PURPOSE).delete()


def forget_old_files() -> None:
    """Delete expired files."""
    forget_older(PURPOSE, timezone.now() - KEEP)


def _read(row: Job, thing: Assessment | Survey, by: Member) -> Exported:
    if isinstance(thing, Assessment):
        return export_assessment(thing, by=by)
    call = rebuilt(GetLegacyResponseData.request, row.parameters["call"])
    return export_survey(thing, cast(GetLegacyResponseData, call), by=by)


def _seal(row: Job, thing: Assessment | Survey, exported: Exported, by: Member) -> Message:
    content = zlib.compress("".join(csv_lines(exported.columns, exported.rows)).encode())
    with transaction.atomic():
        if Organisation.objects.select_for_update().get(pk=row.org_id).raw_answers_at != thing.org.raw_answers_at:
            raise ActionRefused(OFF)  # even if answers are allowed again, since the check was made before
        if not Job.objects.select_for_update().filter(pk=row.pk, state=Job.State.RUNNING).exists():
            raise Cancelled
        log_export(thing, exported, by=by)
        forget(row.org_id, PURPOSE, [_record(row, by)])
        keep(row.org_id, PURPOSE, {_record(row, by): content})
    return gettext_stored("The file is ready.")  # visible to all members; the number of rows is in the log


def _thing(row: Job) -> Assessment | Survey:
    kind = Survey if row.parameters["call"] else Assessment
    found: Assessment | Survey | None = (
        kind._default_manager.select_related("org").filter(org=row.org, vendor_id=row.parameters["of"]).first()
    )
    if found is None or found.gone_at is not None:
        raise ActionRefused(gettext_stored("The assessment or survey is no longer listed."))
    return found


def _export(latest: Job, until: dict[str, datetime]) -> Export:
    record = f"{latest.target}:{latest.started_by_id}"
    return Export(latest, until.get(record) if latest.state == Job.State.DONE else None)


def _refuse_own(thing: Assessment | Survey, by: Member) -> None:
    if isinstance(thing, Assessment):
        refuse_subjects(thing, by)
    else:
        refuse_subjects_of(thing, by)


def _record(row: Job, member: Member) -> str:
    """The name under which a file is sealed: no other member's key opens it."""
    return f"{row.target}:{member.pk}"


def _until(member: Member) -> dict[str, datetime]:
    kept = Sealed.objects.filter(org_id=member.org_id, purpose=PURPOSE, created_at__gt=timezone.now() - KEEP)
    return {record: made + KEEP for record, made in kept.values_list("record", "created_at")}
