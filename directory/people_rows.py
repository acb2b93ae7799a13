"""Rows about people of the directory: whom each means, and what it would change; compared with the mirror at once."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from directory.commands import why_no_address
from directory.joins import own_keys
from directory.person_edits import IDENTITY
from qxportal.accounts.models import Organisation
from qxportal.core.searching import folded
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.outbox.humanize import OF_METADATA, field_label
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import CLEAR, SourceRow
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored

LONGEST = {"first_name": 200, "last_name": 200, "email": 254, "unique_id": 100, "user_name": 254}
METADATA_LONGEST = 1_000
# Most addresses; Django's slower check decides on the others.
PLAIN = re.compile(r"[a-z0-9_+'-]+(\.[a-z0-9_+'-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}")
YES_OR_NO = {"yes": True, "no": False, "": None}
KNOWN = """
    SELECT vendor_id, first_name, last_name, email, user_name, user_id, external, metadata,
        COALESCE(raw->>'ExternalDataReference', ''), sort_name
    FROM directory_person WHERE gone_at IS NULL AND id IN (
        SELECT id FROM directory_person WHERE org_id = %(org)s AND email = ANY(%(emails)s::text[])
        UNION SELECT id FROM directory_person WHERE org_id = %(org)s AND vendor_id = ANY(%(ids)s::text[])
        UNION SELECT id FROM directory_person WHERE org_id = %(org)s AND sort_name = ANY(%(names)s::text[])
        UNION SELECT id FROM directory_person WHERE org_id = %(org)s AND %(strange)s::bool AND email ~ '[^ -~]'
        UNION SELECT id FROM directory_person
            WHERE org_id = %(org)s AND cardinality(%(ids)s::text[]) > 0
            AND raw->>'ExternalDataReference' = ANY(%(ids)s::text[]))
"""


class Known(NamedTuple):
    """A person of the directory."""

    vendor_id: str
    first_name: str
    last_name: str
    email: str
    user_name: str
    user_id: str
    external: bool
    metadata: dict[str, Any]
    unique_id: str
    sort_name: str

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def value(self, name: str) -> str:
        """What the directory has in a field."""
        if name.startswith(OF_METADATA):
            return str(self.metadata.get(name.removeprefix(OF_METADATA), ""))
        return str(getattr(self, name))


@dataclass
class Directory:
    """The people whom some rows may mean, by all that names them."""

    by_email: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, Known] = field(default_factory=dict)  # the vendor's, and the organisation's own
    by_looks: dict[str, Known] = field(default_factory=dict)  # by the folded address
    by_name: dict[str, Known] = field(default_factory=dict)

    def add(self, known: Known) -> None:
        """Take a person in."""
        if known.email:
            self.by_email[known.email].append(known)
            self.by_looks.setdefault(folded(known.email), known)
        self.by_id[known.vendor_id] = known
        if known.unique_id:
            self.by_id.setdefault(known.unique_id, known)
        self.by_name.setdefault(known.sort_name, known)


def look_up(org: Organisation, emails: Iterable[str], ids: Iterable[str], names: Iterable[str] = ()) -> Directory:
    """The people with one of these addresses, identifiers or folded names, and those with look-alike addresses."""
    addresses = {email for email in emails if email}
    wanted: dict[str, Any] = {
        "org": org.pk,
        "emails": sorted(addresses | {folded(email) for email in addresses}),
        "ids": sorted({one for one in ids if one}),
        "names": sorted({name for name in names if name}),
        "strange": bool(addresses),
    }
    directory = Directory()
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, wanted)
        for row in cursor.fetchall():
            directory.add(Known._make([*row[:7], _as_map(row[7]), *row[8:]]))
    return directory


def _as_map(metadata: Any) -> dict[str, Any]:
    metadata = json.loads(metadata) if isinstance(metadata, str) else metadata  # Django leaves JSON to its fields
    return metadata if isinstance(metadata, dict) else {}


def people_lines(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """What becomes of each row of a list of people."""
    rows = list(rows)
    names = (folded(f"{row.text('last_name')} {row.text('first_name')}".strip()) for row in rows)
    directory = look_up(
        plan.org,
        (row.address("email") for row in rows),
        (row.text("unique_id") for row in rows),
        names,
    )
    reader = _Reader(plan, directory)
    for row in rows:
        yield reader.line(row)


class _Reader:
    """Turns rows into lines; knows what earlier rows said."""

    def __init__(self, plan: Plan, directory: Directory) -> None:
        self.directory = directory
        self.existing = str(plan.options.get("existing", "update"))
        self.by_unique_id = plan.options.get("match", "unique_id") == "unique_id"
        self.own = own_keys(plan.made_by) if plan.made_by else frozenset()
        self.no_address = why_no_address(plan.made_by) if plan.made_by else ""
        self.seen_ids: dict[str, int | None] = {}
        self.seen_looks: dict[str, tuple[str, int | None]] = {}

    def line(self, row: SourceRow) -> Line:
        """What becomes of one row."""
        email, invisible = row.seen_address("email")
        unique_id = row.text("unique_id")
        label = f"{row.text('first_name')} {row.text('last_name')}".strip() or email or unique_id
        problem = row.problem or self._problem(row, email, unique_id)
        if problem:
            return Line(Action.REFUSE, f"row:{row.row}", label, row.row, reason=problem, new=_texts(row))
        found, problem = self._found(email, unique_id)
        if problem:
            return Line(Action.REFUSE, f"row:{row.row}", label, row.row, reason=problem, new=_texts(row))
        warnings = [gettext_stored("Invisible characters were taken out of the address.")] if invisible else []
        if found is None:
            return self._addition(row, email, unique_id, label, warnings)
        return self._change(row, found, email, unique_id, warnings)

    def _problem(self, row: SourceRow, email: str, unique_id: str) -> Message:
        """Why the row cannot be used whatever the directory says."""
        if not email and not unique_id:
            return gettext_stored("There is neither an e-mail address nor a unique id.")
        if email and not _valid(email):
            return gettext_stored("%(text)s is not an e-mail address.", text=email[:100])
        if any(row.values.get(name) is CLEAR for name in (*IDENTITY, "unique_id", "user_name", "external")):
            return gettext_stored("Only metadata can be cleared.")
        if row.text("external") not in YES_OR_NO:
            return gettext_stored("External is “%(text)s”; write yes or no.", text=row.text("external")[:50])
        for name, value in row.values.items():
            most = LONGEST.get(name, METADATA_LONGEST)
            if isinstance(value, str) and len(value) > most:
                return gettext_stored(
                    "%(field)s has more than %(most)s characters.", field=field_label(name), most=most
                )
        if unique_id:
            if unique_id in self.seen_ids:
                return gettext_stored("Row %(row)s has the same unique id.", row=self.seen_ids[unique_id])
            self.seen_ids[unique_id] = row.row
        looks = folded(email)
        earlier = self.seen_looks.setdefault(looks, (email, row.row)) if email else (email, row.row)
        if earlier[0] != email:
            return gettext_stored("The address looks like that of row %(row)s and is another one.", row=earlier[1])
        return ""

    def _found(self, email: str, unique_id: str) -> tuple[Known | None, Message]:
        """The one person that is meant, none for a new one; or why that is not clear."""
        with_id = self.directory.by_id.get(unique_id) if unique_id else None
        at = self.directory.by_email.get(email, [])
        if with_id is not None and (self.by_unique_id or with_id in at or not email):
            others = [one for one in at if one.vendor_id != with_id.vendor_id]
            if others:
                return None, gettext_stored(
                    "%(address)s is the address of %(name)s.", address=email, name=str(others[0])
                )
            return with_id, ""
        if len(at) > 1:
            return None, ngettext_stored(
                "%(n)s person has this address. Give the unique id.",
                "%(n)s people have this address. Give the unique id.",
                len(at),
            )
        if not at:
            if with_id is not None:
                return None, gettext_stored(
                    "The unique id is that of %(name)s, whose address is another one.", name=str(with_id)
                )
            return None, ""
        if unique_id and at[0].unique_id and unique_id not in (at[0].unique_id, at[0].vendor_id):
            return None, gettext_stored(
                "%(address)s is the address of %(name)s, who has the unique id %(id)s.",
                address=email,
                name=str(at[0]),
                id=at[0].unique_id,
            )
        return at[0], ""

    def _addition(self, row: SourceRow, email: str, unique_id: str, label: str, warnings: list[Any]) -> Line:
        new = {name: text for name, text in _texts(row).items() if text} | {"email": email}
        reason: Message = ""
        twin = self.directory.by_looks.get(folded(email))
        if self.existing == "update-only":
            reason = gettext_stored("Not in the directory.")
        elif not (new.get("first_name") and new.get("last_name") and email):
            reason = gettext_stored("A new person needs a first name, a last name and an e-mail address.")
        elif twin is not None:
            reason = gettext_stored(
                "The address looks like %(address)s, that of %(name)s, and is another one.",
                address=twin.email,
                name=str(twin),
            )
        if reason:
            return Line(Action.REFUSE, f"row:{row.row}", label, row.row, reason=reason, new=new)
        namesake = self.directory.by_name.get(folded(f"{new['last_name']} {new['first_name']}"))
        if namesake is not None:
            warnings.append(
                gettext_stored(
                    "%(name)s is in the directory with %(address)s.", name=str(namesake), address=namesake.email
                )
            )
        if unique_id and YES_OR_NO[new.get("external", "")]:
            warnings.append(gettext_stored("External people get no unique id."))
        note = gettext_stored("Undo removes the person unless there are evaluations by then.")
        return Line(
            Action.ADD, f"new:{email}", label, row.row, reason=join_stored(" ", warnings), new=new, undo_note=note
        )

    def _change(self, row: SourceRow, found: Known, email: str, unique_id: str, warnings: list[Any]) -> Line:
        key = found.vendor_id
        if {key, found.email} & self.own:
            reason = gettext_stored("This is your own record, so another member has to change it.")
            return Line(Action.REFUSE, key, str(found), row.row, reason=reason)
        if self.existing == "skip":
            return Line(Action.SKIP, key, str(found), row.row, reason=gettext_stored("Already in the directory."))
        new: dict[str, str] = {}
        for name, value in row.values.items():
            if name not in IDENTITY and not name.startswith(OF_METADATA):
                continue
            text = "" if value is CLEAR else email if name == "email" else row.text(name)
            if (text or value is CLEAR) and text != found.value(name):
                new[name] = text
        if "email" in new and self.no_address:
            return Line(Action.REFUSE, key, str(found), row.row, reason=self.no_address)
        stays = self._staying(row, found, unique_id)
        if stays:
            warnings.append(gettext_stored("Not changed by an import: %(fields)s.", fields=", ".join(stays)))
        if not new:
            warnings.insert(0, gettext_stored("Nothing changes."))
            return Line(Action.SKIP, key, str(found), row.row, reason=join_stored(" ", warnings), about=key)
        return Line(
            Action.CHANGE,
            key,
            str(found),
            row.row,
            reason=join_stored(" ", warnings),
            old={name: found.value(name) for name in new},
            new=new,
            data={"user": found.user_id} if found.user_id else {},
            about=key,
        )

    def _staying(self, row: SourceRow, found: Known, unique_id: str) -> list[str]:
        """The fields that no request changes and that the row has otherwise."""
        user_name, external = row.text("user_name"), YES_OR_NO[row.text("external")]
        return [
            str(field_label(name))
            for name, differs in (
                ("unique_id", unique_id and unique_id not in (found.unique_id, found.vendor_id)),
                ("user_name", user_name and user_name != found.user_name),
                ("external", external is not None and external != found.external),
            )
            if differs
        ]


def _texts(row: SourceRow) -> dict[str, str]:
    return {name: row.text(name) for name in row.values if row.text(name)}


def _valid(email: str) -> bool:
    if PLAIN.fullmatch(email):
        return True
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True
