"""Our own calls about personal links; other servers answer that there is no such request."""

from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.records.links import LinkRecord


@dataclass(frozen=True, kw_only=True)
class GetLink(Call[LinkRecord]):
    """Get the state of a person's links, never a link (qxGetLink)."""

    request = "qxGetLink"

    person_id: str = param("PersonID")

    def read(self, answer: Any) -> LinkRecord:
        """The person's record."""
        return LinkRecord.read(answer)


@dataclass(frozen=True, kw_only=True)
class EndLinks(Call[LinkRecord]):
    """End all links and codes of a person, and sign the person's devices out (qxEndLinks)."""

    request = "qxEndLinks"
    retry_policy = RetryPolicy.STATE

    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> LinkRecord:
        """The state of the links afterwards."""
        return LinkRecord.read(answer)

    def read_back(self) -> Call[Any]:
        """The state of the links."""
        return GetLink(person_id=self.person_id)

    def shows(self, found: Any) -> bool | None:
        """Whether they were ended with this key."""
        if not isinstance(found, LinkRecord) or not self.idempotency_key:
            return None
        return found.key == self.idempotency_key
