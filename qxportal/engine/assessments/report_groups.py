"""Report groups: relationships that share one line in reports.

A group is a line in reports, as a relationship is. Groups are fixed with the first edition of any subject of the
assessment: a later change would reveal, by subtraction, whose answers are in which line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.assessments.relationships import MOST, names_of, squeeze
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Assessment, Edition
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF

PARAMETER = "Groups"
ALL_OTHERS = "AllOthers"  # the name of the merged line of thin groups
NAMED = frozenset({"Name", "Translations", "Relationships"})


@dataclass(frozen=True)
class ReportGroup:
    """A report group: its name, the relationships in it, and translations of the name by language."""

    name: str
    relationships: tuple[str, ...]
    translations: Mapping[str, str] = field(default_factory=dict)


def groups_of(assessment: Assessment) -> list[ReportGroup]:
    """The groups that were set, with the relationships that still exist."""
    if not assessment.report_groups:
        return []
    there = {*names_of(assessment), PEER, DIRECT_REPORT}
    groups = [
        ReportGroup(
            row["Name"], tuple(name for name in row["Relationships"] if name in there), dict(row["Translations"])
        )
        for row in assessment.report_groups
    ]
    return [group for group in groups if group.relationships]


def group_names(assessment: Assessment) -> dict[str, str]:
    """Relationship -> group, for relationships in a group."""
    return {name: row["Name"] for row in assessment.report_groups for name in row["Relationships"]}


def together(assessment: Assessment, relationship: str) -> list[str]:
    """The relationships that share a report line with this one, itself included."""
    names = group_names(assessment)
    group = names.get(relationship)
    return [relationship] if group is None else [name for name, other in names.items() if other == group]


def line_names(assessment: Assessment) -> list[str]:
    """Possible names of report lines."""
    names = group_names(assessment)
    return list(
        dict.fromkeys(names.get(name, name) for name in (SELF, MANAGER, PEER, DIRECT_REPORT, *names_of(assessment)))
    )


def fixed(assessment: Assessment) -> bool:
    """Whether the groups can no longer change because a report was given."""
    return Edition.objects.filter(series__assessment_key=assessment.public_id).exists()


def set_groups(assessment: Assessment, given: object) -> None:
    """Set the assessment's report groups; raises Conflict after the first report, Invalid for unusable groups."""
    wanted = _read(assessment, given)
    if fixed(assessment):
        raise Conflict("ETS3", "A report of this assessment was given: which relationships stand together is decided.")
    assessment.report_groups = [
        {"Name": one.name, "Translations": dict(one.translations), "Relationships": list(one.relationships)}
        for one in wanted
    ]
    assessment.save(update_fields=["report_groups"])


def _read(assessment: Assessment, given: object) -> Sequence[ReportGroup]:
    if not isinstance(given, list) or len(given) > MOST:
        raise Invalid(PARAMETER, f"A list of at most {MOST} groups is expected.")
    known = {squeeze(name): name for name in (*names_of(assessment), PEER, DIRECT_REPORT)}
    groups, taken, placed = [], {squeeze(SELF), squeeze(MANAGER), squeeze(ALL_OTHERS)}, set[str]()
    for item in given:
        group = _group(item, known)
        if squeeze(group.name) in taken or placed.intersection(group.relationships):
            raise Invalid(PARAMETER, f"{group.name} is reserved or named twice, or one of its relationships is.")
        if (own := known.get(squeeze(group.name))) and own not in group.relationships:
            raise Invalid(PARAMETER, f"{group.name} is a relationship that does not stand in this group.")
        taken.add(squeeze(group.name))
        placed.update(group.relationships)
        groups.append(group)
    return groups


def _group(item: object, known: Mapping[str, str]) -> ReportGroup:
    if not isinstance(item, dict) or set(item) - NAMED:
        raise Invalid(PARAMETER, "Every group is a map with Name, Relationships and, perhaps, Translations.")
    name, inside, said = item.get("Name"), item.get("Relationships"), item.get("Translations") or {}
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100 or ":" in name:
        raise Invalid(PARAMETER, "Every group needs a name of at most 100 characters, without a colon.")
    if not isinstance(inside, list) or not inside or not all(isinstance(one, str) for one in inside):
        raise Invalid(PARAMETER, f"{name.strip()} needs a list of relationships.")
    if not isinstance(said, dict) or not all(
        isinstance(text, str) and len(text) <= 200 and len(language) <= 10 for language, text in said.items()
    ):
        raise Invalid(PARAMETER, f"The translations of {name.strip()} are a map from language to text.")
    unknown = [one for one in inside if squeeze(one) not in known]
    if unknown:
        raise Invalid(PARAMETER, f"{unknown[0][:60]} is no relationship that may stand in a group.")
    return ReportGroup(name.strip(), tuple(dict.fromkeys(known[squeeze(one)] for one in inside)), said)
