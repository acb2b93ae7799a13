"""Queries for the pages of people."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.ledger.history.as_of import versions_of

DEPARTMENTS_SHOWN = 300
VERSIONS_SEEN = 10_000
# Skips along the index from one department to the next, instead of scanning everybody in each.
NEXT_DEPARTMENT = """
    WITH RECURSIVE found AS (
        (SELECT department FROM directory_person
         WHERE org_id = %(org)s AND gone_at IS NULL AND department > '' ORDER BY department LIMIT 1)
        UNION ALL
        SELECT following.department FROM found CROSS JOIN LATERAL (
            SELECT department FROM directory_person
            WHERE org_id = %(org)s AND gone_at IS NULL AND department > found.department ORDER BY department LIMIT 1
        ) AS following
    )
    SELECT department FROM found LIMIT %(most)s
"""


def people(org: Organisation, *, gone: bool = False) -> QuerySet[Person]:
    """People in an organisation's directory; with `gone`, those no longer listed."""
    return Person.objects.filter(org=org, gone_at__isnull=not gone)


def all_people(org: Organisation) -> QuerySet[Person]:
    """All persons ever in the directory."""
    return Person.objects.filter(org=org)


def departments(org: Organisation, *, only: str | None = None) -> dict[str, str]:
    """The first departments, or `only` one; the time does not depend on the number of people."""
    if only is not None:
        return {only: only} if only and people(org).filter(department=only).exists() else {}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DEPARTMENT, {"org": org.pk, "most": DEPARTMENTS_SHOWN})
        return {name: name for (name,) in cursor.fetchall()}


def departments_then(org: Organisation, at: datetime) -> dict[str, str]:
    """Departments now or at any time since that moment, as far as the versions tell."""
    versions = versions_of(Person, org).filter(valid_to__gt=at).order_by("valid_to")
    earlier = set(versions.annotate(name=KT("columns__department")).values_list("name", flat=True)[:VERSIONS_SEEN])
    names = sorted({*departments(org), *earlier} - {"", None})
    return {name: name for name in names[:DEPARTMENTS_SHOWN]}


def managers_of(person: Person) -> QuerySet[Person]:
    """The managers of a person, by the directory's manager address."""
    if not person.manager_email:
        return Person.objects.none()
    return Person.objects.filter(org_id=person.org_id, email=person.manager_email, gone_at=None)


def managed_by(person: Person) -> QuerySet[Person]:
    """People who report to the person."""
    if not person.email:
        return Person.objects.none()
    return Person.objects.filter(org_id=person.org_id, manager_email=person.email, gone_at=None)


def people_at(org: Organisation, addresses: Iterable[str]) -> dict[str, list[Person]]:
    """People with the e-mail addresses; an address may belong to several, or to none."""
    wanted = {address.strip().lower() for address in addresses if address.strip()}
    found: dict[str, list[Person]] = {address: [] for address in sorted(wanted)}
    for person in people(org).filter(email__in=wanted):
        found[person.email].append(person)
    return found
