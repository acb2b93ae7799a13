"""Sync of the survey service's users."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from directory.job_kinds import SYNC_USERS
from directory.models import VendorUser
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Organisation
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job, ResourceSync
from qxportal.threesixty.calls.users import GetUserIDs
from qxportal.threesixty.records import UserRecord
from qxportal.ui.stored_messages import Message, gettext_stored

RESOURCE = "users"  # the listing with counts


@job(SYNC_USERS)
def sync_users(job: Job) -> Message:
    """Mirror the brand's users; handler of the refresh job."""
    as_of = timezone.now()
    with client_for(job.org) as threesixty:
        records = threesixty.call(GetUserIDs(include_user_stats=True))
    mirror_users(job.org, records, as_of=as_of)
    return gettext_stored("The users are up to date.")


def mirror_users(org: Organisation, records: Iterable[UserRecord], *, as_of: datetime) -> None:
    """Replace the mirrored listing; a newer one stays."""
    told = {record.vendor_id: record for record in records}
    with transaction.atomic():
        known = VendorUser.objects.filter(org=org)
        if known.filter(seen_at__gt=as_of).exists():
            return
        known.exclude(vendor_id__in=told).delete()
        VendorUser.objects.bulk_create(
            (
                VendorUser(
                    org=org,
                    vendor_id=record.vendor_id[:60],
                    user_name=record.user_name.replace("\x00", "")[:254],
                    surveys=record.surveys,
                    seen_at=as_of,
                )
                for record in told.values()
            ),
            update_conflicts=True,
            unique_fields=("org", "vendor_id"),
            update_fields=("user_name", "surveys", "seen_at"),
        )
        ResourceSync.objects.update_or_create(
            org=org, resource=RESOURCE, defaults={"rows": len(told), "seen_at": as_of, "tried_at": as_of}
        )


def start_users_refresh(org: Organisation) -> None:
    """Start a refresh after a change to a user, if users were ever read."""
    if VendorUser.objects.filter(org=org).exists():
        with suppress(TooManyJobs):
            start(org, SYNC_USERS, by=None, afresh=True)
