"""Kinds of lists, and the state of an opened list: its columns and saved view.

`?view=7` opens a saved view. Links on that page (other filters, the next page, the file) carry the whole query and
`from=7`, so that the view does not override the member's changes to the list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from qxportal.accounts.access import MemberRequest
from qxportal.accounts.models import Member, Organisation, SavedView
from qxportal.accounts.roles import Role

P = ParamSpec("P")
View = Callable[Concatenate[MemberRequest, Organisation, P], HttpResponseBase]

STEPS = ("cursor", "count", "file", "view", "from")  # parameters of a URL that are not part of a view
NONE = "none"  # value of `columns` for the first column only
MOST_KEYS, MOST_CHARACTERS = 30, 2000


@dataclass(frozen=True)
class ListKind:
    """Lists with the same columns and filters, such as the subject lists of all assessments."""

    name: str
    label: Any
    columns: Mapping[str, Any] = field(default_factory=dict)  # columns that can be hidden, with their headings
    extra: frozenset[str] = frozenset()  # columns hidden by default
    least: Role = Role.READER  # minimum role

    @property
    def usual(self) -> tuple[str, ...]:
        """The default columns."""
        return tuple(name for name in self.columns if name not in self.extra)

    def columns_in(self, value: str) -> tuple[str, ...] | None:
        """The known columns in a query string's value; None if there are none."""
        wanted = set(value.split("."))
        found = tuple(name for name in self.columns if name in wanted)
        return found if found or value == NONE else None


KINDS: dict[str, ListKind] = {}


def views_for(member: Member) -> QuerySet[SavedView]:
    """Views that a member sees: own ones and those shared with the organisation."""
    return SavedView.objects.filter(Q(shared=True) | Q(owner=member), org=member.org)


def kept_query(query: QueryDict) -> str:
    """The parameters of a query string that belong to a view, in a fixed order."""
    names = [name for name in sorted(query) if name not in STEPS and query.get(name)]
    return urlencode([(name, str(query[name])) for name in names[:MOST_KEYS]])


class ListState:
    """A list as opened by a member."""

    def __init__(self, kind: ListKind, member: Member, path: str, query: QueryDict) -> None:
        self.kind, self.member, self.path, self.query = kind, member, path, query
        self.view: SavedView | None = None
        number = _number(query.get("view") or query.get("from"))
        self.in_view = bool(number)  # whether the URL names a view, which may be deleted
        if number:
            self.view = next((view for view in self.views if view.pk == number), None)
        if self.view and query.get("view"):
            self.query = self._opened(self.view)

    @cached_property
    def views(self) -> list[SavedView]:
        """Views for lists of this kind, by name; loaded lazily, once."""
        return list(views_for(self.member).filter(kind=self.kind.name).order_by("name", "pk"))

    @cached_property
    def own(self) -> list[SavedView]:
        """The member's private views."""
        return [view for view in self.views if not view.shared]

    @cached_property
    def shared(self) -> list[SavedView]:
        """The organisation's views."""
        return [view for view in self.views if view.shared]

    @property
    def default(self) -> int:
        """Primary key of the member's default view for the list; 0 for none."""
        return int(self._kept.get("view") or 0)

    @property
    def chosen(self) -> tuple[str, ...] | None:
        """The columns in the query string or, without them, the member's choice; None for the default columns."""
        asked = self.kind.columns_in(self.query.get("columns", ""))
        kept = self._kept.get("columns")
        return asked if asked is not None or not isinstance(kept, str) else self.kind.columns_in(kept)

    @cached_property
    def hidden(self) -> dict[str, bool]:
        """The hidden columns."""
        shown = self.kind.usual if self.chosen is None else self.chosen
        return {name: True for name in self.kind.columns if name not in shown}

    @property
    def choices(self) -> list[tuple[str, Any, bool]]:
        """Each column that can be hidden: its name, heading, and whether it is shown."""
        return [(name, label, name not in self.hidden) for name, label in self.kind.columns.items()]

    @property
    def kept(self) -> str:
        """The query string, with columns, that a view of the current list would store."""
        chosen = self.chosen
        if chosen is None:
            return kept_query(self.query)
        query = self.query.copy()
        query["columns"] = ".".join(chosen) or NONE
        return kept_query(query)

    @property
    def changed(self) -> bool:
        """Whether the list differs from the opened view."""
        return self.view is not None and kept_query(self.query) != self.view.query

    @property
    def saves(self) -> bool:
        """Whether the member may change the opened view."""
        return self.view is not None and may_change(self.view, self.member)

    @property
    def plain(self) -> str:
        """URL of the list without a view."""
        return f"{self.path}?from=0" if self.default else self.path

    @property
    def address(self) -> str:
        """URL of the list in its present state."""
        query = self.query.copy()
        for name in ("cursor", "count", "file"):
            query.pop(name, None)
        return f"{self.path}?{query.urlencode()}" if query else self.path

    @property
    def _kept(self) -> dict[str, Any]:
        kept = self.member.lists.get(self.kind.name) if isinstance(self.member.lists, dict) else None
        return kept if isinstance(kept, dict) else {}

    def _opened(self, view: SavedView) -> QueryDict:
        query = QueryDict(view.query, mutable=True)
        for name in self.query:
            if name != "view":
                query[name] = str(self.query[name])
        query["from"] = str(view.pk)
        return query


def may_change(view: SavedView, member: Member) -> bool:
    """Whether a member may rename, change or delete a view: its owner, and administrators for shared ones."""
    if not view.shared:
        return view.owner_id == member.pk
    return member.may(Role.ADMIN) or (view.owner_id == member.pk and member.may(Role.EDITOR))


def listed(kind: ListKind) -> Callable[[View[P]], View[P]]:
    """Give a list view the columns and saved views of its kind; goes below the access check.

    Without parameters the list opens with the member's default view.
    """
    KINDS[kind.name] = kind

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def page(request: MemberRequest, org: Organisation, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            state = ListState(kind, request.member, request.path, request.GET)
            if not request.META.get("QUERY_STRING") and not request.htmx and state.default:
                if any(one.pk == state.default for one in state.views):
                    return HttpResponseRedirect(f"{request.path}?view={state.default}")
            elif "view" in request.GET:
                if state.view is None:
                    messages.warning(request, _("This view was deleted or is no longer shared with you."))
                else:
                    request.GET = state.query  # type: ignore[assignment]
            request.list_state = state
            return view(request, org, *args, **kwargs)

        page.list_kind = kind.name  # type: ignore[attr-defined]
        return cast(View[P], page)

    return decorate


def row_of(kind: ListKind) -> Callable[[View[P]], View[P]]:
    """Give a row that is swapped alone the columns of its list; goes below the access check."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def row(request: MemberRequest, org: Organisation, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                around = urlsplit(getattr(request.htmx, "current_url", None) or "")
            except ValueError:  # an invalid URL, such as http://[
                around = urlsplit("")
            state = ListState(kind, request.member, around.path, QueryDict(around.query[:MOST_CHARACTERS]))
            request.list_state = state
            return view(request, org, *args, **kwargs)

        return cast(View[P], row)

    return decorate


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
