"""Two organisations with one row of everything, the rival's full of words that must never be seen elsewhere."""

from typing import Any

from django.utils import timezone

from assessments.models import Assessment, Evaluation, Release, Report, Subject
from directory.models import Person
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Invitation, Member, Organisation, SavedView, User
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, Plan, PlanLine, ReadMark, ResourceSync, Version
from qxportal.security.key_ring import add_key, keys
from surveys.models import Survey
from tests.isolation.ledger_of_tenant import ledger, plans
from tests.isolation.mirrored_tenant import history, mirror
from tests.isolation.tenant import Tenant


def make_tenant(slug: str, word: str) -> Tenant:
    """An organisation whose every text holds `word`."""
    if not keys():
        add_key()
    org = Organisation.objects.create(name=f"{word} Works", slug=slug, raw_answers_at=timezone.now())
    tenant = Tenant(org, word)
    for role in Role:
        user = User.objects.create_user(f"{role.value}@{slug}.example", name=f"{word} {role.label}")
        tenant.members[role] = Member.objects.create(org=org, user=user, role=role)
    tenant.rows["spare_member"] = Member.objects.create(
        org=org, user=User.objects.create_user(f"spare@{slug}.example", name=f"{word} Spare"), role=Role.READER
    )
    tenant.rows["saved_view"] = SavedView.objects.create(
        org=org,
        owner=tenant.members[Role.OWNER],
        kind="people",
        path=f"/o/{slug}/people/",
        name=f"{word} view",
        query=f"q={word}",
        shared=True,
    )
    save_credential(
        org,
        by=None,
        host=f"http://127.0.0.1:{9101 + org.pk}",
        api_user=f"{word}-api",
        version="2.5",
        token=f"{word}-token",
    )
    mirror(tenant)
    history(tenant)
    ledger(tenant)
    plans(tenant)
    return tenant


TABLES: tuple[Any, ...] = (
    Person,
    Survey,
    Assessment,
    Subject,
    Evaluation,
    Report,
    Release,
    Job,
    Change,
    Plan,
    PlanLine,
    ResourceSync,
    Invitation,
    Member,
    Version,
)


def fingerprint(org: Organisation) -> list[Any]:
    """Everything that an organisation has, to see whether anything changed."""
    kept = [list(table.objects.filter(org=org).order_by("pk").values()) for table in TABLES]
    return [*kept, list(ReadMark.objects.filter(member__org=org).values())]
