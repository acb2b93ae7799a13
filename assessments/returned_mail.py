"""Returned mail: the list on Home, and the refresh of mails with news at the server."""

from dataclasses import dataclass
from datetime import datetime

from assessments.brand import BrandFacts, brand_of
from assessments.mail_sync import start_brand_refresh, start_mails_refresh
from assessments.models import Assessment, Mailings
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation


@dataclass(frozen=True)
class Returned:
    """An assessment with people who did not receive their mail."""

    assessment: Assessment
    people: int
    last_at: datetime | None


def returned_mail(member: Member, brand: BrandFacts | None) -> list[Returned]:
    """Assessments with addresses to correct, if the member may see their mails."""
    if brand is None or not brand.returned:
        return []
    hidden = fence_of(member).assessments
    keys = [one.assessment_key for one in brand.returned if one.assessment_key not in hidden]
    rows = Assessment.objects.filter(org=member.org_id, vendor_id__in=keys, gone_at=None)
    found = {one.vendor_id: one for one in rows}
    return [
        Returned(found[one.assessment_key], one.people, one.last_at)
        for one in brand.returned
        if one.assessment_key in found
    ]


def look_after_correction(org: Organisation) -> None:
    """Refresh returned mails after a person's address was changed."""
    brand = brand_of(org)
    if brand is not None and brand.returned:
        start_brand_refresh(org)


def read_returned(org: Organisation) -> None:
    """Refresh mails of assessments with mails returned since the last refresh."""
    brand = brand_of(org)
    last = {one.assessment_key: one.last_at for one in brand.returned if one.last_at} if brand else {}
    if not last:
        return
    read = dict(Mailings.objects.filter(org=org).values_list("assessment__vendor_id", "seen_at"))
    for key, at in last.items():
        if key not in read or read[key] <= at:
            start_mails_refresh(org, key)
