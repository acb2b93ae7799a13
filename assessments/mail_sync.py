"""Reading the brand, or the mailings of one assessment, by itself: after a change, or when a member asks for it."""

from contextlib import suppress
from dataclasses import replace

from django.utils import timezone

from assessments.brand import forget_brand, mirror_brand, server_mails
from assessments.job_kinds import SYNC_BRAND, SYNC_MAILS
from assessments.mail_fetches import lenient
from assessments.mailings import forget_mailings, mirror_mailings
from assessments.message_texts import USABLE, libraries_of, mirror_texts
from assessments.models import Assessment
from assessments.thresholds import forget_thresholds, mirror_thresholds
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Organisation
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.library import GetLibraryMessage, GetLibraryMessages
from qxportal.threesixty.calls.mailings import GetBrand, GetMailings, GetMails
from qxportal.threesixty.calls.thresholds import GetThresholds
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, Rejected, ThreeSixtyError, TransientError, unknown_request
from qxportal.threesixty.records import MessageRecord
from qxportal.ui.stored_messages import Message, gettext_stored

MOST_TEXTS = 100  # of a library that are read
NO_MAILS = frozenset(  # the server's categories of texts that mailings cannot send
    ["INACTIVESURVEY", "ENDOFSURVEY", "VALIDATION", "LOOKANDFEEL", "EMAILSUBJECT", "TSSUBJECTLINE", "TICKET"]
) | {"SMSINVITE", "SMSREMINDER", "SMSTHANKYOU"}


@job(SYNC_BRAND)
def sync_brand(job: Job) -> Message:
    """Mirror the brand; the work of its refresh."""
    org = job.org
    if not server_mails(org):
        forget_brand(org)
        return gettext_stored("The connected survey service does not offer this.")
    as_of = timezone.now()
    try:
        with client_for(org) as threesixty:
            record = threesixty.call(GetBrand())
    except TransientError:
        raise
    except ThreeSixtyError as problem:
        lenient(problem, lambda: forget_brand(org))
        raise
    mirror_brand(org, record, as_of=as_of)
    _read_thresholds(org)
    return gettext_stored("Brand and mail are up to date.")


def _read_thresholds(org: Organisation) -> None:
    """Which minimums hold now: the brand's raise those of assessments."""
    if not may_ask(org, GetThresholds):
        return
    as_of = timezone.now()
    try:
        with client_for(org) as threesixty:
            records = threesixty.call(GetThresholds())
    except TransientError:
        raise
    except ThreeSixtyError as problem:
        if unknown_request(problem):
            forget_thresholds(org)
            return
        raise
    mirror_thresholds(org, records, as_of=as_of)


def start_brand_refresh(org: Organisation) -> None:
    """Read the brand after something was written to it; with too many jobs, the next sync does it."""
    with suppress(TooManyJobs):
        start(org, SYNC_BRAND, by=None, afresh=True)


@job(SYNC_MAILS)
def sync_mails(job: Job) -> Message:
    """Mirror the mailings and mails of one assessment; the work of its refresh."""
    assessment = Assessment.objects.select_related("org").get(org=job.org, vendor_id=job.target)
    if not may_ask(job.org, GetMailings):
        forget_mailings(assessment)
        return gettext_stored("The connected survey service does not offer this.")
    as_of = timezone.now()
    try:
        with client_for(job.org) as threesixty:
            mails = threesixty.call(GetMails(assessment_id=assessment.vendor_id))
            mailings = threesixty.call(GetMailings(assessment_id=assessment.vendor_id))
            own, *others = libraries_of(assessment)
            texts = _texts(threesixty, own)
            shared = [(library, text) for library in others for text in _shared(threesixty, library)]
    except TransientError:
        raise
    except ThreeSixtyError as problem:
        lenient(problem, lambda: forget_mailings(assessment))
        raise
    mirror_mailings(assessment, mailings, mails, as_of=as_of)
    mirror_texts(assessment, texts, as_of=as_of, shared=shared)
    return gettext_stored("The messages of “%(name)s” are up to date.", name=assessment.name)


def _shared(threesixty: ThreeSixty, library: str) -> list[MessageRecord]:
    """Texts of a user's or group's library; empty if our API user may not read it."""
    try:
        return _texts(threesixty, library)
    except BadCredential:
        raise
    except Rejected:
        return []


def _texts(threesixty: ThreeSixty, library: str) -> list[MessageRecord]:
    """The texts of a library that mailings can send."""
    messages = threesixty.call(GetLibraryMessages(library_id=library))
    listed = [one for one in messages if one.bucket not in NO_MAILS][:MOST_TEXTS]
    records = [
        replace(
            threesixty.call(GetLibraryMessage(library_id=library, message_id=one.vendor_id)),
            vendor_id=one.vendor_id,
            name=one.name,
        )
        for one in listed
    ]
    return [record for record in records if record.category in USABLE]


def start_mails_refresh(org: Organisation, vendor_id: str) -> None:
    """Refresh an assessment's mailings after a change to them, if it is mirrored."""
    if Assessment.objects.filter(org=org, vendor_id=vendor_id).exists():
        with suppress(TooManyJobs):
            start(org, SYNC_MAILS, by=None, target=vendor_id, afresh=True)
