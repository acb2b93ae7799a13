"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.security import instance


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the member, what the member may do, and the member's other organisations."""
    member: Member | None = getattr(request, "member", None)
    if member is None:
        return {"memberships": SimpleLazyObject(lambda: _memberships(request))}
    return {
        "member": member,
        "org": member.org,
        "can": {
            "read": member.may(Role.READER),
            "audit": member.may(Role.AUDITOR),
            "edit": member.may(Role.EDITOR),
            "admin": member.may(Role.ADMIN),
        },
        "copied": SimpleLazyObject(lambda: member.may(Role.ADMIN) and not instance.look().may_call),
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
    }


def _memberships(request: HttpRequest) -> list[Member]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return list(Member.objects.filter(user_id=user.pk).select_related("org").order_by("org__name"))
