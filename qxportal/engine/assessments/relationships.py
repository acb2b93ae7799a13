"""Relationships between evaluator and subject: four built-in ones and an assessment's own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from qxportal.engine.http.api_responses import php_map
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Assessment, Evaluation, Person, Relationship
from qxportal.engine.people.confidential import about
from qxportal.threesixty.relationships import BUILT_IN, DIRECT_REPORT, MANAGER, PEER

MOST = 50


@dataclass(frozen=True)
class Definition:
    """A custom relationship as requested by a caller."""

    name: str
    translations: Mapping[str, str] = field(default_factory=dict)


def squeeze(name: str) -> str:
    """The name without spaces and case, so that `Direct report` equals DirectReport."""
    return "".join(name.split()).casefold()


def definitions(given: object, *, parameter: str) -> list[Definition]:
    """Read a list of names, a list of objects, or a map from id to either."""
    if given is None:
        return []
    if isinstance(given, dict):
        given = [given] if "Name" in given else list(given.values())
    if not isinstance(given, list):
        raise Invalid(parameter, "A list of relationships is expected.")
    if len(given) > MOST:
        raise Invalid(parameter, f"At most {MOST} relationships are possible.")
    found = [_definition(item, parameter) for item in given]
    taken = {squeeze(name) for name in BUILT_IN}
    for definition in found:
        key = squeeze(definition.name)
        if key in taken:
            raise Invalid(parameter, f"{definition.name} is built in or named twice.")
        taken.add(key)
    return found


def _definition(item: object, parameter: str) -> Definition:
    if isinstance(item, str):
        item = {"Name": item}
    name = item.get("Name") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(name, str) or not 0 < len(name.strip()) <= 100:
        raise Invalid(parameter, "Every relationship needs a name of at most 100 characters.")
    translations = item.get("Translations") or {}
    if not isinstance(translations, dict) or not all(
        isinstance(text, str) and len(text) <= 200 and len(language) <= 10 for language, text in translations.items()
    ):
        raise Invalid(parameter, f"The translations of {name.strip()} are a map from language to text.")
    return Definition(name.strip(), translations)


def replace(
    assessment: Assessment, wished: Sequence[Definition], *, parameter: str, own_ids: Collection[int] = frozenset()
) -> None:
    """Replace the assessment's custom relationships; raises if one that is dropped has evaluations.

    Messages do not count evaluations by others about the persons `own_ids`.
    """
    names = {definition.name for definition in wished}
    for group in assessment.report_groups:
        if any(squeeze(name) == squeeze(group["Name"]) and name not in group["Relationships"] for name in names):
            raise Invalid(parameter, f"{group['Name']} is the name of a group of reports.")
    _refuse_used([name for name in names_of(assessment) if name not in names], assessment, parameter, own_ids)
    assessment.relationships.exclude(name__in=names).delete()
    for position, definition in enumerate(wished):
        Relationship.objects.update_or_create(
            assessment=assessment,
            name=definition.name,
            defaults={"translations": dict(definition.translations), "position": position},
        )


def _refuse_used(removed: Iterable[str], assessment: Assessment, parameter: str, own_ids: Collection[int]) -> None:
    used = (
        Evaluation.objects.filter(assessment=assessment, relationship__in=list(removed))
        .values_list("relationship")
        .annotate(told=Count("pk", filter=~about(own_ids)))
        .order_by("relationship")
    )
    if used:
        words = ", ".join(f"{name} ({count} evaluations)" if count else name for name, count in used)
        raise Invalid(parameter, f"Relationships in use cannot be removed: {words}.")


def natural_relationship(subject: Person, other: Person) -> str:
    """The relationship of a person to a subject according to the directory."""
    if subject.manager_id == other.pk:
        return MANAGER
    return DIRECT_REPORT if other.manager_id == subject.pk else PEER


def names_of(assessment: Assessment) -> list[str]:
    """Names of the custom relationships in order."""
    return [relationship.name for relationship in assessment.relationships.all()]


def listed(assessment: Assessment) -> list[dict[str, object]]:
    """The custom relationships as the API writes them."""
    return [
        {"Name": relationship.name, "Translations": php_map(relationship.translations)}
        for relationship in assessment.relationships.all()
    ]
