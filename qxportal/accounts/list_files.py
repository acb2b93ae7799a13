"""Lists as files: the rows and columns of the page, inert in a spreadsheet, recorded in the log."""

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
    """Whether the URL requests the list as a file."""
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
    """All matching rows as a CSV file; the log records the member and the list, never the search words.

    `of` gives the page's column for each column of the file (empty for one that is always included): if the member
    chose columns, the file has the same ones.
    """
    filters = ", ".join(f"{each.label}: {each.selected}" for each in listing.active)
    words = " · ".join(filter(None, [" ".join(map(str, named)), filters]))
    note(member.org, by=member, verb="list.exported", target=target, words=words)
    stamp = f"{timezone.localtime():%Y-%m-%d %H.%M}"
    if state is not None and state.chosen is not None and state.hidden:
        places = [place for place, name in enumerate(of) if name not in state.hidden]
        columns, rows = [columns[place] for place in places], ([row[place] for place in places] for row in rows)
    return csv_file(file_name([*named, member.org.name, stamp], "csv"), columns, rows)
