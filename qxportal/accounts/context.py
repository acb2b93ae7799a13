"""Template context of the frame around every page."""

from functools import partial
from operator import getitem
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.postgresql.prepared import Prepared
from qxportal.security import instance
from qxportal.ui.terms import SERVICE_PLACES, service_words

MEMBERSHIPS = Prepared(
    lambda values: (
        Member.objects.filter(user=values["user"], org__archived_at=None).select_related("org").order_by("org__name")
    ),
    user=int,
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the member, the member's rights, and the member's other organisations."""
    member: Member | None = getattr(request, "member", None)
    if member is None:
        return {"memberships": SimpleLazyObject(lambda: _memberships(request)), "first_run": first_run, **_service()}
    return {
        **_service(),
        "list_state": (state := getattr(request, "list_state", None)),
        "hidden_columns": state.hidden if state else {},
        "page_base": "panel.html"
        if getattr(getattr(request, "htmx", None), "target", None) == "panel"
        else "base.html",
        "member": member,
        "org": member.org,
        "connecting": SimpleLazyObject(lambda: _connecting(member.org)),
        "can": {
            "read": member.may(Role.READER),
            "audit": member.may(Role.AUDITOR),
            "edit": member.may(Role.EDITOR),
            "admin": member.may(Role.ADMIN),
        },
        "copied": SimpleLazyObject(lambda: member.may(Role.ADMIN) and not instance.check().may_call),
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
    }


def first_run() -> dict[str, str] | None:
    """The operator's command that creates the first organisation; None once there is one."""
    if Organisation.objects.exists():
        return None
    engine = _engine()
    option = "" if engine is None else " --engine https://HOST" if engine else " --engine"  # visible to strangers
    return {"command": f"manage.py organisation create NAME --slug SLUG --owner MAIL{option}"}


def _connecting(org: Organisation) -> str:
    """The operator's command that connects an organisation to an engine of ours; empty if none is allowed."""
    engine = _engine()
    return "" if engine is None else f"manage.py organisation connect {org.slug} {engine}".rstrip()


def _engine() -> str | None:
    """Address of the engine to use: empty for the one on this machine; None if none is allowed."""
    if settings.ENGINE_ALLOWED:
        return ""
    elsewhere = next(iter(sorted(settings.ENGINE_HOSTS)), "")
    return f"https://{elsewhere}" if elsewhere else None


def _service() -> dict[str, Any]:
    """The service's name in each grammatical position, looked up when first used."""
    words: Any = SimpleLazyObject(service_words)
    return {place: SimpleLazyObject(partial(getitem, words, place)) for place in SERVICE_PLACES}


def _memberships(request: HttpRequest) -> list[Member]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return MEMBERSHIPS.all(user=user.pk)
