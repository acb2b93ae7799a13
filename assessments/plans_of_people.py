"""Plans that add and change people in the directory; undo restores values and removes added people."""

import uuid
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.finished_forms import FORMS, UPDATES, forms_stay, forms_updates, with_forms
from assessments.imports import directory_import
from assessments.managers_not_found import managers_not_found
from assessments.models import Evaluation, Subject
from assessments.person_commands import removal_of, why_not_removable
from assessments.plan_places import directory_place
from directory.commands import can_update, change_of, creation_of
from directory.models import Person
from directory.people_rows import YES_OR_NO, people_lines
from directory.person_edits import IDENTITY, field_value
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.humanize import OF_METADATA, field_label
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.registry import PlanKind, newest_key, newest_version
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.catalogue import UPLOAD_LIMIT
from qxportal.threesixty.csv import to_csv
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

BATCH = 2_000
ROOM = UPLOAD_LIMIT - 256 * 1024  # of one file, before the next one begins
COLUMNS = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "unique_id": "UniqueIdentifier",
    "user_name": "UserName",
}


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines for each row."""
    lines = people_lines(plan, rows)
    return with_forms(lines) if plan.options.get(UPDATES) else lines


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """New people as files below 8 MB, each changed or removed person alone."""
    added = [line for line in lines if line.action == Action.ADD]
    yield from _imports(plan, [line for line in added if not _external(line)])
    for line in added:
        if _external(line):
            yield _creation(line), [line]
    others = [line for line in lines if line.action != Action.ADD and not line.key.startswith(FORMS)]
    for start in range(0, len(others), BATCH):
        part = others[start : start + BATCH]
        rows = Person.objects.filter(org=plan.org, vendor_id__in=[line.key for line in part]).select_related("org")
        there = {person.vendor_id: person for person in rows}
        for line in part:
            person = there.get(line.key)
            if person is None:
                continue
            if line.action == Action.CHANGE:
                yield change_of(person, line.old, line.new, intent=uuid.uuid4()), [line]
            else:
                yield removal_of(person, intent=uuid.uuid4()), [line]
    yield from forms_updates(plan, lines)


def _imports(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Files of new people, each below the most that the API takes."""
    metadata = list(dict.fromkeys(name for line in lines for name in line.new if name.startswith(OF_METADATA)))
    titles = [*COLUMNS.values(), *(name.removeprefix(OF_METADATA) for name in metadata)]
    fields = [*COLUMNS, *metadata]
    head = len(to_csv(titles, []).encode())
    part: list[PlanLine] = []
    rows: list[list[str]] = []
    size = head
    for line in lines:
        row = [str(line.new.get(name, "")) for name in fields]
        length = len(to_csv(row, []).encode())
        if part and size + length > ROOM:
            yield _import(plan, titles, rows, part[0].number), part
            part, rows, size = [], [], head
        part.append(line)
        rows.append(row)
        size += length
    if part:
        yield _import(plan, titles, rows, part[0].number), part


def _external(line: PlanLine) -> bool:
    """Whether a new person is external, for which files have no column."""
    return bool(YES_OR_NO.get(line.new.get("external", "")))


def _creation(line: PlanLine) -> Intent:
    new = line.new
    metadata = {name.removeprefix(OF_METADATA): value for name, value in new.items() if name.startswith(OF_METADATA)}
    return creation_of(
        uuid.uuid4(),
        new["first_name"],
        new["last_name"],
        new["email"],
        external=True,
        metadata=metadata,
        user_name=new.get("user_name"),
    )


def _import(plan: Plan, titles: Sequence[str], rows: Sequence[Sequence[str]], first: int) -> Intent:
    return Intent(
        call=directory_import(titles, rows),
        target=f"people:{plan.pk}:{first}",
        title=ngettext_stored("Add %(n)s person to the directory", "Add %(n)s people to the directory", len(rows)),
    )


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Restore values that are still as the plan set them, and remove added people who take part in no assessment."""
    why_not = why_not_removable(plan.org)
    for start in range(0, len(done), BATCH):
        part = done[start : start + BATCH]
        added = _by_address(plan, [line.new.get("email", "") for line in part if line.action == Action.ADD])
        keys = [line.key for line in part if line.action == Action.CHANGE]
        changed = {one.vendor_id: one for one in Person.objects.filter(org=plan.org, vendor_id__in=keys, gone_at=None)}
        for line in part:
            if line.key.startswith(FORMS):
                yield forms_stay(line)
            elif line.action == Action.ADD:
                yield _leaving(line, added.get(line.new.get("email", ""), []), why_not)
            elif line.action == Action.CHANGE:
                yield _back(line, changed.get(line.key))
            else:
                reason = gettext_stored("Removed people do not come back; add them again.")
                yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason)


def _by_address(plan: Plan, addresses: Sequence[str]) -> dict[str, list[Person]]:
    """People who have the addresses now."""
    evaluates = Evaluation.objects.filter(evaluator=OuterRef("pk"), gone_at=None)
    assessed = Subject.objects.filter(person=OuterRef("pk"), gone_at=None)
    rows = Person.objects.filter(org=plan.org, email__in=addresses, gone_at=None)
    found: dict[str, list[Person]] = {}
    for person in rows.annotate(busy=Exists(evaluates) | Exists(assessed)):
        found.setdefault(person.email, []).append(person)
    return found


def _leaving(line: PlanLine, people: Sequence[Person], why_not: str) -> Line:
    if len(people) > 1:
        reason = gettext_stored("Several people have this address, so no one is removed.")
        return Line(Action.REFUSE, line.key, line.label, line.row, reason=reason)
    person = people[0] if people else None
    if person is None:
        reason = gettext_stored("No longer in the directory.")
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason)
    if person.busy:  # type: ignore[attr-defined]  # annotated
        reason = gettext_stored("Takes part in an assessment now, so the person stays.")
        return Line(Action.SKIP, person.vendor_id, line.label, line.row, reason=reason)
    if why_not:
        return Line(Action.REFUSE, person.vendor_id, line.label, line.row, reason=why_not)
    return Line(
        Action.REMOVE,
        person.vendor_id,
        line.label,
        line.row,
        old={name: field_value(person, name) for name in IDENTITY},
        undoable=Undoable.NO,
        undo_note=gettext_stored("Removed people do not come back; add them again."),
        about=person.vendor_id,
    )


def _back(line: PlanLine, person: Person | None) -> Line:
    if person is None:
        reason = gettext_stored("No longer in the directory.")
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason)
    still = [name for name, value in line.new.items() if field_value(person, name) == value]
    if not still:
        reason = gettext_stored("All of these values have changed since.")
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.key)
    left = [str(field_label(name)) for name in line.new if name not in still]
    stays = gettext_stored("Changed since, so not restored: %(fields)s.", fields=", ".join(left))
    return Line(
        Action.CHANGE,
        line.key,
        line.label,
        line.row,
        reason=stays if left else "",
        old={name: line.new[name] for name in still},
        new={name: line.old.get(name, "") for name in still},
        about=line.key,
    )


def check(plan: Plan, by: Member) -> None:
    """Changes of people need a version of the API that has them."""
    if plan.lines.filter(action=Action.CHANGE).exists() and not can_update(plan.org):
        raise ActionRefused(_("The API version of the credential cannot change people. Use version 2.4 or later."))


def mark(plan: Plan) -> str:
    """The newest version of the directory, and its newest person, who has no version yet."""
    return f"{newest_version(plan.org, 'person')}.{newest_key(Person.objects.filter(org=plan.org))}"


def listings(plan: Plan) -> tuple[str, ...]:
    """The directory, if people were added by a file; a person created alone is mirrored at once."""
    return ("persons",) if plan.lines.filter(change__request="importPersons").exists() else ()


def verb(plan: Plan) -> str:
    """The words of the button."""
    if plan.options.get(UPDATES):
        return ngettext("Apply %(n)s line", "Apply %(n)s lines", plan.acting) % {"n": plan.acting}
    return ngettext("Apply to %(n)s person", "Apply to %(n)s people", plan.acting) % {"n": plan.acting}


PEOPLE = PlanKind(
    name="people",
    label=_("People of the directory"),
    validate=validate,
    intents=intents,
    undo=undo,
    listings=listings,
    mark=mark,
    check=check,
    verb=verb,
    place=directory_place,
    template="assessments/_plan_people.html",
    context=managers_not_found,
)
