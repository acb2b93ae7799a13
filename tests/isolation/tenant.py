"""An organisation with its members and rows."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from tests.support.tenants import signed_in

PDF = b"%PDF-1.7\nA report.\n%%EOF\n"


@dataclass
class Tenant:
    """One organisation, a member and a signed-in browser per role, and one row of each kind."""

    org: Organisation
    word: str  # stands in every text of this organisation
    members: dict[Role, Member] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def browser(self, role: Role) -> Client:
        """A browser that is signed in as the member with that role."""
        now = int(time.time())
        return signed_in(self.members[role].user, began=now, used=now)
