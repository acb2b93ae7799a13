"""Earlier groups of reports as the page of relationships shows them, and puts them back while no report was given."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.forms import translations_text
from assessments.models import Assessment, ReportGroupVersion

MOST = 50  # versions on the page


@dataclass(frozen=True)
class Earlier:
    """One version as the page shows it."""

    version: ReportGroupVersion
    current: bool
    chosen: Sequence[tuple[str, str]]  # the group of each relationship that the assessment has
    named: Sequence[tuple[str, str]]  # names in other languages by group
    lost: Sequence[str]  # relationships that the assessment no longer has


def versions_of(assessment: Assessment, relationships: Sequence[str]) -> list[Earlier]:
    """The newest versions; `relationships` are those that can be grouped today."""
    found = ReportGroupVersion.objects.filter(assessment=assessment).order_by("-pk")[:MOST]
    return [_shown(one, relationships, current=number == 0) for number, one in enumerate(found)]


def _shown(version: ReportGroupVersion, relationships: Sequence[str], *, current: bool) -> Earlier:
    inside = {name: group["Name"] for group in version.groups for name in group["Relationships"]}
    return Earlier(
        version,
        current,
        [(name, inside.get(name, "")) for name in relationships],
        [(group["Name"], translations_text(group.get("Translations", {}))) for group in version.groups],
        [name for name in inside if name not in relationships],
    )
