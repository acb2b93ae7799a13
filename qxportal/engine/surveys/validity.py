"""When a survey can be answered: while it is active and within its window."""

from datetime import datetime, tzinfo

from django.utils import timezone

from qxportal.engine.assessments.answering import close_sessions
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Assessment, Evaluation, Survey

EARLIEST, LATEST = 1970, 2200


def switch(survey: Survey, *, active: bool, closing: bool = False) -> None:
    """Let it be answered, or no longer; `closing` records begun forms of all its assessments as they are."""
    if not active:
        waiting = Assessment.objects.select_for_update().filter(survey=survey).order_by("pk")
        list(waiting.values_list("pk", flat=True))  # whoever is saving a page has saved it, or will find it closed
    if not active and closing:
        close_sessions(Evaluation.objects.filter(assessment__survey=survey))
    if active and not survey.active:
        survey.activated_at = timezone.now()
    survey.active = active


def limit(survey: Survey, starts: str, expires: str, zone: tzinfo) -> None:
    """Set its window; a side that is not given stays as it is."""
    if starts:
        survey.starts_at = _moment("ExpirationStartDate", starts, zone)
    if expires:
        survey.expires_at = _moment("ExpirationEndDate", expires, zone)
    if survey.starts_at is None and survey.expires_at is None:
        raise Invalid("ExpirationStartDate", "With Expiration=1 a first or a last date is needed.")
    if survey.starts_at and survey.expires_at and survey.expires_at < survey.starts_at:
        raise Invalid("ExpirationEndDate", "It lies before the first date.")
    survey.time_zone = str(zone)


def unlimit(survey: Survey) -> None:
    """Let it be valid for ever."""
    survey.starts_at = survey.expires_at = None


def refuse_unanswerable(survey: Survey) -> None:
    """Refuse to open an assessment whose form nobody could answer."""
    if not survey.active:
        raise Conflict("ETS3", f"Its form {survey.public_id} is inactive: activate the survey first.")
    if survey.expires_at is not None and survey.expires_at < timezone.now():
        raise Conflict("ETS3", f"Its form {survey.public_id} expired: set the survey's options first.")


def _moment(parameter: str, text: str, zone: tzinfo) -> datetime:
    given = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    if not EARLIEST <= given.year < LATEST:
        raise Invalid(parameter, f"A year from {EARLIEST} to {LATEST - 1} is expected.")
    return given
