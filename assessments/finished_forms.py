"""Details of people in the forms that they finished: brought up to date with an import, where that was chosen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assessments.imports import directory_import
from directory.models import Person
from directory.person_edits import field_value
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

UPDATES = "update_responses"  # the option of a plan
FORMS = "forms:"  # begins the key of a line about the finished forms of a person
IDENTITY = {"first_name": "FirstName", "last_name": "LastName", "email": "Email"}
BATCH = 500  # rows of one change


def with_forms(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines of a plan, and after each that changes a person's details another one about the finished forms.

    No line says whether a person has finished forms: that would tell who has answered.
    """
    reason = gettext_stored("Forms that this person has finished get these details, too.")
    note = gettext_stored("What the forms say now is not kept.")
    for line in lines:
        yield line
        details = {name: value for name, value in line.new.items() if name.startswith(OF_METADATA)}
        if line.action == Action.CHANGE and details:
            old = {name: line.old.get(name, "") for name in details}
            key = FORMS + line.key
            yield replace(
                line, key=key, reason=reason, old=old, new=details, undoable=Undoable.NO, undo_note=note, data={}
            )


def forms_updates(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Imports of the people whose forms get other details, after the people themselves were changed."""
    identity = {
        line.key: {name: line.new[name] for name in IDENTITY if name in line.new}
        for line in lines
        if line.action == Action.CHANGE and not line.key.startswith(FORMS)
    }
    about = [line for line in lines if line.key.startswith(FORMS)]
    for start in range(0, len(about), BATCH):
        part = about[start : start + BATCH]
        found = Person.objects.filter(org=plan.org, gone_at=None, vendor_id__in=[line.about for line in part])
        people = {person.vendor_id: person for person in found}
        kept = [line for line in part if line.about in people]
        if kept:
            fields = list(dict.fromkeys(name for line in kept for name in line.new))
            rows = [_row(people[line.about], identity.get(line.about, {}), line, fields) for line in kept]
            yield _import(plan, fields, rows, kept[0].number), kept


def _row(person: Person, changed: dict[str, str], line: PlanLine, fields: Sequence[str]) -> list[str]:
    """The person as it is after the plan; what it does not change stays empty, and so as it is."""
    named = [changed.get(name) or field_value(person, name) for name in IDENTITY]
    return [person.vendor_id, *named, *(line.new.get(name, "") for name in fields)]


def _import(plan: Plan, fields: Sequence[str], rows: Sequence[Sequence[str]], first: int) -> Intent:
    titles = ["UniqueIdentifier", *IDENTITY.values(), *(name.removeprefix(OF_METADATA) for name in fields)]
    return Intent(
        call=directory_import(titles, rows, by_id=True, forms=True),
        target=f"forms:{plan.pk}:{first}",
        title=ngettext_stored(
            "Update the finished forms of %(n)s person", "Update the finished forms of %(n)s people", len(rows)
        ),
    )


def forms_stay(line: PlanLine) -> Line:
    """Undo leaves finished forms as they are."""
    reason = gettext_stored("Finished forms keep the details that they have now.")
    return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
