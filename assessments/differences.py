"""Differences between two versions of a mirrored row, with the screens' labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from assessments.forms import OPTIONS
from assessments.models import Assessment
from directory.mirror import METADATA
from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Version
from qxportal.threesixty.strict_json import Json
from qxportal.ui.dates import date_time, short_date
from qxportal.ui.labels import FIELDS, RELATIONSHIPS, STATES
from surveys.models import Survey

LONGEST = 300
MAPS = ("metadata", "workflow_options")
IN_COLUMNS = frozenset(METADATA.values())  # of the further data
NOTHING = "–"


@dataclass(frozen=True)
class Difference:
    """One field with its earlier and its later value."""

    label: str
    before: str
    after: str


class Words:
    """Turns stored values into words; knows the surveys that the versions name."""

    def __init__(self, org: Organisation, versions: Iterable[Version], *, answering: bool) -> None:
        self.answering = answering
        named = {
            side["survey_id"]
            for version in versions
            for side in (version.columns, version.after)
            if "survey_id" in side
        }
        rows = Survey.objects.filter(org=org, vendor_id__in=named) if named else Survey.objects.none()
        self.surveys: dict[str, str] = dict(rows.values_list("vendor_id", "name"))

    def differences(self, version: Version) -> list[Difference]:
        """How the version and the next one differ."""
        if version.event == Version.Event.ADDED:
            return []
        return self.between(version.kind, version.columns, version.columns | version.after)

    def between(self, kind: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
        """How two versions of a row differ, in the fields that the member may see."""
        hidden = () if self.answering else mirrored_models()[kind].answering
        found: list[Difference] = []
        for name, label in FIELDS[kind].items():
            was, now = before.get(name), after.get(name)
            if was == now or name in hidden:
                continue
            if name in MAPS:
                found += _in_map(_as_map(was), _as_map(now))
            else:
                found.append(Difference(str(label), self.said(kind, name, was), self.said(kind, name, now)))
        return found

    def said(self, kind: str, name: str, value: Json) -> str:
        """One value in words."""
        if value in (None, "", [], {}):
            return NOTHING
        badges = STATES.get("report" if name == "report_status" else kind, {}) if name.endswith("status") else {}
        if isinstance(value, str) and value in badges:
            return str(badges[value].label)
        if name == "relationship":
            return str(RELATIONSHIPS.get(str(value), str(value)))
        if name == "type":
            return str(dict(Assessment.Type.choices).get(str(value), str(value)))
        if name == "survey_id":
            return self.surveys.get(str(value), str(value))
        if name.endswith("_at"):
            return _time(str(value), day_only=kind == "evaluation")
        return _plain(value)


def _in_map(was: Mapping[str, Json], now: Mapping[str, Json]) -> Iterable[Difference]:
    for key in dict.fromkeys((*was, *now)):
        before, after = _plain(was.get(key)), _plain(now.get(key))
        if before != after and key not in IN_COLUMNS:
            yield Difference(_key(key), before, after)


def _key(key: str) -> str:
    return str(OPTIONS.get(key, key))


def _plain(value: Json) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return _short(", ".join(_plain(part) for part in value))
    if isinstance(value, dict):
        return _short(str(value.get("Name") or ", ".join(f"{k}: {_plain(v)}" for k, v in value.items())))
    return _short(str(value))


def _as_map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _time(value: str, *, day_only: bool) -> str:
    when = parse_datetime(value)
    if when is None:
        return value
    return short_date(when) if day_only else date_time(when)
