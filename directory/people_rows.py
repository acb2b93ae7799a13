"""Rows about people: which person each refers to, and what it would change, compared with the mirror at once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from directory.alike_ids import alike_identifiers
from directory.commands import why_no_address
from directory.joins import own_keys
from directory.known_people import Directory, Known, look_up
from directory.person_edits import IDENTITY
from directory.unclear_people import PERSON, other_address, other_identifier, same_person, two_people
from qxportal.accounts.models import Organisation
from qxportal.core.searching import folded
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.outbox.humanize import OF_METADATA, field_label
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import CLEAR, SAME, SourceRow
from qxportal.ui.labels import PARAMETERS
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, label_stored, ngettext_stored

LONGEST = {"first_name": 200, "last_name": 200, "email": 254, "unique_id": 100, "user_name": 254}
METADATA_LONGEST = 1_000
SHORTEST = min(LONGEST.values())  # no value up to this length is too long
NOTHING = gettext_stored("Nothing changes.")
LEAVES = gettext_stored("Undo removes the person unless there are evaluations by then.")
NEVER_CLEARED = frozenset((*IDENTITY, "unique_id", "user_name", "external"))
# matches most addresses; Django's slower check decides on the others
PLAIN = re.compile(r"[a-z0-9_+'-]+(\.[a-z0-9_+'-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}")
YES_OR_NO = {"yes": True, "no": False, "": None}


class Said:
    """Values of a row: its texts with single spaces, and the fields to clear."""

    __slots__ = ("cleared", "email", "invisible", "long", "number", "problem", "texts", "unique_id")

    def __init__(self, row: SourceRow) -> None:
        self.number, self.problem = row.row, row.problem
        self.email, self.invisible = row.seen_address("email")
        self.texts: dict[str, str] = {}
        self.cleared: tuple[str, ...] = ()
        self.long = ""  # the first field with a value that is too long
        for name, value in row.values.items():
            if value is CLEAR:
                self.cleared += (name,)
            elif isinstance(value, str):
                if len(value) > SHORTEST and len(value) > LONGEST.get(name, METADATA_LONGEST):
                    self.long = self.long or name
                if text := " ".join(value.split()):
                    self.texts[name] = text
        self.unique_id = self.texts.get("unique_id", "")

    def text(self, name: str) -> str:
        """The text of a field; empty if the row keeps or clears it."""
        return self.texts.get(name, "")

    @property
    def sort_name(self) -> str:
        """The name in the directory's sort order."""
        return folded(f"{self.text('last_name')} {self.text('first_name')}".strip())


def people_lines(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Plan lines for the rows of a list of people."""
    said = [Said(row) for row in rows]
    directory = look_up(
        plan.org, (one.email for one in said), (one.unique_id for one in said), (one.sort_name for one in said)
    )
    reader = _Reader(plan, directory, _alike(plan.org, said, directory))
    for one in said:
        yield reader.line(one)


def _alike(org: Organisation, said: Iterable[Said], directory: Directory) -> dict[str, Known]:
    """People whose unique ids match those of rows except for case, blanks and invisible characters."""
    unknown = {one.unique_id for one in said if one.unique_id and one.unique_id not in directory.by_id}
    ids = alike_identifiers(org, unknown)
    there = look_up(org, (), ids.values()).by_id if ids else {}
    return {unique_id: there[vendor_id] for unique_id, vendor_id in ids.items() if vendor_id in there}


class _Reader:
    """Turns rows into lines; remembers earlier rows."""

    def __init__(self, plan: Plan, directory: Directory, alike: Mapping[str, Known]) -> None:
        self.directory, self.alike = directory, alike
        self.alike_are_same = bool(plan.options.get("alike_ids"))
        self.existing = str(plan.options.get("existing", "update"))
        self.by_unique_id = plan.options.get("match", "unique_id") == "unique_id"
        self.own = own_keys(plan.made_by) if plan.made_by else frozenset()
        self.no_address = why_no_address(plan.made_by) if plan.made_by else ""
        self.seen_ids: dict[str, int | None] = {}
        self.seen_looks: dict[str, tuple[str, int | None]] = {}

    def line(self, said: Said) -> Line:
        """The line of one row."""
        number, email, unique_id = said.number, said.email, said.unique_id
        label = f"{said.text('first_name')} {said.text('last_name')}".strip() or email or unique_id
        problem = said.problem or self._problem(said, email, unique_id)
        if problem:
            return Line(Action.REFUSE, f"row:{number}", label, number, reason=problem, new=said.texts)
        warnings = [gettext_stored("Invisible characters were taken out of the address.")] if said.invisible else []
        problem, unique_id = self._meant(said, unique_id, warnings)
        found, problem = (None, problem) if problem else self._found(email, unique_id)
        if problem:
            data = self._same(said.unique_id)
            return Line(Action.REFUSE, f"row:{number}", label, number, reason=problem, new=said.texts, data=data)
        if found is None:
            return self._addition(said, email, unique_id, label, warnings)
        return self._change(said, found, email, unique_id, warnings)

    def _problem(self, said: Said, email: str, unique_id: str) -> Message:
        """The reason why the row is unusable whatever the directory contains."""
        row = said.number
        if not email and not unique_id:
            return gettext_stored("There is neither an e-mail address nor a unique id.")
        if email and not _valid(email):
            return gettext_stored("%(text)s is not an e-mail address.", text=email[:100])
        if said.cleared and not NEVER_CLEARED.isdisjoint(said.cleared):
            return gettext_stored("Only metadata can be cleared.")
        if said.text("external") not in YES_OR_NO:
            return gettext_stored("External is “%(text)s”; write yes or no.", text=said.text("external")[:50])
        if said.long:
            return gettext_stored(
                "%(field)s has more than %(most)s characters.",
                field=field_label(said.long),
                most=LONGEST.get(said.long, METADATA_LONGEST),
            )
        if unique_id:
            if unique_id in self.seen_ids:
                return gettext_stored("Row %(row)s has the same unique id.", row=self.seen_ids[unique_id])
            self.seen_ids[unique_id] = row
        looks = folded(email)
        earlier = self.seen_looks.setdefault(looks, (email, row)) if email else (email, row)
        if earlier[0] != email:
            return gettext_stored("The address looks like that of row %(row)s and is another one.", row=earlier[1])
        return ""

    def _meant(self, said: Said, unique_id: str, warnings: list[Any]) -> tuple[Message, str]:
        """The reason why the unique id is unclear, and the id meant: one that differs in case only by choice."""
        other = self.alike.get(unique_id)
        if other is None:
            return "", unique_id
        if not self.alike_are_same:
            return same_person(unique_id, other.unique_id, str(other)), unique_id
        if other.unique_id in self.seen_ids:
            earlier = self.seen_ids[other.unique_id]
            return gettext_stored("Row %(row)s has the same unique id.", row=earlier), unique_id
        self.seen_ids[other.unique_id] = said.number
        self.directory.by_id.setdefault(other.unique_id, other)
        warnings.append(gettext_stored("%(id)s was taken as %(other)s.", id=unique_id, other=other.unique_id))
        return "", other.unique_id

    def _same(self, unique_id: str) -> Mapping[str, object]:
        """Stored in a refused line: the person whose unique id differs from the row's only in spelling."""
        other = None if self.alike_are_same else self.alike.get(unique_id)
        return {SAME: {"unique_id": [other.unique_id, str(other)]}} if other else {}

    def _found(self, email: str, unique_id: str) -> tuple[Known | None, Message]:
        """The matching person, None for a new one; or the reason why that is unclear."""
        with_id = self.directory.by_id.get(unique_id) if unique_id else None
        at = self.directory.by_email.get(email, ())
        if with_id is not None:
            if any(one.vendor_id == with_id.vendor_id for one in at):  # other people with the address are ignored
                return with_id, ""
            if at:
                return None, two_people(PERSON, unique_id, with_id, email, at[0])
            if self.by_unique_id or not email:
                return with_id, ""
            return None, other_address(str(with_id))
        if len(at) > 1:
            return None, ngettext_stored(
                "%(n)s person has this address. Give the unique id.",
                "%(n)s people have this address. Give the unique id.",
                len(at),
            )
        if not at:
            return None, ""
        if unique_id and at[0].unique_id and unique_id not in (at[0].unique_id, at[0].vendor_id):
            return None, other_identifier(email, str(at[0]), at[0].unique_id)
        return at[0], ""

    def _addition(self, said: Said, email: str, unique_id: str, label: str, warnings: list[Any]) -> Line:
        new, number = said.texts | {"email": email}, said.number
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
            return Line(Action.REFUSE, f"row:{number}", label, number, reason=reason, new=new)
        namesake = self.directory.by_name.get(folded(f"{new['last_name']} {new['first_name']}"))
        if namesake is not None:
            warnings.append(
                gettext_stored(
                    "%(name)s is in the directory with %(address)s.", name=str(namesake), address=namesake.email
                )
            )
        if unique_id and YES_OR_NO[new.get("external", "")]:
            warnings.append(gettext_stored("External people get no unique id."))
        return Line(Action.ADD, f"new:{email}", label, number, reason=_joined(warnings), new=new, undo_note=LEAVES)

    def _change(self, said: Said, found: Known, email: str, unique_id: str, warnings: list[Any]) -> Line:
        key, number = found.vendor_id, said.number
        if key in self.own or found.email in self.own:
            reason = gettext_stored("This is your own record, so another member has to change it.")
            return Line(Action.REFUSE, key, str(found), number, reason=reason)
        if self.existing == "skip":
            return Line(Action.SKIP, key, str(found), number, reason=gettext_stored("Already in the directory."))
        old: dict[str, str] = {}
        new: dict[str, str] = {}
        for name in (*said.texts, *said.cleared):
            if (value_now := _reader_of(name)) is not None:
                text = email if name == "email" else said.texts.get(name, "")
                if text != (now := value_now(found)):
                    old[name], new[name] = now, text
        if "email" in new and self.no_address:
            return Line(Action.REFUSE, key, str(found), number, reason=self.no_address)
        if stays := self._staying(said, found, unique_id):
            warnings.append(_not_changed(stays))
        if not new:
            return Line(Action.SKIP, key, str(found), number, reason=_joined([NOTHING, *warnings]), about=key)
        return Line(
            Action.CHANGE,
            key,
            str(found),
            number,
            reason=_joined(warnings),
            old=old,
            new=new,
            data={"user": found.user_id} if found.user_id else {},
            about=key,
        )

    def _staying(self, said: Said, found: Known, unique_id: str) -> tuple[str, ...]:
        """Fields with different values in the row that no request can change."""
        texts = said.texts
        stays = []
        if unique_id and unique_id not in (found.unique_id, found.vendor_id):
            stays.append("unique_id")
        if "user_name" in texts and texts["user_name"] != found.user_name:
            stays.append("user_name")
        if "external" in texts and YES_OR_NO[texts["external"]] != found.external:
            stays.append("external")
        return tuple(stays)


@lru_cache(64)
def _reader_of(name: str) -> Callable[[Known], str] | None:
    """Reader of a person's field; None for a field that no request can change."""
    if name in IDENTITY:
        return attrgetter(name)
    if not name.startswith(OF_METADATA):
        return None
    plain = name.removeprefix(OF_METADATA)
    return lambda known: str(known.metadata.get(plain, ""))


@lru_cache(64)
def _not_changed(names: tuple[str, ...]) -> Message:
    """A warning that the row has other values in fields that no request can change."""
    labels = [label_stored(PARAMETERS.get(name, name)) for name in names]
    return gettext_stored("Not changed by an import: %(fields)s.", fields=join_stored(", ", labels))


def _joined(messages: Sequence[Message]) -> Message:
    """Several messages as one."""
    return join_stored(" ", messages) if len(messages) > 1 else next(iter(messages), "")


def _valid(email: str) -> bool:
    if PLAIN.fullmatch(email):
        return True
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True
