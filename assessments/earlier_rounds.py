"""The earlier round with which reports of an assessment are compared: the server's state, and choosing a round."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.intents import record_about
from assessments.models import Assessment, Thresholds
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.comparisons import SetComparison
from qxportal.ui.stored_messages import gettext_stored

EARLIER, APART = "earlier_round", "not_compared"  # keys in the values that a member saw
THREE_SIXTY = Assessment.Type.THREE_SIXTY


def compares(org: Organisation) -> bool:
    """Whether the server may support comparisons: it has not recently rejected the request as unknown."""
    return may_ask(org, SetComparison)


def told_comparison(assessment: Assessment) -> dict[str, Any]:
    """The server's record of the earlier round and the statements of both rounds; empty if there is none."""
    found = Thresholds.objects.filter(assessment=assessment).values_list("comparison", flat=True).first()
    return dict(found or {})


def earlier_rounds(assessment: Assessment) -> QuerySet[Assessment]:
    """The assessments with which reports can be compared: those that were activated before this one."""
    before = assessment.activated_at or timezone.now()
    rows = Assessment.objects.filter(org=assessment.org, type=THREE_SIXTY, gone_at=None, activated_at__lt=before)
    return rows.exclude(pk=assessment.pk).order_by("-activated_at", "pk")


def seen(org: Organisation, comparison: Mapping[str, Any]) -> dict[str, Any]:
    """A choice as members see it: the name of the earlier round, and the excluded statements."""
    vendor_id = comparison.get("earlier_id") or ""
    known = Assessment.objects.filter(org=org, vendor_id=vendor_id).values_list("name", flat=True).first()
    return {EARLIER: known or vendor_id, APART: sorted(comparison.get("not_compared") or ())}


def set_earlier_round(
    assessment: Assessment,
    earlier: Assessment | None,
    not_compared: Collection[str],
    *,
    by: Member,
    intent: uuid.UUID | None = None,
) -> Change:
    """Compare reports with those of an earlier round, but for some statements, or with none (qxSetComparison)."""
    intent = intent or uuid.uuid4()
    told = told_comparison(assessment)
    wanted = {"earlier_id": earlier.vendor_id if earlier else "", "not_compared": sorted(set(not_compared))}
    if not recorded(assessment.org, intent):
        _check(assessment, earlier)
        if seen(assessment.org, told) == seen(assessment.org, wanted):
            raise ActionRefused(_("Nothing was changed."))
    call = SetComparison(
        assessment_id=assessment.vendor_id,
        earlier_id=earlier.vendor_id if earlier else None,
        not_compared=tuple(wanted["not_compared"]),
    )
    title = gettext_stored("Set the earlier round of “%(name)s”", name=assessment.name)
    return record_about(
        assessment,
        call,
        "comparison",
        title,
        by=by,
        intent=intent,
        expected_values=seen(assessment.org, told),
    )


def _check(assessment: Assessment, earlier: Assessment | None) -> None:
    if assessment.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
    if assessment.type != THREE_SIXTY:
        raise ActionRefused(_("Only 360 feedback has reports that can be compared."))
    if not compares(assessment.org):
        raise ActionRefused(_("The connected survey service does not offer this."))
    if earlier is not None and not earlier_rounds(assessment).filter(pk=earlier.pk).exists():
        raise ActionRefused(_("Choose an assessment that was activated before this one."))
