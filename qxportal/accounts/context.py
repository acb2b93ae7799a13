"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the member and the member's other organisations."""
    member = getattr(request, "member", None)
    if member is None:
        return {}
    return {"member": member, "org": member.org}
