"""People named in a table who are not in the directory: why they cannot be added, and the rows that add them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from assessments.imports import STILL_OPEN
from assessments.models import Assessment
from qxportal.ledger.models import Plan, PlanLine
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.enums import ImportType
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

COLUMNS = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "unique_id": "UniqueIdentifier",
}
NEW = "new:"  # key prefix of lines about people who are not in the directory
BATCH = 1_000  # rows of one change


def why_no_one_new(row: SourceRow) -> Message:
    """The reason why an unknown person cannot be added to the directory; empty if possible."""
    try:
        validate_email(row.address("email"))
    except ValidationError:
        return gettext_stored("Enter an e-mail address such as anna@example.com.")
    if not (row.text("first_name") and row.text("last_name")):
        return gettext_stored("Not in the directory. Import people first, or give first and last name in columns.")
    return ""


def new_name(row: SourceRow) -> str:
    """First and last name of an unknown person."""
    return f"{row.text('first_name')} {row.text('last_name')}".strip() or row.text("email")


def new_row(row: SourceRow) -> dict[str, str]:
    """The row of an import that adds the person to the directory."""
    values = {title: row.text(name) for name, title in COLUMNS.items()}
    return {**values, "Email": row.address("email")}


def imports_of(
    plan: Plan, assessment: Assessment, lines: Sequence[PlanLine], kind: ImportType
) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Files that add people to the directory and to the assessment."""
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        rows: list[Mapping[str, Any]] = [line.data["row"] for line in part]
        call = ImportPersons(
            assessment_id=assessment.vendor_id,
            type=kind,
            file_contents=to_csv(list(COLUMNS.values()), [[row[name] for name in COLUMNS.values()] for row in rows]),
            clean_import=False,
            clear_relationships=False,
            update_responses=False,
            no_hierarchy_update=True,
        )
        title = ngettext_stored(
            "Add %(n)s new person to “%(name)s”", "Add %(n)s new people to “%(name)s”", len(part), name=assessment.name
        )
        intent = Intent(
            call=call,
            target=f"{assessment.vendor_id}:new:{plan.pk}:{part[0].number}",
            title=title,
            expected_values={STILL_OPEN: True},
            assessment_id=assessment.vendor_id,
            assessment_name=assessment.name,
        )
        yield intent, part
