"""Identifiers that differ from those in the directory only in case, blanks or invisible characters."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from django.db import connection

from directory.duplicates import identifier_key
from qxportal.accounts.models import Organisation

PACKED = msgspec.json.Encoder()
# Finds candidates only: letters that SQL folds differently are compared afterwards.
CANDIDATES = r"""
    WITH wanted AS MATERIALIZED (SELECT jsonb_array_elements_text(%(keys)s::jsonb) AS key)
    SELECT vendor_id, raw->>'ExternalDataReference' FROM directory_person
    WHERE org_id = %(org)s AND gone_at IS NULL AND raw->>'ExternalDataReference' <> ''
        AND lower(regexp_replace(raw->>'ExternalDataReference', '[\s\u00a0\u00ad\u200b-\u200f\u2060\ufeff]+', '', 'g'))
            IN (SELECT key FROM wanted)
"""


def alike_identifiers(org: Organisation, identifiers: Iterable[str]) -> dict[str, str]:
    """Identifier -> vendor id, for identifiers that resemble exactly one person's."""
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for identifier in identifiers:
        if (key := identifier_key(identifier)) and "\0" not in key:
            by_key[key].add(identifier)
    if not by_key:
        return {}
    found: defaultdict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"org": org.pk, "keys": PACKED.encode(sorted(by_key)).decode()})
        for vendor_id, identifier in cursor.fetchall():
            found[identifier_key(identifier)].add(vendor_id)
    return {
        identifier: next(iter(found[key]))
        for key, identifiers in by_key.items()
        if len(found[key]) == 1
        for identifier in identifiers
    }
