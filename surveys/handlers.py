"""How changes of surveys are compared and mirrored."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues, ParsedResult
from qxportal.ledger.selectors import resource_sync
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records.surveys import TranslationsOutcome
from qxportal.ui.stored_messages import gettext_stored
from surveys.library import LIBRARY_HANDLERS
from surveys.mirror import mirror_surveys
from surveys.models import Survey
from surveys.sync import start_survey_refresh

COLUMNS = ("name", "status", "owner_id")


def _row(change: Change) -> Survey | None:
    return Survey.objects.filter(org=change.org, vendor_id=change.parameters["survey_id"]).first()


def _mirrored_survey(change: Change) -> MirroredValues | None:
    row = _row(change)
    if row is None:
        return None
    listed = resource_sync(change.org, "surveys")
    at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
    there = row.gone_at is None
    return MirroredValues({name: getattr(row, name) if there else None for name in change.expected_values}, at)


def _refresh_listing(threesixty: ThreeSixty, change: Change) -> None:
    as_of = timezone.now()
    mirror_surveys(change.org, threesixty.call(GetSurveys()), as_of=as_of)


def _wanted(change: Change) -> dict[str, object]:
    """Columns that the change sets."""
    match change.request, change.parameters:
        case "activateSurvey", _:
            return {"status": "Active"}
        case "deactivateSurvey", _:
            return {"status": "Inactive"}
        case "setSurveyOptions", {"active": active}:
            return {"status": "Active" if active else "Inactive"}
        case "transferSurveyOwnership", wanted:
            return {"owner_id": wanted["new_owner_id"], **({"name": wanted["name"]} if wanted.get("name") else {})}
    return {}


def _mirror(change: Change, as_of: datetime) -> None:
    columns = _wanted(change)
    rows = Survey.objects.filter(org=change.org, vendor_id=change.parameters["survey_id"], seen_at__lte=as_of)
    if columns:
        rows.update(**columns, seen_at=as_of, row_hash=b"")
    start_survey_refresh(change.org, str(change.parameters["survey_id"]))


def _mirror_imported(change: Change, as_of: datetime) -> None:
    start_survey_refresh(change.org, change.vendor_id)


def _parse_translations(change: Change, answer: object) -> ParsedResult:
    """Parse the number of texts that were set; an import that set no text is flagged for review."""
    if not isinstance(answer, TranslationsOutcome) or answer.count is None:
        return ParsedResult()
    nothing = gettext_stored(
        "No text was imported. The first column has to name the texts, and the other columns have to be languages."
    )
    kept = {"texts": answer.count, "languages": list(answer.languages)}
    return ParsedResult(result=kept, attention_message="" if answer.count else nothing)


def _handler(mirror: Callable[[Change, datetime], None] = _mirror) -> ChangeHandler:
    return ChangeHandler(
        mirror=mirror, mirrored_values=_mirrored_survey, refresh=_refresh_listing, target_values=_wanted
    )


SURVEY_HANDLERS: dict[str, ChangeHandler] = {
    **LIBRARY_HANDLERS,
    "activateSurvey": _handler(),
    "deactivateSurvey": _handler(),
    "setSurveyOptions": _handler(),
    "transferSurveyOwnership": _handler(),
    "importSurvey": ChangeHandler(mirror=_mirror_imported),
    "importSurveyTranslations": ChangeHandler(mirror=_mirror, parse_result=_parse_translations),
}
