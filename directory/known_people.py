"""People of the directory that rows may refer to, read at once and indexed by all identifying values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from qxportal.accounts.models import Organisation
from qxportal.core.searching import folded

# Identifiers come as one JSON text: a database driver writes long arrays slowly, and a planner weighs each element. The
# directory is scanned once, as no index covers the organisation's own keys or addresses with unusual letters.
KNOWN = """
    WITH
        emails AS MATERIALIZED (SELECT jsonb_array_elements_text(%(emails)s::jsonb) AS email),
        ids AS MATERIALIZED (SELECT jsonb_array_elements_text(%(ids)s::jsonb) AS id),
        names AS MATERIALIZED (SELECT jsonb_array_elements_text(%(names)s::jsonb) AS name)
    SELECT vendor_id, first_name, last_name, email, user_name, user_id, external, metadata::text,
        COALESCE(raw->>'ExternalDataReference', ''), sort_name
    FROM directory_person WHERE org_id = %(org)s AND gone_at IS NULL AND (
        email IN (SELECT email FROM emails)
        OR vendor_id IN (SELECT id FROM ids)
        OR sort_name IN (SELECT name FROM names)
        OR raw->>'ExternalDataReference' IN (SELECT id FROM ids)
        OR (%(strange)s::bool AND email ~ '[^ -~]'))
"""
PACKED, METADATA = msgspec.json.Encoder(), msgspec.json.Decoder()


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


@dataclass
class Directory:
    """People that some rows may refer to, by identifying value."""

    by_email: dict[str, tuple[Known, ...]] = field(default_factory=dict)
    by_id: dict[str, Known] = field(default_factory=dict)  # vendor ids, and the organisation's own keys
    by_looks: dict[str, Known] = field(default_factory=dict)  # by the folded address
    by_name: dict[str, Known] = field(default_factory=dict)

    def add(self, known: Known) -> None:
        """Add a person."""
        if known.email:
            self.by_email[known.email] = (*self.by_email.get(known.email, ()), known)
            self.by_looks.setdefault(folded(known.email), known)
        self.by_id[known.vendor_id] = known
        if known.unique_id:
            self.by_id.setdefault(known.unique_id, known)
        self.by_name.setdefault(known.sort_name, known)


def look_up(org: Organisation, emails: Iterable[str], ids: Iterable[str], names: Iterable[str] = ()) -> Directory:
    """People with one of these addresses, identifiers or folded names, and those with look-alike addresses."""
    addresses = {email for email in emails if email}
    wanted: dict[str, Any] = {
        "org": org.pk,
        "emails": _packed(addresses | {folded(email) for email in addresses if not email.isascii()}),
        "ids": _packed(ids),
        "names": _packed(names),
        "strange": bool(addresses),
    }
    directory = Directory()
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, wanted)
        for row in cursor.fetchall():
            directory.add(Known._make((*row[:7], _as_map(row[7]), *row[8:])))
    return directory


def _packed(texts: Iterable[str]) -> str:
    """Distinct texts as JSON, without texts with NUL, which no column can hold."""
    return PACKED.encode([text for text in set(texts) if text and "\0" not in text]).decode()


def _as_map(metadata: str) -> dict[str, Any]:
    read = METADATA.decode(metadata)
    return read if isinstance(read, dict) else {}
