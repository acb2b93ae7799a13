"""Personal details in finished evaluations: updated by an import if that was chosen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assessments.imports import directory_import, import_call
from directory.models import Person
from directory.person_edits import field_value
from qxportal.ledger.models import Action, Change, Plan, PlanLine, Undoable
from qxportal.ledger.models.changes import rows_left
from qxportal.ledger.outbox.handlers import ParsedResult, parse_created
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ledger.outbox.ignored_rows import FIRST
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.csv import read_rows, to_csv
from qxportal.threesixty.records import ImportOutcome
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

UPDATES = "update_responses"  # the option of a plan
FORMS = "forms:"  # begins the key of a line about the finished forms of a person
IDENTITY = {"first_name": "FirstName", "last_name": "LastName", "email": "Email"}
NEEDS = "needs"  # in a line's data: the key of the person's own line, which has to be done first
BATCH = 500  # rows of one change


def with_forms(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines of a plan, each change of personal details followed by a line about finished evaluations.

    No line says whether a person has finished evaluations: that would reveal who has answered.
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
                line,
                key=key,
                reason=reason,
                old=old,
                new=details,
                undoable=Undoable.NO,
                undo_note=note,
                data={NEEDS: line.key},
            )


def forms_updates(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Imports for people whose finished evaluations get new details, after the people themselves were changed."""
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
    """The person's row after the plan; unchanged fields stay empty, and so keep their values."""
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


def import_of(change: Change) -> ImportPersons:
    """The import for a change; it leaves out people whose own change failed.

    When it is sent, all earlier changes of people have ended.
    """
    call, left = import_call(change), _left_out(change)
    if not left:
        return call
    header, *rows = read_rows(call.file_contents.encode())
    kept = [row for place, row in enumerate(rows) if place not in left]
    return replace(call, file_contents=to_csv(header, kept))


def parse_import(change: Change, answer: object) -> ParsedResult:
    """Which rows of an import were not taken, by their places among its lines; also those that were left out."""
    parsed, left = parse_created(change, answer), _left_out(change)
    if not left or not isinstance(answer, ImportOutcome):
        return parsed
    sent = [place for place in range(change.plan_lines.count()) if place not in left]
    refused = [(sent[row.row - FIRST], row.reason) for row in answer.ignored if 0 <= row.row - FIRST < len(sent)]
    stays = gettext_stored("Not sent: the change of this person’s details did not go through.")
    rows = sorted([*refused, *((place, stays.stored()) for place in left)], key=lambda pair: pair[0])
    count = max(answer.ignored_count, len(refused)) + len(left)
    ignored = [{"row": FIRST + place, "reason": reason} for place, reason in rows]
    result = {**parsed.result, "ignored_count": count, "ignored": ignored}
    return replace(parsed, result=result, attention_message=rows_left(count))


def _left_out(change: Change) -> set[int]:
    """Positions of rows about people whose own plan line was not carried out; empty for other imports."""
    if not change.target.startswith(FORMS):
        return set()
    lines = list(change.plan_lines.order_by("number").values_list("plan_id", "data"))
    needs = [data.get(NEEDS, "") for _plan, data in lines]
    plans = {plan for plan, _data in lines}
    done = PlanLine.objects.filter(plan__in=plans, key__in=needs, state=PlanLine.State.DONE)
    made = {"", *done.values_list("key", flat=True)}
    return {place for place, key in enumerate(needs) if key not in made}


def forms_stay(line: PlanLine) -> Line:
    """Undo leaves finished evaluations unchanged."""
    return left_alone(line, gettext_stored("Finished evaluations keep the details that they have now."))
