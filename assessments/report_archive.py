"""Reports of a batch as a streamed ZIP file: one report in memory at a time, and a manifest."""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import BatchFile, Report
from assessments.receiving import ADMIN, SUBJECT
from assessments.reports import REPORT_COLUMNS, locked_reports, open_locked
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core.export import inert
from qxportal.core.filenames import file_name
from qxportal.ledger.errors import ActionRefused

NAMES: dict[str, tuple[str | Promise, tuple[str, ...]]] = {  # the parts of file names
    "subject": (gettext_lazy("Subject, assessment, reader"), ("subject", "assessment", "viewer")),
    "assessment": (gettext_lazy("Assessment, subject, reader"), ("assessment", "subject", "viewer")),
    "identifier": (gettext_lazy("Unique identifier, subject, reader"), ("identifier", "subject", "viewer")),
}
ENTRY_COLUMNS = (  # columns that the ZIP file needs of a report, besides those for opening it
    "edition",
    "edition_made_at",
    "fetched_at",
    "assessment__name",
    "subject__person",
    "subject__person__raw",
)


class _Pipe(io.RawIOBase):
    """Write-only target for zipfile; bytes are taken out as they arrive, so that zipfile never seeks."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        """Always True."""
        return True

    def write(self, data: Any) -> int:
        """Buffer bytes until they are taken."""
        self._kept += data
        return len(data)

    def take(self) -> bytes:
        """Bytes written since the last call."""
        taken = bytes(self._kept)
        self._kept.clear()
        return taken


def archive(files: Iterable[BatchFile], *, by: Member, pattern: str) -> Iterator[bytes]:
    """The ZIP file in parts. Each report is opened by the member's right at that moment, and the opening is noted;
    the manifest names with the reason what could not be opened."""
    pipe, taken, lines = _Pipe(), set[str](), [_head()]
    newest: datetime | None = None
    viewers: dict[str, str] = {}
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out:  # what a PDF leaves uncompressed is a fifth of it
        for file in files:
            report, content, problem = _open(file, by=by)
            if report is None or problem:
                lines.append(_csv(_line(file, "", report, problem)))
                continue
            name = _unique(_name(file, report, pattern, viewers), taken)
            newest = max(newest or report.fetched_at, report.fetched_at)
            entry = _entry(name, report.fetched_at)
            entry.file_size = len(content)
            with out.open(entry, "w") as part:
                yield pipe.take()  # the head of the entry, before compressing takes its time
                part.write(content)
            lines.append(_csv(_line(file, name, report, "")))
            yield pipe.take()
        with out.open(_entry("manifest.csv", newest), "w") as part:
            part.writelines(lines)
    yield pipe.take()


def _open(file: BatchFile, *, by: Member) -> tuple[Report | None, bytes, str]:
    """The report with its PDF, or with the reason why it cannot be opened."""
    rows = locked_reports().select_related("subject__person").only(*REPORT_COLUMNS, *ENTRY_COLUMNS)
    with transaction.atomic():
        report = rows.filter(pk=file.report_id).first() if file.report_id else None
        if report is None:  # never fetched, or deleted meanwhile
            return None, b"", _("The report was not fetched.")
        try:
            return report, open_locked(report, by=by), ""
        except ActionRefused as refused:
            return report, b"", str(refused)


def _entry(name: str, at: datetime | None) -> zipfile.ZipInfo:
    """A file entry with this time, so that the same reports always give the same ZIP file."""
    entry = zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6]) if at else zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _name(file: BatchFile, report: Report, pattern: str, viewers: dict[str, str]) -> str:
    subject = report.subject
    parts = {
        "subject": str(subject),
        "assessment": report.assessment.name,
        "viewer": _viewer(file, viewers),
        "identifier": (subject.person and subject.person.external_reference) or subject.vendor_id,
    }
    return file_name([*(parts[part] for part in NAMES[pattern][1]), f"{report.version}"], "pdf")


def _viewer(file: BatchFile, known: dict[str, str]) -> str:
    if file.viewer in (ADMIN, SUBJECT):
        return _("as administrators see it") if file.viewer == ADMIN else _("as the subject sees it")
    if file.viewer not in known:
        person = Person.objects.filter(org_id=file.org_id, vendor_id=file.viewer).first()
        known[file.viewer] = _("as %(viewer)s sees it") % {"viewer": person or file.viewer}
    return known[file.viewer]


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken on a system that ignores case or Unicode form."""
    stem, number, found = name.removesuffix(".pdf"), 1, name
    while (key := unicodedata.normalize("NFKC", found).casefold()) in taken:
        number += 1
        found = f"{stem} ({number}).pdf"
    taken.add(key)
    return found


def _line(file: BatchFile, name: str, report: Report | None, problem: str) -> list[object]:
    subject, assessment = (report.subject, report.assessment) if report else (file.subject, file.subject.assessment)
    made = report.edition_made_at if report else None
    return [
        name,
        str(subject),
        subject.person.external_reference if subject.person else "",
        subject.vendor_id,
        assessment.name,
        file.viewer,
        report.version if report else "",
        report.edition or "" if report else "",
        f"{made:%Y-%m-%d %H:%M:%S}" if made else "",
        f"{report.fetched_at:%Y-%m-%d %H:%M:%S}" if report else "",
        report.sha256 if report and name else "",
        problem,
    ]


def _head() -> bytes:
    """The head of the manifest, with the mark by which spreadsheets know the encoding."""
    heads = [
        _("File"),
        _("Subject"),
        _("Unique identifier"),
        _("API ID"),
        _("Assessment"),
        _("Reader"),
        _("Version"),
        _("Edition"),
        _("Edition made (UTC)"),
        _("Fetched (UTC)"),
        "SHA-256",
        _("Problem"),
    ]
    return b"\xef\xbb\xbf" + _csv(heads)


def _csv(cells: Iterable[object]) -> bytes:
    """A line of the manifest; until the end it takes less memory than its cells would."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([inert(cell) for cell in cells])
    return text.getvalue().encode()
