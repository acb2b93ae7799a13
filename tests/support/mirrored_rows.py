"""Mirrored rows for tests of pages, as a sync would have left them."""

import re
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Credential, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Version
from qxportal.threesixty.records.mailings import BrandRecord

FIRST = ("Amara", "Bastian", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiroshi", "Ines", "Jonas")
LAST = ("Okoro", "Lindqvist", "Moretti", "Sorokin", "Yilmaz", "Haddad", "Baumann", "Tanaka", "Ferreira", "Novak")


def organisation(slug: str = "halden", name: str = "Halden Optics") -> Organisation:
    """An organisation without a credential."""
    return Organisation.objects.create(slug=slug, name=name)


def credential(org: Organisation) -> None:
    """A credential of a server that was never asked, so that it may support every request."""
    save_credential(org, by=None, host="http://127.0.0.1:9199", api_user="api", version="2.5", token="secret")


def brand(org: Organisation, **facts: Any) -> None:
    """The brand of an organisation, whose mail is on unless the facts say otherwise."""
    values: dict[str, Any] = {"title": "Halden", "language": "EN", "mail": "on", **facts}
    mirror_brand(org, BrandRecord(name="halden", **values), as_of=timezone.now())


def organisation_with_mail() -> Organisation:
    """An organisation with a brand whose mail is on, and a server that cannot be reached."""
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    brand(org)
    return org


def browser(org: Organisation, role: Role) -> Client:
    """A browser signed in as a new member with that role."""
    user = User.objects.create_user(f"{role.value}@{org.slug}.example", name=f"{role.label} of {org.name}")
    Member.objects.create(org=org, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def people(org: Organisation, count: int, *, start: int = 0) -> list[Person]:
    """People with distinct names."""
    made = []
    for number in range(start, start + count):
        first, last = FIRST[number % 10], f"{LAST[number // 10 % 10]}{number // 100 or ''}"
        email = f"{first}.{last}.{number}@{org.slug}.example".lower()
        department = "Engineering" if number % 2 else "Sales"
        made.append(
            Person(
                org=org,
                seen_at=timezone.now(),
                vendor_id=f"P_{number:015}",
                first_name=first,
                last_name=last,
                email=email,
                department=department,
                search=f"{first} {last} {email} {department}".lower(),
                sort_name=f"{last} {first}".lower(),
            )
        )
    return Person.objects.bulk_create(made)


def many_people(org: Organisation, count: int) -> None:
    """The given number of people with random-looking names, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO directory_person (org_id, vendor_id, raw, row_hash, seen_at, first_seen_at, first_name,
                   last_name, email, user_name, user_id, external, department, title, location, manager_email,
                   metadata, search, sort_name)
               SELECT %s, 'P_' || lpad(n::text, 15, '0'), '{}', '', now(), now(), first, last, mail, '', '',
                   n %% 97 = 0, department, 'Analyst', 'Vienna', '', '{}',
                   concat_ws(' ', first, last, mail, department, 'analyst'),
                   last || ' ' || first
               FROM (SELECT n, substr(md5(n::text), 1, 6) AS first, substr(md5('last' || n), 1, 6) AS last,
                   n || '@people.example' AS mail, 'plant ' || n %% 40 AS department
                   FROM generate_series(1, %s) AS n) AS made""",
            [org.pk, count],
        )
        cursor.execute("ANALYZE directory_person")


def assessment(org: Organisation, name: str = "Leadership review", **fields: Any) -> Assessment:
    """An active assessment."""
    fields = {"status": "Active", "vendor_id": f"TS_{Assessment.objects.count():015}", **fields}
    return Assessment.objects.create(org=org, seen_at=timezone.now(), created_at=timezone.now(), name=name, **fields)


def subjects(of: Assessment, persons: list[Person], **fields: Any) -> list[Subject]:
    """The people as subjects."""
    return Subject.objects.bulk_create(
        Subject(
            org=of.org,
            assessment=of,
            person=person,
            vendor_id=person.vendor_id,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            seen_at=timezone.now(),
            sort_name=person.sort_name,
            search=person.search,
            **fields,
        )
        for person in persons
    )


def evaluations(subject: Subject, persons: list[Person], relationship: str, status: str = "Completed") -> None:
    """The people as evaluators of a subject."""
    Evaluation.objects.bulk_create(
        Evaluation(
            org=subject.org,
            assessment=subject.assessment,
            subject=subject,
            evaluator=person,
            vendor_id=f"{subject.vendor_id}|{person.vendor_id}|{relationship}",
            subject_key=subject.vendor_id,
            evaluator_key=person.vendor_id,
            evaluator_first_name=person.first_name,
            evaluator_last_name=person.last_name,
            evaluator_email=person.email,
            relationship=relationship,
            status=status,
            seen_at=timezone.now(),
            sort_name=person.sort_name,
            search=person.search,
        )
        for person in persons
    )


def changed(row: Any, *, alarm: str = "", **fields: Any) -> Version:
    """Change the row as an external change that a sync found."""
    type(row).objects.filter(pk=row.pk).update(**fields)
    Version.objects.filter(source="new").update(source="vendor", alarm=alarm)
    return Version.objects.latest("pk")


def text(answer: Any) -> str:
    """The text of a page, without its elements."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
