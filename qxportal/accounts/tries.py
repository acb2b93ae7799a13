"""Limits an organisation's failed attempts with a credential.

A vendor locks an account after a few wrong tokens from anyone. So an organisation must not keep trying other
organisations' API users: the limit is three refused tokens in a quarter of an hour for one API user, counted over all
organisations that have never signed in as it, and separately for each one that has. The message does not reveal
which organisation was refused, nor whether the user exists.
"""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from qxportal.accounts.models import CredentialTries, Organisation

PERIOD = timedelta(minutes=15)
MOST = 3  # for one API user
MOST_OF_ALL = 10  # of one organisation, over all API users


def too_many(org: Organisation, host: str, api_user: str) -> bool:
    """Whether the organisation has to wait before it tries an unproven token."""
    key = _key(host, api_user)
    lately = CredentialTries.objects.filter(since__gt=timezone.now() - PERIOD)
    own = CredentialTries.objects.filter(org=org, key=key)
    if own.filter(succeeded_at__isnull=False).exists():
        by_whom = lately.filter(org=org, key=key)
    else:
        by_whom = lately.filter(key=key, succeeded_at=None)
    return _sum(by_whom) >= MOST or _sum(lately.filter(org=org)) >= MOST_OF_ALL


def note_refusal(org: Organisation, host: str, api_user: str) -> None:
    """Record a refused token."""
    now = timezone.now()
    with transaction.atomic():
        row, _ = CredentialTries.objects.select_for_update().get_or_create(org=org, key=_key(host, api_user))
        if row.since <= now - PERIOD:
            row.since, row.refused = now, 0
        row.refused += 1
        row.save(update_fields=["since", "refused"])
    CredentialTries.objects.filter(org=org, succeeded_at=None, since__lt=now - PERIOD).delete()


def note_success(org: Organisation, host: str, api_user: str) -> None:
    """Record that the organisation signed in as that API user."""
    CredentialTries.objects.update_or_create(
        org=org, key=_key(host, api_user), defaults={"succeeded_at": timezone.now(), "refused": 0}
    )


def _sum(rows: QuerySet[CredentialTries]) -> int:
    return int(rows.aggregate(found=Sum("refused"))["found"] or 0)


def _key(host: str, api_user: str) -> str:
    return hashlib.sha256(f"{host}\0{api_user.strip().lower()}".encode()).hexdigest()
