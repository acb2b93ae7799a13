"""What the frame around every page shows."""

from functools import partial
from operator import getitem
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.security import instance
from qxportal.ui.terms import SERVICE_PLACES, service_words


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the member, what the member may do, and the member's other organisations."""
    member: Member | None = getattr(request, "member", None)
    if member is None:
        return {"memberships": SimpleLazyObject(lambda: _memberships(request)), **_service()}
    return {
        **_service(),
        "member": member,
        "org": member.org,
        "can": {
            "read": member.may(Role.READER),
            "audit": member.may(Role.AUDITOR),
            "edit": member.may(Role.EDITOR),
            "admin": member.may(Role.ADMIN),
        },
        "copied": SimpleLazyObject(lambda: member.may(Role.ADMIN) and not instance.check().may_call),
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
    }


def _service() -> dict[str, Any]:
    """The service's name in each place that a sentence may have for it, asked for by the first sentence with one."""
    words: Any = SimpleLazyObject(service_words)
    return {place: SimpleLazyObject(partial(getitem, words, place)) for place in SERVICE_PLACES}


def _memberships(request: HttpRequest) -> list[Member]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return list(Member.objects.filter(user_id=user.pk).select_related("org").order_by("org__name"))
