"""Pulling the surveys into the mirror."""

from django.utils import timezone

from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Pull
from qxportal.ledger.pulls import finish_pull
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.client import ThreeSixty
from surveys.mirror import mirror_surveys
from surveys.models import Survey


def pull_surveys(org: Organisation, threesixty: ThreeSixty) -> Pull:
    """Refresh the listing of surveys."""
    as_of = timezone.now()
    merged = mirror_surveys(org, threesixty.call(GetSurveys()), as_of=as_of)
    return finish_pull(Survey, org, "surveys", merged, as_of=as_of)
