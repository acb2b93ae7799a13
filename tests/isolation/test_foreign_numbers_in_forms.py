"""A valid form of ours with a rival's number in one field is refused or ignored, and changes nothing of the rival's.

Each case is also sent with our own number, which must work: else the refusal would prove nothing.
"""

from typing import Any

import pytest
from django.test import Client

from assessments.models import Nominations, Release
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, PlanLine, Version
from qxportal.ledger.models.plans import ACTING
from tests.isolation.tenant import Tenant
from tests.isolation.two_organisations import fingerprint

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, form: dict[str, Any]) -> Any:
    return client.post(f"/o/ours/{path}", form)


def subjects_add(tenant, numbers):
    return f"assessments/{tenant.rows['draft'].pk}/subjects/add/", {"person": numbers.rows["other_person"].pk}


def subjects_add_by_address(tenant, numbers):
    return f"assessments/{tenant.rows['draft'].pk}/subjects/add/", {"addresses": numbers.rows["other_person"].email}


def evaluators_add(tenant, numbers):
    subject = tenant.rows["subject"].pk
    form = {"person": numbers.rows["other_person"].pk, "relationship": "Peer"}
    return f"assessments/{tenant.rows['assessment'].pk}/subjects/{subject}/evaluators/", form


def evaluators_relationship(tenant, numbers):
    subject = tenant.rows["subject"].pk
    form = {"person": tenant.rows["other_person"].pk, "relationship": f"{numbers.word} Customer"}
    return f"assessments/{tenant.rows['assessment'].pk}/subjects/{subject}/evaluators/", form


def nominations_add(tenant, numbers):
    Nominations.objects.update(facts={**Nominations.objects.get(org=tenant.org).facts, "nominees": []})
    return f"{_nominations(tenant)}add/", {"person": numbers.rows["other_person"].pk, "relationship": "Peer"}


def nominations_relationship(tenant, numbers):
    Nominations.objects.update(facts={**Nominations.objects.get(org=tenant.org).facts, "nominees": []})
    form = {"person": tenant.rows["other_person"].pk, "relationship": f"{numbers.word} Customer"}
    return f"{_nominations(tenant)}add/", form


def _nominations(tenant):
    return f"assessments/{tenant.rows['assessment'].pk}/subjects/{tenant.rows['subject'].pk}/nominations/"


def statuses(tenant, numbers):
    form = {"scope": "ticked", "subject": numbers.rows["subject"].pk, "status": "Done"}
    return f"assessments/{tenant.rows['assessment'].pk}/subjects/status/", form


def report_viewer(tenant, numbers):
    subject = tenant.rows["subject"].pk
    form = {"viewer": numbers.rows["other_person"].vendor_id}
    return f"assessments/{tenant.rows['assessment'].pk}/subjects/{subject}/report/", form


def release(tenant, numbers):
    return f"reports/{tenant.rows['report'].pk}/release/", {
        "member": numbers.members[Role.SUBJECT].pk,
        "confirmed": "on",
        "unfinished": "on",
    }


def acknowledge(tenant, numbers):
    return "changes/at-the-vendor/acknowledge/", {"alarm": numbers.rows["version"].pk}


FORMS = [
    acknowledge,
    subjects_add,
    subjects_add_by_address,
    evaluators_add,
    evaluators_relationship,
    nominations_add,
    nominations_relationship,
    statuses,
    report_viewer,
    release,
]


def traces(tenant: Tenant) -> str:
    """All that was recorded for an organisation, as one text."""
    changes = Change.objects.filter(org=tenant.org).values_list("parameters", "title", "target")
    plans = PlanLine.objects.filter(org=tenant.org).values_list("plan__title", "key", "label", "new", "data")
    return f"{list(changes)} {list(plans)} {list(tenant.org.jobs.values_list('parameters', 'title', 'target'))}"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_foreign_number_is_refused_or_ignored(ours, rival, form):
    theirs = fingerprint(rival.org)
    client = ours.browser(Role.OWNER)
    path, fields = form(ours, rival)

    answer = post(client, path, fields)

    assert answer.status_code in (200, 302, 403, 404, 422)
    assert fingerprint(rival.org) == theirs
    assert "Rivalton" not in traces(ours)
    assert not Release.objects.filter(org=ours.org, member__org=rival.org).exists()


def _done() -> tuple[int, ...]:
    """How much was done or planned in all."""
    known, planned = Version.objects.exclude(acknowledged_at=None), PlanLine.objects.filter(action__in=ACTING)
    return tuple(rows.count() for rows in (Change.objects, Job.objects, Release.objects, known, planned))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_our_own_number_works(ours, rival, form):
    if form is release:
        Release.objects.all().delete()
    before = _done()
    path, fields = form(ours, ours)

    answer = post(ours.browser(Role.OWNER), path, fields)

    assert answer.status_code in (200, 302), answer.status_code
    assert _done() != before


@pytest.mark.parametrize("column", ["org", "org_id", "role", "state", "vendor_id", "made_by"])
def test_fields_that_no_form_has_are_ignored(ours, rival, column):
    path = f"/o/ours/settings/members/{ours.rows['spare_member'].pk}/role/"
    extra = {"org": rival.org.pk, "org_id": rival.org.pk, "role": "auditor", "state": "done"}

    ours.browser(Role.ADMIN).post(path, {"role": "editor", column: extra.get(column, "x")} | {"role": "editor"})

    spare = Member.objects.get(pk=ours.rows["spare_member"].pk)
    assert (spare.org_id, spare.role) == (ours.org.pk, "editor")


def test_the_wizard_takes_no_foreign_form_and_no_foreign_people(ours, rival):
    client = ours.browser(Role.EDITOR)
    new = "/o/ours/assessments/new/"
    client.get(new)
    client.post(f"{new}basics/", {"name": "Spring", "type": "360"})

    refused = client.post(f"{new}form/", {"survey": rival.rows["survey"].vendor_id})
    taken = client.post(f"{new}form/", {"survey": ours.rows["survey"].vendor_id})
    client.post(f"{new}relationships/", {})
    client.post(f"{new}options/", {"minimum": 3, "maximum": 9})
    client.post(f"{new}people/", {"person": [rival.rows["person"].pk, ours.rows["person"].pk]})
    summary = client.get(f"{new}summary/")

    assert refused.status_code == 422
    assert taken.status_code == 302
    assert b"Rivalton" not in summary.content
    assert b"Ourshire" in summary.content
