"""Presentation of history: versions with the records concerned, by day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.differences import Difference, Words
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.ledger.models import Version
from qxportal.ui.labels import RELATIONSHIPS
from surveys.models import Survey


@dataclass(frozen=True)
class Thing:
    """The record of a version: its name, its place, and its page."""

    kind: str
    name: str
    place: str = ""
    url: str = ""


@dataclass(frozen=True)
class Entry:
    """One version as a page shows it."""

    version: Version
    thing: Thing
    part: str  # which part of the thing, if not all of it
    differences: list[Difference]

    @property
    def dated_only(self) -> bool:
        """Whether only the day may be shown."""
        return self.version.kind == "evaluation"


@dataclass
class Happenings:
    """Versions of one record on one day."""

    thing: Thing
    entries: list[Entry] = field(default_factory=list)


def entries(org: Organisation, versions: Iterable[Version], *, member: Member) -> list[Entry]:
    """Versions with their records and differences; a handful of queries for any number."""
    versions = list(versions)
    words = Words(org, versions, answering=sees_answering(member))
    things = _things(org, versions)
    made = []
    for version in versions:
        thing, part = things.get((version.kind, version.row_id)) or (Thing(version.kind, version.vendor_id), "")
        made.append(Entry(version, thing, part, words.differences(version)))
    return made


def by_day(shown: Iterable[Entry]) -> list[tuple[date, list[Happenings]]]:
    """Entries by day and record, newest first; those about answers last and by name: their order reveals nothing."""
    days: dict[date, dict[Thing, Happenings]] = {}
    for entry in shown:
        things = days.setdefault(timezone.localdate(entry.version.valid_to), {})
        things.setdefault(entry.thing, Happenings(entry.thing)).entries.append(entry)
    for things in days.values():
        for happenings in things.values():
            happenings.entries.sort(key=lambda entry: (entry.dated_only, entry.part if entry.dated_only else ""))
    return [(day, sorted(things.values(), key=_only_answers)) for day, things in days.items()]


def _only_answers(happenings: Happenings) -> tuple[bool, str]:
    only = all(entry.dated_only for entry in happenings.entries)
    return only, happenings.thing.name if only else ""


def _things(org: Organisation, versions: list[Version]) -> dict[tuple[str, int], tuple[Thing, str]]:
    ids: dict[str, set[int]] = {}
    for version in versions:
        ids.setdefault(version.kind, set()).add(version.row_id)

    def found(model: Any, *related: str) -> Any:
        wanted = ids.get(model._meta.model_name, set())
        rows = model.objects.filter(org=org, pk__in=wanted)
        return (rows.select_related(*related) if related else rows) if wanted else ()

    things: dict[tuple[str, int], tuple[Thing, str]] = {}
    for person in found(Person):
        page = reverse("assessments:person", args=(org.slug, person.pk))
        things["person", person.pk] = Thing("person", str(person), "", page), ""
    for survey in found(Survey):
        things["survey", survey.pk] = Thing("survey", survey.name), ""
    for assessment in found(Assessment):
        page = reverse("assessments:overview", args=(org.slug, assessment.pk))
        things["assessment", assessment.pk] = Thing("assessment", assessment.name, "", page), ""
    for subject in found(Subject, "assessment"):
        things["subject", subject.pk] = _subject(org, subject), ""
    for evaluation in found(Evaluation, "assessment", "subject__assessment"):
        words = {
            "who": evaluation.evaluator_name,
            "relationship": RELATIONSHIPS.get(evaluation.relationship, evaluation.relationship),
        }
        part = _("Evaluation by %(who)s (%(relationship)s)") % words
        thing = (
            _subject(org, evaluation.subject)
            if evaluation.subject
            else Thing("subject", evaluation.subject_key, evaluation.assessment.name)
        )
        things["evaluation", evaluation.pk] = thing, part
    return things


def _subject(org: Organisation, subject: Subject) -> Thing:
    page = reverse("assessments:subject", args=(org.slug, subject.assessment_id, subject.pk))
    return Thing("subject", str(subject), subject.assessment.name, page)
