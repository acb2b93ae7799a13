"""Commands on saved views of lists and on a member's chosen columns."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.accounts.audit import note
from qxportal.accounts.commands import NotAllowed
from qxportal.accounts.lists import KINDS, MOST_CHARACTERS, NONE, ListKind, kept_query, may_change
from qxportal.accounts.models import Member, Organisation, SavedView
from qxportal.accounts.roles import Role

MOST_OWN, MOST_SHARED = 100, 300
UNKNOWN = gettext_lazy("This list cannot be saved as a view. Open the list and try again.")


def list_at(org: Organisation, path: str) -> ListKind | None:
    """The kind of the list at a path of the organisation; None if no list is there."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    if found.kwargs.get("org") != org.slug:
        return None
    return KINDS.get(getattr(found.func, "list_kind", ""))


def save_view(member: Member, path: str, query: str, *, name: str, shared: bool) -> SavedView:
    """Save a list's present state under a name."""
    kind = list_at(member.org, path)
    if kind is None or len(path) > 300:
        raise NotAllowed(UNKNOWN)
    kept = _kept(query)
    if shared:
        _check_shares(member)
    with transaction.atomic():
        view = SavedView(org=member.org, owner=member, kind=kind.name, path=path, name=name, query=kept, shared=shared)
        _check_room(view)
        _saved(view)
        if shared:
            _note(view, member, "view.shared")
    return view


def change_view(
    view: SavedView, *, by: Member, name: str | None = None, shared: bool | None = None, query: str | None = None
) -> None:
    """Rename a view, share it or make it private, or update its query; omitted arguments change nothing."""
    if not may_change(view, by):
        raise NotAllowed(_("Only the owner of a shared view and administrators can change it."))
    was = view.shared
    if shared and not was:
        _check_shares(by)
    if shared is False and was and view.owner_id != by.pk:
        raise NotAllowed(_("Only the owner of a view can make it private."))
    with transaction.atomic():
        view.name = view.name if name is None else name
        view.shared = was if shared is None else shared
        view.query = view.query if query is None else _kept(query)
        if view.shared != was:
            _check_room(view)
        _saved(view)
        if was or view.shared:
            _note(view, by, "view.changed" if was == view.shared else "view.shared" if view.shared else "view.unshared")


def delete_view(view: SavedView, *, by: Member) -> None:
    """Delete a view; lists that opened with it open without one."""
    if not may_change(view, by):
        raise NotAllowed(_("Only the owner of a shared view and administrators can delete it."))
    with transaction.atomic():
        if view.shared:
            _note(view, by, "view.deleted")
        view.delete()


def set_default(member: Member, kind: ListKind, view: SavedView | None) -> None:
    """Set or clear the default view of the member's lists of a kind."""
    _keep(member, kind, "view", view.pk if view else None)


def set_columns(member: Member, kind: ListKind, columns: tuple[str, ...]) -> None:
    """Set the columns of the member's lists of a kind."""
    _keep(member, kind, "columns", None if columns == kind.usual else ".".join(columns) or NONE)


def _kept(query: str) -> str:
    """The parameters of a URL that a view stores; raises NotAllowed instead of truncating them."""
    kept = kept_query(QueryDict(query))
    if len(kept) > MOST_CHARACTERS:
        raise NotAllowed(UNKNOWN)
    return kept


def _keep(member: Member, kind: ListKind, name: str, value: Any) -> None:
    with transaction.atomic():
        locked = Member.objects.select_for_update().get(pk=member.pk)
        of_kind = {**locked.lists.get(kind.name, {}), name: value}
        locked.lists[kind.name] = {key: kept for key, kept in of_kind.items() if kept is not None}
        locked.save(update_fields=["lists"])
    member.lists = locked.lists


def _check_shares(member: Member) -> None:
    if not member.may(Role.EDITOR):
        raise NotAllowed(_("Only editors and administrators can share views."))


def _check_room(view: SavedView) -> None:
    beside = SavedView.objects.filter(org=view.org, shared=view.shared)
    number = (beside if view.shared else beside.filter(owner=view.owner)).count()
    if number >= (MOST_SHARED if view.shared else MOST_OWN):
        raise NotAllowed(_("There are too many views. Delete one that is no longer needed first."))


def _saved(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise NotAllowed(_("There is already a view with this name.")) from error


def _note(view: SavedView, by: Member, verb: str) -> None:
    note(view.org, by=by, verb=verb, target=view.name)
