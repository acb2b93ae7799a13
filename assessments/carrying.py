"""Evaluators of an earlier assessment in a later one: without leavers, and with the managers of today."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from assessments.evaluation_lines import ADD, NOTE, Wanted
from assessments.hierarchy import ReportingLine
from directory.models import Person
from qxportal.threesixty.relationships import MANAGER, SELF
from qxportal.ui.stored_messages import gettext_stored


def carried_rows(
    assessment_id: str,
    subjects: Iterable[tuple[str, Person | None]],
    earlier: Mapping[str, Mapping[str, str]],
    people: Mapping[str, Person],
    line: ReportingLine,
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    absent: Mapping[str, Person | None] = MappingProxyType({}),
) -> Iterator[Wanted]:
    """Rows for the earlier assessment's evaluators of each subject (key and person), with differences as notes.

    `earlier` gives the relationships of evaluators by subject, `people` those evaluators still in the directory,
    `names` all earlier names; `absent` are earlier subjects missing in the later assessment, with their persons.
    """
    for key in sorted(absent):
        label = names.get(key) or str(absent[key] or key)
        if absent[key] is None:
            note = gettext_stored("Was a subject of the earlier assessment and has left the directory.")
        else:
            note = gettext_stored("Was a subject of the earlier assessment and is not a subject of this one.")
        yield Wanted(NOTE, assessment_id, key, note=note, label=label)
    for key, person in sorted(subjects, key=lambda pair: pair[0]):
        label = str(person or key)
        before = {who: name for who, name in earlier.get(key, {}).items() if name != SELF}
        if key not in earlier:
            note = gettext_stored("No subject of the earlier assessment.")
            yield Wanted(NOTE, assessment_id, key, note=note, label=label)
            continue
        manager = line.manager_of(person) if person is not None else None
        for who, relationship in sorted(before.items()):
            if who not in people:
                note = gettext_stored("An earlier evaluator has left the directory.")
                named = f"{names[who]} → {label}" if who in names else label
                yield Wanted(NOTE, assessment_id, key, who, note=note, label=named)
            elif relationship == MANAGER and manager is not None and manager.vendor_id != who:
                note = gettext_stored(
                    "The manager was %(before)s and now is %(now)s.", before=str(people[who]), now=str(manager)
                )
                yield Wanted(NOTE, assessment_id, key, who, note=note, label=label)
            elif manager is None or manager.vendor_id != who:
                yield Wanted(ADD, assessment_id, key, who, relationship)
        if manager is not None:
            if before.get(manager.vendor_id, MANAGER) != MANAGER:
                note = gettext_stored("%(now)s has become the manager since.", now=str(manager))
                yield Wanted(NOTE, assessment_id, key, manager.vendor_id, note=note, label=label)
            yield Wanted(ADD, assessment_id, key, manager.vendor_id, MANAGER)
