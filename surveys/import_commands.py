"""Surveys and translations from files, and transfer of a survey to another owner."""

import uuid

from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import record, recorded
from qxportal.threesixty.calls.surveys import ImportSurvey, ImportSurveyTranslations, TransferSurveyOwnership
from qxportal.threesixty.enums import SurveyFormat
from qxportal.ui.stored_messages import gettext_stored
from surveys.models import Survey


def import_survey(
    org: Organisation,
    *,
    by: Member,
    name: str,
    kind: SurveyFormat,
    content: bytes,
    activate: bool,
    intent: uuid.UUID | None = None,
) -> Change:
    """Create a survey from a file (importSurvey). Its name must be new, as it identifies the survey on read-back."""
    intent = intent or uuid.uuid4()
    if not recorded(org, intent) and Survey.objects.filter(org=org, name=name, gone_at=None).exists():
        raise ActionRefused(_("There is a survey with this name already."))
    wanted = Intent(
        id=intent,
        call=ImportSurvey(name=name, import_format=kind, activate=activate, file_contents=content),
        target=f"survey-import:{name}",
        title=gettext_stored("Import the survey “%(name)s”", name=name),
    )
    return record(org, wanted, by=by)


def import_translations(
    survey: Survey, *, by: Member, content: str, as_admin: bool, intent: uuid.UUID | None = None
) -> Change:
    """Set a survey's texts in other languages from a table (importSurveyTranslations)."""
    intent = intent or uuid.uuid4()
    _refuse_gone(survey, intent)
    wanted = Intent(
        id=intent,
        call=ImportSurveyTranslations(
            survey_id=survey.vendor_id, file_contents=content, as_admin=True if as_admin else None
        ),
        target=f"survey:{survey.vendor_id}",
        title=gettext_stored("Import translations of the survey “%(name)s”", name=survey.name),
    )
    return record(survey.org, wanted, by=by)


def transfer_survey(
    survey: Survey, *, by: Member, new_owner_id: str, name: str, intent: uuid.UUID | None = None
) -> Change:
    """Transfer a survey to another user, optionally under another name (transferSurveyOwnership)."""
    intent = intent or uuid.uuid4()
    known = recorded(survey.org, intent)
    _refuse_gone(survey, intent)
    renamed = name if name != survey.name else ""
    if not known and new_owner_id == survey.owner_id:
        raise ActionRefused(_("The survey belongs to this user already."))
    title = gettext_stored("Transfer the survey “%(name)s” to another owner", name=survey.name)
    wanted = Intent(
        id=intent,
        call=TransferSurveyOwnership(
            survey_id=survey.vendor_id, owner_id=survey.owner_id, new_owner_id=new_owner_id, name=renamed or None
        ),
        target=f"survey:{survey.vendor_id}",
        title=title,
        expected_values={"owner_id": survey.owner_id, **({"name": survey.name} if renamed else {})},
    )
    change = record(survey.org, wanted, by=by)
    if not known:
        note(survey.org, by=by, verb="survey.transferred", target=survey.vendor_id, words=title)
    return change


def _refuse_gone(survey: Survey, intent: uuid.UUID) -> None:
    if survey.gone_at is not None and not recorded(survey.org, intent):
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": survey.name})
