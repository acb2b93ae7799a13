"""Requests for subject reports."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from qxportal.core.filenames import attachment, file_name
from qxportal.engine.editions.report_source import report_source, shown_rows
from qxportal.engine.http.api_responses import Raw
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid, Missing
from qxportal.engine.models import Assessment, DataSource, Evaluation, Participant, Report, User
from qxportal.engine.people import access, confidential
from qxportal.engine.reports import aggregate, norms, pdf, typefaces
from qxportal.engine.reports.fingerprint import letters_of
from qxportal.engine.reports.types import ReportData, Viewer, ViewerKind
from qxportal.threesixty.relationships import MANAGER

LISTED = 20  # of the characters that no font has
GIVING = frozenset({"getSubjectReport", "getSubjectReportPDF"})  # they may make an edition: nothing of them is past


def get_subject_report(user: User, arguments: Arguments) -> object:
    """Give the figures of one subject's report, as its administrator sees them."""
    assessment, subject = _subject(user, arguments)
    confidential.refuse_oneself(user, subject.person_id)
    viewer = Viewer(kind=ViewerKind.ADMIN)
    report = aggregate.report(report_source(assessment, subject), viewer)
    notes = _notes(report)
    return {"Report": {**aggregate.report_json(report), **({"Notes": notes} if notes else {})}}


def get_subject_report_pdf(user: User, arguments: Arguments) -> object:
    """Give one subject's report as a PDF for the chosen viewer."""
    assessment, subject = _subject(user, arguments)
    viewer = _viewer(user, subject, arguments.text("Viewer") or ViewerKind.SUBJECT)
    report = aggregate.report(report_source(assessment, subject), viewer)
    return Raw(pdf.render(report), "application/pdf", {"Content-Disposition": attachment(_file_name(report, viewer))})


def _notes(report: ReportData) -> list[str]:
    """What HR should know of the report beside its figures, in the report's language."""
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
    """Replace the rows of a report's table; the answer says how many rows reports show."""
    if arguments.has("URL"):
        raise Invalid("URL", "This server loads no files from other addresses: send PredefinedData.")
    source = _data_source(user, arguments)
    if not arguments.has("PredefinedData"):
        raise Missing("PredefinedData")
    source.rows = norms.checked(arguments.structure("PredefinedData"))
    source.save(update_fields=["rows"])
    return {"Success": True, "Rows": len(source.rows), "Shown": shown_rows(source)}


def _data_source(user: User, arguments: Arguments) -> DataSource:
    """The table that a call names, of an assessment that the caller administers."""
    report_id, source_id = arguments.text("ReportID"), arguments.text("DataSourceID")
    report = (
        Report.objects.select_related("assessment__brand")
        .filter(public_id=report_id, assessment__brand=user.brand)
        .first()
    )
    if report is None:
        raise Invalid("ReportID", "There is no such report: getAssessment names them.")
    if not access.may_administer(user, report.assessment):
        raise Forbidden("This needs the assessment's owner or a brand administrator.")
    source = report.data_sources.select_related("report__assessment__survey").filter(public_id=source_id).first()
    if source is None:
        raise Invalid("DataSourceID", "The report has no such data source: getAssessment names them.")
    return source


def _subject(user: User, arguments: Arguments) -> tuple[Assessment, Participant]:
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    return assessment, access.subject(assessment, arguments.text("PersonID"), parameter="PersonID")


def _viewer(user: User, subject: Participant, word: str) -> Viewer:
    """Admin always may look; subject and manager once the report is ready; nobody else at all.

    A caller who is the subject gets what the subject gets.
    """
    if word not in (ViewerKind.SUBJECT, subject.person.public_id):
        confidential.refuse_oneself(user, subject.person_id)
    if word == ViewerKind.ADMIN:
        return Viewer(kind=ViewerKind.ADMIN)
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
    return viewer


def _file_name(report: ReportData, viewer: Viewer) -> str:
    """The name of the download: about whom, from what, for whom, and a key that tells namesakes apart."""
    reader = viewer.person_id or viewer.kind
    key = sha256(f"{report.report_id}|{reader}".encode()).hexdigest()[:8]
    with translation.override(report.language):
        reader_words = pgettext("part of a file name", "for %(reader)s") % {"reader": report.prepared_for}
    return file_name([report.subject_name, report.assessment_name, reader_words, key], "pdf")


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getSubjectReport": get_subject_report,
    "getSubjectReportPDF": get_subject_report_pdf,
    "setPredefinedData": set_predefined_data,
}
