"""External evaluators: people whom a plan adds to the directory before it asks them."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

from directory.commands import creation_of
from directory.people_rows import YES_OR_NO
from qxportal.ledger.models import Action, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import gettext_stored

NEW_PERSON = "person:"  # begins the key of a line that adds an external person, and the target of its change


def is_external(row: SourceRow) -> bool:
    """Whether a row marks its person as external."""
    return bool(YES_OR_NO.get(row.text("external").casefold(), False))


def person_line(row: SourceRow) -> Line:
    """The line that adds the row's person to the directory."""
    email = row.address("email")
    return Line(
        Action.ADD,
        NEW_PERSON + email,
        f"{row.text('first_name')} {row.text('last_name')}",
        row.row,
        reason=gettext_stored("Becomes an external person of the directory."),
        new={"email": email},
        undoable=Undoable.NO,
        undo_note=gettext_stored("The person stays in the directory."),
        data={"first_name": row.text("first_name"), "last_name": row.text("last_name")},
    )


def creations(lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """A change for each external person to add."""
    for line in lines:
        if line.action == Action.ADD and line.key.startswith(NEW_PERSON):
            names = (line.data["first_name"], line.data["last_name"], line.new["email"])
            made = creation_of(uuid.uuid4(), *names, external=True, metadata={})
            yield replace(made, target=line.key), [line]
