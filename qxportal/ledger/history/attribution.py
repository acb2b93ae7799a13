"""Attribute a difference found by a sync to one of our own changes."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Change, Version

NAME = re.compile(r"[A-Z]{1,3}_\w+|[^@\s]+@[^@\s]+")  # one of the vendor's ids, or an address
DIRECTORY, ELSEWHERE = "", "-"  # instead of an assessment
REMOVING = ("removePerson", "deleteAssessment", "importPersons", "deleteUser")


class Claims:
    """Changes that may have caused differences, indexed by assessment and by the ids that they name."""

    def __init__(self, org: Organisation, changes: list[Change], *, since: datetime) -> None:
        self.since = since  # an older change explains only rows missing since then
        self.named: dict[tuple[str, str], list[Change]] = defaultdict(list)  # by assessment and id or address
        self.whole: dict[str, Change] = {}  # by assessment: the last change without named ids
        for change in changes:
            names = {text for text in _texts(change.parameters) if NAME.fullmatch(text)}
            for name in names | {change.assessment_id, change.vendor_id} - {""}:
                self.named[change.assessment_id, name].append(change)
            if not self._recent(change):
                continue
            if not any(name.startswith("P_") or "@" in name for name in names):
                if change.assessment_id:
                    self.whole[change.assessment_id] = change
                if change.request == "importPersons":  # of a file; it updates the directory
                    self.whole[DIRECTORY] = change
        ids = mirrored_models()["assessment"].objects.filter(org=org, vendor_id__in={c.assessment_id for c in changes})
        self.assessments: dict[int, str] = dict(ids.values_list("pk", "vendor_id"))
        self.written: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
        marked = Version.objects.filter(org=org, change__in=changes).order_by("pk")
        for kind, row, after in marked.values_list("kind", "row_id", "after"):
            self.written[kind, row] |= after

    def explain(self, version: Version, *, missing_since: datetime | None = None) -> Change | None:
        """The latest change that may have caused it, if any did; `missing_since` is when a row that is gone first was.

        A subject's removal or new status must be the purpose of a change; any other difference may be a side effect.
        """
        if self._takes_back(version):
            return None
        watched = version.kind == "subject" and (version.event == Version.Event.GONE or "status" in version.after)
        scopes = [self.assessments.get(version.assessment_id or 0, ELSEWHERE) if version.assessment_id else DIRECTORY]
        if version.kind in ("subject", "evaluation") and not watched:
            scopes.append(DIRECTORY)  # directory changes rename people in assessments, too
        found = [change for scope in scopes for key in _keys(version) for change in self.named.get((scope, key), ())]
        found = [change for change in found if self._in_time(change, missing_since)]
        found = [change for change in found if not _contradicts(change, version)]
        if found:
            return max(found, key=lambda change: change.number)
        may_follow = not watched and (version.assessment_id is not None or version.kind == "person")
        return self.whole.get(scopes[0]) if may_follow else None

    def _recent(self, change: Change) -> bool:
        return change.settled_at is None or change.settled_at >= self.since

    def _in_time(self, change: Change, missing_since: datetime | None) -> bool:
        """Whether the change is recent, or was sent before the row was first missing."""
        if self._recent(change):
            return True
        return missing_since is not None and change.sent_at is not None and change.sent_at <= missing_since

    def _takes_back(self, version: Version) -> bool:
        """Whether the version contradicts a value that we wrote; a different time of the same event does not."""
        set_by_us = self.written.get((version.kind, version.row_id), {})
        return any(
            name in set_by_us and set_by_us[name] != value and not (_is_time(value) and _is_time(set_by_us[name]))
            for name, value in version.after.items()
        )


def _keys(version: Version) -> list[str]:
    """The ids by which a change may name the row: its own, its people's, its user's."""
    if version.kind == "evaluation":
        return version.vendor_id.split("|")[:2]
    users = {side.get("user_id", "") for side in (version.columns, version.after)} - {""}
    return [version.vendor_id, *sorted(users)]


def _contradicts(change: Change, version: Version) -> bool:
    return any(
        isinstance(wanted := change.parameters.get(name), str) and wanted != value
        for name, value in version.after.items()
    )


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_datetime(value) is not None
    except ValueError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
