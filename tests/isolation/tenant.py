"""An organisation with its members and rows."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
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
    sessions: dict[Role, str] = field(default_factory=dict)  # of members who are signed in for all tests

    def sign_in(self) -> None:
        """Let each member be signed in, as they are in each browser from now on."""
        self.sessions = {role: self.browser(role).cookies[settings.SESSION_COOKIE_NAME].value for role in Role}

    def browser(self, role: Role) -> Client:
        """A browser that is signed in as the member with that role."""
        if role in self.sessions:
            client = Client()
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
            return client
        now = int(time.time())
        return signed_in(self.members[role].user, began=now, used=now)
