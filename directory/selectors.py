"""What the pages of people show."""

from collections.abc import Iterable

from django.db.models import QuerySet

from directory.models import Person
from qxportal.accounts.models import Organisation


def people(org: Organisation, *, gone: bool = False) -> QuerySet[Person]:
    """The people in an organisation's directory; with `gone`, those the vendor no longer lists."""
    return Person.objects.filter(org=org, gone_at__isnull=not gone)


def people_anyhow(org: Organisation) -> QuerySet[Person]:
    """Everybody that was ever in the directory."""
    return Person.objects.filter(org=org)


def departments(org: Organisation) -> dict[str, str]:
    """The departments that people are in."""
    names = people(org).exclude(department="").values_list("department", flat=True).order_by("department").distinct()
    return {name: name for name in names[:300]}


def managers_of(person: Person) -> QuerySet[Person]:
    """Whom the person reports to, by the directory's manager address."""
    if not person.manager_email:
        return Person.objects.none()
    return Person.objects.filter(org_id=person.org_id, email=person.manager_email, gone_at=None)


def managed_by(person: Person) -> QuerySet[Person]:
    """Who reports to the person."""
    if not person.email:
        return Person.objects.none()
    return Person.objects.filter(org_id=person.org_id, manager_email=person.email, gone_at=None)


def people_at(org: Organisation, addresses: Iterable[str]) -> dict[str, list[Person]]:
    """The people behind e-mail addresses; an address may belong to several, or to nobody."""
    wanted = {address.strip().lower() for address in addresses if address.strip()}
    found: dict[str, list[Person]] = {address: [] for address in sorted(wanted)}
    for person in people(org).filter(email__in=wanted):
        found[person.email].append(person)
    return found
