"""Lists as files: the rows and columns of the page, inert in a spreadsheet, noted in the log."""

from collections.abc import Iterable, Sequence

from django.http import QueryDict, StreamingHttpResponse
from django.utils import timezone

from qxportal.accounts.audit import note
from qxportal.accounts.lists import ListState
from qxportal.accounts.models import Member
from qxportal.core.export import csv_file
from qxportal.core.filenames import file_name
from qxportal.core.listing import ListFilters


def wants_file(query: QueryDict) -> bool:
    """Whether the URL asks for the list as a file instead of a page."""
    return query.get("file") == "csv"


def list_file(
    member: Member,
    listing: ListFilters,
    named: Sequence[object],
    columns: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    target: str = "",
    state: ListState | None = None,
    of: Sequence[str] = (),
) -> StreamingHttpResponse:
    """All rows that match as a CSV file; the log notes who took which list along, never what was searched for.

    `of` names for each column of the file the one of the page that it belongs to (empty for what is always there):
    where the member chose columns, the file has the same ones.
    """
    filters = ", ".join(f"{each.label}: {each.selected}" for each in listing.active)
    words = " · ".join(filter(None, [" ".join(map(str, named)), filters]))
    note(member.org, by=member, verb="list.exported", target=target, words=words)
    stamp = f"{timezone.localtime():%Y-%m-%d %H.%M}"
    if state is not None and state.chosen is not None and state.hidden:
        places = [place for place, name in enumerate(of) if name not in state.hidden]
        columns, rows = [columns[place] for place in places], ([row[place] for place in places] for row in rows)
    return csv_file(file_name([*named, member.org.name, stamp], "csv"), columns, rows)
