"""Managers named in an import of people who will not be in the directory after it."""

from collections.abc import Mapping
from typing import Any

from directory.mirror import METADATA
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.ledger.models import Plan
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.humanize import OF_METADATA

FIELD = f"{OF_METADATA}{METADATA['manager_email']}"
NAMED = 10  # addresses that the page lists
ASKED = 1_000  # addresses in one query


def managers_not_found(member: Member, plan: Plan) -> Mapping[str, Any]:
    """The addresses of these managers, for the page of the plan."""
    missing = sorted(_missing(plan))
    return {"missing": len(missing), "missing_named": missing[:NAMED], "missing_more": max(0, len(missing) - NAMED)}


def _missing(plan: Plan) -> set[str]:
    columns = plan.source.get("columns")
    if columns is not None and FIELD not in dict(columns):  # saves a scan of all lines
        return set()
    lines = plan.lines.filter(action__in=ACTING)
    found = {str(one).strip().lower() for one in lines.values_list(f"new__{FIELD}", flat=True).distinct() if one}
    wanted = sorted(found)
    for start in range(0, len(wanted), ASKED):
        there = Person.objects.filter(org=plan.org, gone_at=None, email__in=wanted[start : start + ASKED])
        found.difference_update(there.values_list("email", flat=True))
    if found:
        found -= {str(one).lower() for one in lines.values_list("new__email", flat=True).distinct() if one}
    return found
