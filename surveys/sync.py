"""Sync of the surveys into the mirror, and of one survey's contents."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.utils import timezone

from qxportal.accounts.capabilities import version_has
from qxportal.accounts.credentials import client_pool
from qxportal.accounts.models import Organisation
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.mirror.fetch import OneCall, listed_again
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.ledger.models import Job, ResourceSync
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.calls.surveys import GetQuotas, GetSurvey, GetSurveys
from qxportal.threesixty.client.pool import ClientPool
from qxportal.threesixty.errors import BadCredential, Rejected
from qxportal.threesixty.records import QuotaRecord, SurveyRecord
from qxportal.ui.stored_messages import Message, gettext_stored
from surveys.content import facts_of, mirror_content
from surveys.job_kinds import SYNC_SURVEY
from surveys.mirror import mirror_surveys
from surveys.models import Survey

MOST_LANGUAGES = 12  # languages whose questions are read


def surveys_fetch(
    org: Organisation, pool: ClientPool, tell: Callable[[ResourceSync], None]
) -> OneCall[tuple[SurveyRecord, ...]]:
    """Fetch of the listing of surveys; calls `tell` with the result."""
    call = GetSurveys()

    def mirror(records: tuple[SurveyRecord, ...], as_of: datetime) -> None:
        merged = mirror_surveys(org, records, as_of=as_of)
        again = listed_again(pool, call, lambda listed: mirror_surveys(org, listed, as_of=as_of), merged)
        tell(complete_sync(Survey, org, "surveys", merged, as_of=as_of, confirm=again))

    return OneCall(call, mirror)


@job(SYNC_SURVEY)
def sync_survey(job: Job) -> Message:
    """Mirror the listing of surveys, and the contents of one of them."""
    with client_pool(job.org) as pool:
        pool.read(deque([surveys_fetch(job.org, pool, lambda sync: None)]))
        survey = Survey.objects.select_related("org").filter(org=job.org, vendor_id=job.target, gone_at=None).first()
        if survey is None:
            return gettext_stored("The surveys are up to date.")
        as_of = timezone.now()
        definition = pool.call(GetSurvey(survey_id=survey.vendor_id))
        codes = [code for code in definition.languages if code != definition.default_language][:MOST_LANGUAGES]
        others = {code: pool.call(GetSurvey(survey_id=survey.vendor_id, language=code)) for code in codes}
        quotas, refused = _quotas(pool, survey)
    mirror_content(survey, facts_of(definition, others) | {"quotas_refused": bool(refused)}, quotas, as_of=as_of)
    if refused:
        return gettext_stored("“%(name)s” is up to date, except for its quotas: %(why)s", name=survey.name, why=refused)
    return gettext_stored("“%(name)s” is up to date.", name=survey.name)


def _quotas(pool: ClientPool, survey: Survey) -> tuple[tuple[QuotaRecord, ...], Message]:
    """A survey's quotas, or the reason why they are missing: users may read a survey but not its quotas."""
    if not version_has(survey.org, GetQuotas):
        return (), ""
    try:
        return pool.call(GetQuotas(survey_id=survey.vendor_id)), ""
    except BadCredential:
        raise
    except Rejected as refusal:
        return (), reason_of(refusal)


def start_survey_refresh(org: Organisation, vendor_id: str) -> None:
    """Start a refresh after a change to a survey; with too many jobs, the next sync does it."""
    with suppress(TooManyJobs):
        start(org, SYNC_SURVEY, by=None, target=vendor_id, afresh=True)
