"""The log of changes: which ones a page or a file shows, by the filters in the URL."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.accounts.models import Member
from qxportal.core.export import MOST_ROWS
from qxportal.core.listing import ListFilters, read_filters, words_of
from qxportal.ledger import selectors
from qxportal.ledger.models import Change, Job
from qxportal.ui.labels import REQUESTS, STATES

DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91}
CHUNK = 2_000
JOB_COLUMNS = (
    gettext_lazy("Job"),
    gettext_lazy("Kind"),
    gettext_lazy("State"),
    gettext_lazy("Done"),
    gettext_lazy("Failed"),
    gettext_lazy("Total"),
    gettext_lazy("Started by"),
    gettext_lazy("Started (UTC)"),
)
OF_JOBS = ("", "progress", "state", "progress", "progress", "progress", "by", "started")  # columns of the page
COLUMNS = (
    gettext_lazy("Made (UTC)"),
    gettext_lazy("By"),
    gettext_lazy("Action"),
    gettext_lazy("Change"),
    gettext_lazy("State"),
    gettext_lazy("Reason"),
    gettext_lazy("Error code"),
    gettext_lazy("Identifier"),
    gettext_lazy("Assessment"),
    gettext_lazy("Sent (UTC)"),
    gettext_lazy("Ended (UTC)"),
    gettext_lazy("Request"),
    gettext_lazy("Number"),
)


def read_activity(query: QueryDict, member: Member, *, assessment_id: str = "") -> ListFilters:
    """The filters in force: outcome, what, who, when, and in which assessment unless it is given."""
    filters: dict[str, Any] = {
        "state": (_("State"), words_of(Change.State.choices)),
        "request": (_("Action"), selectors.requests_made(member)),
        "by": (_("Member"), selectors.makers(member)),
        "since": (
            _("Made"),
            {
                "day": _("in the last day"),
                "week": _("in the last week"),
                "month": _("in the last month"),
                "quarter": _("in the last quarter"),
            },
            _("at any time"),
        ),
    }
    if not assessment_id:
        filters["assessment"] = (_("Assessment"), selectors.assessments_changed(member))
    return read_filters(query, **filters)


def activity(member: Member, listing: ListFilters, *, assessment_id: str = "") -> QuerySet[Change]:
    """Changes that match the filters."""
    rows = selectors.changes(member)
    rows = listing.apply(rows, state="state", request="request", by="made_by")
    if listing["since"]:
        rows = rows.filter(created_at__gte=timezone.now() - timedelta(days=DAYS[listing["since"]]))
    within = assessment_id or listing["assessment"]
    return rows.filter(assessment_id=within) if within else rows


def lines(rows: QuerySet[Change], *, by: Sequence[str] = ("-number",)) -> Iterator[Sequence[object]]:
    """Rows of the exported file, at most 100,000."""
    for change in rows.order_by(*by)[:MOST_ROWS].iterator(CHUNK):
        moments = [f"{at:%Y-%m-%d %H:%M:%S}" if at else "" for at in (change.sent_at, change.settled_at)]
        yield (
            f"{change.created_at:%Y-%m-%d %H:%M:%S}",
            change.made_by_name,
            REQUESTS.get(change.request, change.request),
            change.title,
            STATES["change"][change.state].label,
            change.attention_message or change.status_message,
            change.vendor_code,
            change.vendor_id,
            change.assessment_name or change.assessment_id,
            *moments,
            change.request,
            change.number,
        )


def job_lines(rows: QuerySet[Job], *, by: Sequence[str] = ("-pk",)) -> Iterator[Sequence[object]]:
    """Rows of jobs for export, at most 100,000."""
    for job in rows.order_by(*by)[:MOST_ROWS].iterator(CHUNK):
        state = STATES["job"].get(job.shown_state)
        yield (
            job,
            job.purpose.label,
            state.label if state else job.shown_state,
            job.done,
            job.failed,
            job.total,
            job.started_by_name,
            f"{job.created_at:%Y-%m-%d %H:%M:%S}",
        )
