"""Requests for subject reports."""

from collections.abc import Callable, Mapping

from qxportal.engine import access
from qxportal.engine.answers import Raw
from qxportal.engine.arguments import Arguments
from qxportal.engine.models import Assessment, Evaluation, Participant, User
from qxportal.engine.problems import Conflict, Forbidden
from qxportal.engine.relationships import MANAGER
from qxportal.engine.report_source import report_source
from qxportal.engine.reports import compute, pdf
from qxportal.engine.reports.shape import Viewer, ViewerKind


def get_subject_report(user: User, arguments: Arguments) -> object:
    """Give the figures of one subject's report, as its administrator sees them."""
    assessment, subject = _subject(user, arguments)
    viewer = Viewer(kind=ViewerKind.ADMIN, name=_name(user))
    return {"Report": compute.report_json(compute.report(report_source(assessment, subject), viewer))}


def get_subject_report_pdf(user: User, arguments: Arguments) -> object:
    """Give one subject's report as a PDF for the chosen viewer."""
    assessment, subject = _subject(user, arguments)
    viewer = _viewer(user, subject, arguments.text("Viewer") or ViewerKind.SUBJECT)
    report = compute.report(report_source(assessment, subject), viewer)
    return Raw(pdf.render(report), "application/pdf")


def _subject(user: User, arguments: Arguments) -> tuple[Assessment, Participant]:
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    return assessment, access.subject(assessment, arguments.text("PersonID"), parameter="PersonID")


def _viewer(user: User, subject: Participant, word: str) -> Viewer:
    """Admin always may look; subject and manager once the report is ready; nobody else at all."""
    if word == ViewerKind.ADMIN:
        return Viewer(kind=ViewerKind.ADMIN, name=_name(user))
    if word == ViewerKind.SUBJECT or word == subject.person.public_id:
        viewer = Viewer(kind=ViewerKind.SUBJECT)
    else:
        person = access.person(user, word, parameter="Viewer")
        if not Evaluation.objects.filter(subject=subject, evaluator=person, relationship=MANAGER).exists():
            raise Forbidden("This person may not see the report.")
        viewer = Viewer(kind=ViewerKind.PERSON, name=f"{person.first_name} {person.last_name}")
    if not subject.report_ready:
        raise Conflict("ETS4", "The report is not ready: it is made ready when the subject is Done.")
    return viewer


def _name(user: User) -> str:
    return f"{user.first_name} {user.last_name}"


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getSubjectReport": get_subject_report,
    "getSubjectReportPDF": get_subject_report_pdf,
}
