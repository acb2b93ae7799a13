"""Requests for subject reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.core.filenames import attachment
from qxportal.engine.editions import report_access, stored_reports
from qxportal.engine.editions.earlier import handed_to, opened_by
from qxportal.engine.editions.report_source import fictional_source, nameable, report_source
from qxportal.engine.http.api_responses import Raw
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid, Missing, Problem
from qxportal.engine.models import Assessment, DataSource, Edition, Evaluation, Participant, Person, Report, User
from qxportal.engine.people import access, confidential
from qxportal.engine.reports import aggregate, fictional, naming, norms, typefaces
from qxportal.engine.reports.fingerprint import letters_of, rendering_key
from qxportal.engine.reports.printing import BusyError, print_aside
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer, ViewerKind
from qxportal.threesixty.relationships import MANAGER

LONGEST_SEED = 64  # characters
LISTED = 20  # missing characters named in a note
# These may make an edition, so they never read a past snapshot.
GIVING = frozenset({"getSubjectReport", "getSubjectReportPDF", "qxGetReportKey", "qxGetGroupReport"})


def get_subject_report(user: User, arguments: Arguments) -> object:
    """The figures of one subject's report as its administrator sees them."""
    assessment, subject = _subject(user, arguments)
    confidential.refuse_oneself(user, subject.person_id)
    viewer = Viewer(kind=ViewerKind.ADMIN)
    report = aggregate.report(report_source(assessment, subject, may_compare=handed_to(user, None)), viewer)
    notes = _notes(report)
    return {"Report": {**aggregate.report_json(report), **({"Notes": notes} if notes else {})}}


def get_subject_report_pdf(user: User, arguments: Arguments) -> object:
    """One subject's report as a PDF for the chosen viewer; readers get the stored PDF if it is up to date."""
    asked = _for_viewer(user, arguments)
    if asked.reader is None:
        return _answer(asked.viewer, lambda: (asked.report, print_aside(asked.report)))
    reader, now = asked.reader, lambda: _for_viewer(user, arguments).report
    return _answer(
        asked.viewer,
        lambda: stored_reports.pdf_for(asked.subject, reader, asked.report, now, brand=user.brand_id),
    )


def preview_report(user: User, arguments: Arguments) -> object:
    """A fictional person's report over an assessment's questions as a PDF; equal seeds give equal figures."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    seed = arguments.text("Seed") or fictional.SEED
    if len(seed) > LONGEST_SEED:
        raise Invalid("Seed", f"At most {LONGEST_SEED} characters are expected.")
    viewer = Viewer(kind=ViewerKind.SUBJECT)
    report = aggregate.report(fictional_source(assessment, arguments.text("Language"), seed), viewer)
    return _answer(viewer, lambda: (report, print_aside(report)))


def _answer(viewer: Viewer, make: Callable[[], tuple[ReportData, bytes]]) -> Raw:
    try:
        report, content = make()
    except BusyError:
        words = "Many reports are being made at the moment. Try again in a minute."
        raise Problem(503, "ESRV503", words, retry_after=60) from None
    return Raw(content, "application/pdf", {"Content-Disposition": attachment(naming.of(report, viewer))})


def get_report_key(user: User, arguments: Arguments) -> object:
    """A key of everything that a report's PDF depends on; a PDF stored with the same key is still up to date."""
    return {"Key": rendering_key(_for_viewer(user, arguments).report)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A requested report."""

    subject: Participant
    report: ReportData
    viewer: Viewer
    reader: Person | None  # None: HR itself


def _for_viewer(user: User, arguments: Arguments) -> _Asked:
    """A subject's report for the chosen viewer; makes the first edition, because the caller is about to see it."""
    assessment, subject = _subject(user, arguments)
    viewer, reader = _viewer(user, subject, arguments.text("Viewer") or ViewerKind.SUBJECT)
    own = subject.person_id in confidential.own_person_ids(user)
    edition = _released(subject) if own else None
    may = opened_by(subject.person) if own else handed_to(user, reader)
    report = aggregate.report(report_source(assessment, subject, edition, may_compare=may), viewer)
    return _Asked(subject, report, viewer, reader)


def _released(subject: Participant) -> Edition:
    """The edition that the calling subject may open; raises Forbidden if none is released."""
    own = report_access.accesses().filter(subject=subject, person=subject.person_id).first()
    if own is None or report_access.state(own) is not report_access.State.OPEN:
        raise Forbidden("The report is not released to you.")
    return report_access.edition_of(own)


def _notes(report: ReportData) -> list[str]:
    """Notes on the report for HR, in the report's language."""
    missing = letters_of(report).missing
    if not missing:
        return []
    some = ", ".join(missing[:LISTED]) + (", …" if len(missing) > LISTED else "")
    with translation.override(report.language):
        marks = ngettext(
            "The PDF shows a mark in place of %(n)d character for which the server has no font: %(characters)s.",
            "The PDF shows marks in place of %(n)d characters for which the server has no font: %(characters)s.",
            len(missing),
        )
        notes = [marks % {"n": len(missing), "characters": some}]
        if lacking := typefaces.lacking():
            advice = _("Installing these packages on the server may help: %(packages)s.")
            notes.append(advice % {"packages": ", ".join(lacking)})
    return notes


def set_predefined_data(user: User, arguments: Arguments) -> object:
    """Replace the rows of a report's table; returns how many of them reports show."""
    if arguments.has("URL"):
        raise Invalid("URL", "This server loads no files from other addresses: send PredefinedData.")
    source = _data_source(user, arguments)
    if not arguments.has("PredefinedData"):
        raise Missing("PredefinedData")
    source.rows = norms.checked(arguments.structure("PredefinedData"))
    source.save(update_fields=["rows"])
    return {"Success": True, "Rows": len(source.rows), "Shown": len(nameable(source.report.assessment).shown(source))}


def get_predefined_data(user: User, arguments: Arguments) -> object:
    """The tables of a report, the rows that reports show, and the names that rows can use.

    Rows about the caller alone are left out.
    """
    report = _report(user, arguments)
    own = set(Person.objects.filter(pk__in=confidential.own_person_ids(user)).values_list("public_id", flat=True))
    names = nameable(report.assessment)
    tables = []
    for source in report.data_sources.order_by("pk"):
        shown = set(names.shown(source))
        kept = [(n, row) for n, row in enumerate(source.rows, start=1) if norms.person_of(row) not in own]
        tables.append(
            {
                "DataSourceID": source.public_id,
                "Name": source.name,
                "Rows": [row for _n, row in kept],
                "Shown": [place for place, (n, _row) in enumerate(kept, start=1) if n in shown],
            }
        )
    return {
        "ReportID": report.public_id,
        "Name": report.name,
        "Points": names.points,
        "Competencies": [one.name for one in names.competencies],
        "Statements": [{"ID": item.id, "Text": item.text} for one in names.competencies for item in one.items],
        "DataSources": tables,
    }


def _report(user: User, arguments: Arguments) -> Report:
    """The requested report, of an assessment that the caller administers."""
    rows = Report.objects.select_related("assessment__brand", "assessment__survey")
    report = rows.filter(public_id=arguments.text("ReportID"), assessment__brand=user.brand).first()
    if report is None:
        raise Invalid("ReportID", "There is no such report: getAssessment names them.")
    if not access.may_administer(user, report.assessment):
        raise Forbidden("This needs the assessment's owner or a brand administrator.")
    return report


def _data_source(user: User, arguments: Arguments) -> DataSource:
    """The requested table, of an assessment that the caller administers."""
    rows = _report(user, arguments).data_sources.select_related("report__assessment__survey")
    source = rows.filter(public_id=arguments.text("DataSourceID")).first()
    if source is None:
        raise Invalid("DataSourceID", "The report has no such data source: getAssessment names them.")
    return source


def _subject(user: User, arguments: Arguments) -> tuple[Assessment, Participant]:
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    return assessment, access.subject(assessment, arguments.text("PersonID"), parameter="PersonID")


def _viewer(user: User, subject: Participant, word: str) -> tuple[Viewer, Person | None]:
    """The viewer: Admin at any time, subject and manager once the report is ready; others raise Forbidden.

    A caller who is the subject gets the subject's report, and only once it is released.
    """
    if word not in (ViewerKind.SUBJECT, subject.person.public_id):
        confidential.refuse_oneself(user, subject.person_id)
    if word == ViewerKind.ADMIN:
        return Viewer(kind=ViewerKind.ADMIN), None
    person = subject.person
    if word == ViewerKind.SUBJECT or word == subject.person.public_id:
        viewer = Viewer(kind=ViewerKind.SUBJECT)
    else:
        person = access.person(user, word, parameter="Viewer")
        if not Evaluation.objects.filter(subject=subject, evaluator=person, relationship=MANAGER).exists():
            raise Forbidden("This person may not see the report.")
        viewer = Viewer(
            kind=ViewerKind.PERSON, name=f"{person.first_name} {person.last_name}", person_id=person.public_id
        )
    if not subject.report_ready:
        raise Conflict("ETS4", "The report is not ready: it is made ready when the subject is Done.")
    return viewer, person


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getSubjectReport": get_subject_report,
    "getSubjectReportPDF": get_subject_report_pdf,
    "qxGetPredefinedData": get_predefined_data,
    "qxGetReportKey": get_report_key,
    "qxPreviewReport": preview_report,
    "setPredefinedData": set_predefined_data,
}
