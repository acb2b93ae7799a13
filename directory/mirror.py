"""The only writer of the mirrored directory."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.core.searching import SHORT, fitted, folded
from qxportal.ledger.mirror.merge import Merged, merge
from qxportal.ledger.mirror.rows import MirrorRow, lazy_batch
from qxportal.threesixty.lazy_rows import LazyRows
from qxportal.threesixty.records import PersonRecord

# Columns for filters and sorting, and the metadata fields where organisations keep their values.
METADATA = {"department": "Department", "title": "Title", "location": "Location", "manager_email": "ManagerEmail"}


UNSEARCHED = frozenset({*METADATA.values(), "Language"})  # searched separately, or too common
NAME_BYTES, SEARCH_BYTES = 800, 1_600  # limit so that one index row can hold both
LAYOUT_VERSION = 4  # raise with each change of `person_row`, so that rows of older versions are rewritten


def mirror_persons(org: Organisation, records: Iterable[PersonRecord], *, as_of: datetime) -> Merged:
    """Merge persons read by getPersons."""
    return merge(Person, org, (person_row(record) for record in records), as_of=as_of)


def mirror_lazy_persons(org: Organisation, unread: LazyRows[PersonRecord], *, as_of: datetime) -> Merged:
    """Merge pages of the directory, decoding only persons that differ from the mirror."""
    return merge(Person, org, lazy_batch(unread, person_row, layout_version=LAYOUT_VERSION), as_of=as_of)


def person_row(record: PersonRecord) -> MirrorRow:
    """The stored columns of a person."""
    first, last, metadata = record.first_name, record.last_name, record.metadata
    kept = {column: metadata.get(field, "") for column, field in METADATA.items()}
    further = [value for field, value in metadata.items() if field not in UNSEARCHED and len(value) >= SHORT]
    named = (first, last, record.email, kept["department"], kept["title"], kept["location"])
    words = (*named, record.external_reference, *further)
    columns: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "email": record.email.lower(),
        "user_name": record.user_name,
        "user_id": record.user_id,
        "external": record.external,
        "metadata": metadata,
        **kept,
        "manager_email": kept["manager_email"].lower(),
        "search": fitted(folded(" ".join(filter(None, words)))[:1200], SEARCH_BYTES),
        "sort_name": fitted(folded(f"{last} {first}".strip())[:410], NAME_BYTES),
    }
    return MirrorRow(record.vendor_id, columns, record.raw)
