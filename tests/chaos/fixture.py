"""What a storm runs over: organisations with people and assessments, at the engine and in the portal."""

import secrets
from dataclasses import dataclass

from django.utils import timezone

from assessments import sync
from directory.job_kinds import SYNC
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.engine import models as engine
from qxportal.engine.assessments import workflow
from qxportal.engine.assessments.participants import add_self_evaluations
from qxportal.engine.http.authentication import hash_token
from qxportal.engine.people import directory
from qxportal.engine.reports import definition
from qxportal.engine.surveys.default_survey import make_default_form
from qxportal.ledger.jobs.run import run, start
from qxportal.ledger.models import Job
from qxportal.security.key_ring import add_key, keys

FIRST = ("Mara", "Jonas", "Aisha", "Piotr", "Lena", "Diego", "Yuki", "Tom", "Elif", "Noah", "Sofia", "Arjun")
LAST = ("Lindqvist", "Okafor", "Petrov", "Garcia", "Novak", "Schmidt", "Tanaka", "Rossi", "Dubois", "Haddad")
HOUSES = (("marlstone", "Marlstone Instruments"), ("fennmoor", "Fennmoor Studio"), ("brackwater", "Brackwater Lenses"))


@dataclass(frozen=True)
class Tenant:
    """One organisation, its administrator, and its account at the engine."""

    org: Organisation
    admin: Member
    account: engine.User

    def sync(self) -> Job:
        """Mirror everything, in this process."""
        job = start(self.org, SYNC, by=None)
        run(job.pk, sync.sync_organisation)
        job.refresh_from_db()
        return job


def tenants(number: int, engine_url: str, *, people: int, assessments: int, subjects: int) -> list[Tenant]:
    """Make so many organisations, mirrored once without faults."""
    if not keys():
        add_key()
    made = [_tenant(*house, engine_url, people, assessments, subjects) for house in HOUSES[:number]]
    for tenant in made:
        tenant.sync()
    return made


def _tenant(slug: str, name: str, engine_url: str, people: int, assessments: int, subjects: int) -> Tenant:
    brand = engine.Brand.objects.create(name=slug, title=name)
    structure = engine.OrgStructure.objects.create(brand=brand, name=f"{name} directory")
    token = secrets.token_urlsafe(30)
    address = f"ines.vogel@{slug}.example"
    account = engine.User.objects.create(
        brand=brand,
        user_name=f"{address}#{slug}",
        first_name="Ines",
        last_name="Vogel",
        email=address,
        token_hash=hash_token(token),
        is_brand_admin=True,
    )
    staff = _staff(structure, slug, people)
    for number in range(assessments):
        review = _review(account, structure, f"{name} review {number + 1}")
        for index in range(subjects):
            person = staff[(number * subjects + index) % len(staff)]
            subject = engine.Participant.objects.create(assessment=review, person=person)
            add_self_evaluations(review, [subject])
    org = Organisation.objects.create(name=name, slug=slug)
    user = User.objects.create_user(f"rosa.keller@{slug}.example", secrets.token_hex(8), name="Rosa Keller")
    admin = Member.objects.create(org=org, user=user, role=Role.ADMIN)
    save_credential(org, by=admin, host=engine_url, api_user=account.user_name, version="2.5", token=token)
    return Tenant(org, admin, account)


def _staff(structure: engine.OrgStructure, slug: str, number: int) -> list[engine.Person]:
    made = []
    for index, position in enumerate(directory.take_positions(structure, number)):
        first, last = FIRST[index % len(FIRST)], LAST[index // len(FIRST) % len(LAST)]
        email = f"{first}.{last}.{index}@{slug}.example".lower()
        made.append(
            engine.Person(
                org_structure=structure,
                position=position,
                first_name=first,
                last_name=last,
                email=email,
                user_name=email,
                metadata={"Department": "Operations"},
            )
        )
    return engine.Person.objects.bulk_create(made)


def _review(account: engine.User, structure: engine.OrgStructure, name: str) -> engine.Assessment:
    review = engine.Assessment.objects.create(
        brand_id=account.brand_id,
        owner=account,
        survey=make_default_form(account, f"{name} form"),
        org_structure=structure,
        name=name,
        status=engine.Assessment.Status.ACTIVE,
        options=dict(workflow.DEFAULTS),
        activated_at=timezone.now(),
    )
    definition.define(review)
    return review
