"""A member who is a subject finds nothing of the raters, states and reports about himself or herself, on any address.

Who is meant is told by a claim, which is the least that counts; owners are fenced, too. A member who is not the subject
walks the same way and must find every canary, else their absence would prove nothing.
"""

import re
from collections.abc import Iterator
from copy import copy
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from assessments.editions import mirror_edition
from assessments.job_kinds import FETCH_REPORT
from assessments.models import DeclineReason, Evaluation, Subject
from assessments.nominations import mirror_nominations
from assessments.reports import keep
from assessments.schedules import mirror_schedules
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job, JobItem, Plan, PlanLine, ResourceSync, SuspectedDeletion, Version
from qxportal.threesixty.records.editions import EditionRecord, LineRecord
from qxportal.threesixty.records.nominations import NominationRecord
from qxportal.threesixty.records.schedules import ExtensionRecord, ScheduleRecord
from qxportal.ui.stored_messages import gettext_stored
from tests.isolation.parameters_read import parameters_read
from tests.isolation.policy import POLICY
from tests.isolation.tenant import PDF, Tenant
from tests.isolation.test_every_address import address, ask, reading
from tests.isolation.two_organisations import make_tenant

pytestmark = pytest.mark.django_db

ROLES = [role for role in Role if role.reaches(Role.READER)]
# A word in everything that is about the subject.
CANARIES = {
    "canary-rater",
    "canary-reason",
    "canary-change",
    "canary-job",
    "canary-item",
    "canary-log",
    "canary-missing",
    "canary-aside",
    "canary-report",
    "canary-earlier",
    "canary-line",
    "canary-nomination",
    "canary-plan",
}
VIEWS = (
    "?q=canary",
    "?state=Done",
    "?state=Collecting",
    "?status=Completed",
    "?relationship=Manager",
    "?gone=on",
    "?answers=on",
    "?kind=evaluation",
    "?kind=subject",
    "?alarm=open",
    "?ok=yes",
    "?what=changed",
    "?count=all",
)
# What differs from one request to the next: tokens, drawn lots, and how long ago things were (their exact times stay).
CHANGING = re.compile(
    rb'csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"|name="(?:intent|seed)" value="[^"]+"|nonce="[^"]*"'
    rb"|>[^<]*</time>"
)


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Tenant]]:
    """One organisation alone, which holds everything about its subject."""
    with django_db_blocker.unblock(), transaction.atomic():
        tenant = make_tenant("ours", "Ourshire")
        _about(tenant)
        tenant.sign_in()
        yield (tenant,)
        transaction.set_rollback(True)


def _about(tenant: Tenant) -> None:
    """Everything of each kind about the subject, with its canary."""
    org, subject, assessment = tenant.org, tenant.rows["subject"], tenant.rows["assessment"]
    key, now, expires = subject.vendor_id, timezone.now(), timezone.now() + timedelta(days=1)
    rater = {
        "evaluator_first_name": "canary-rater",
        "evaluator_last_name": "Whistler",
        "evaluator_email": "c@w.example",
    }
    evaluation = Evaluation.objects.create(
        org=org,
        assessment=assessment,
        subject=subject,
        vendor_id=f"{key}|P_W|Peer",
        subject_key=key,
        evaluator_key="P_W",
        relationship="Peer",
        status="Completed",
        seen_at=now,
        finished_at=now,
        sort_name="whistler canary-rater",
        search="canary-rater whistler",
        evaluator=tenant.rows["other_person"],
        **rater,
    )
    late = ExtensionRecord(person_id="P_W", until=now + timedelta(days=5))
    dates = ScheduleRecord(assessment_id=assessment.vendor_id, closes_at=now + timedelta(days=2), extensions=(late,))
    mirror_schedules(org, [dates], as_of=now + timedelta(seconds=1))
    nominated = NominationRecord(subject_id=key, state="SentBack", turn="Subject", reason="canary-nomination")
    mirror_nominations(assessment, [nominated], as_of=now + timedelta(seconds=1))
    DeclineReason.objects.create(
        org=org, assessment=assessment, evaluation=evaluation, seen_at=now, words="canary-reason"
    )
    member_path = [f"assessment/{assessment.vendor_id}/member/{key}"]
    job = Job.objects.create(org=org, kind=APPLY.name, target="b-1", title="Bulk", state="done", total=1)
    title = gettext_stored("Remove %(subject)s", subject="canary-change")
    Change.objects.create(
        org=org,
        request="importPersons",
        target="c-1",
        title=title,
        writes=member_path,
        job=job,
        assessment_id=assessment.vendor_id,
        state="person",
        expires_at=expires,
        status_message=title,
        parameters={"rows": [{"SubjectUniqueIdentifier": key, "Email": "canary-change"}]},
    )
    JobItem.objects.create(job=job, position=1, label=title, ok=True, message="canary-item")
    tenant.rows["bulk"] = job
    Job.objects.create(
        org=org,
        kind=FETCH_REPORT.name,
        target=f"{subject.pk}:Subject",
        title="canary-job",
        state="failed",
        finished_at=now,
        outcome="canary-job",
    )
    PlanLine.objects.update(label="canary-plan", reason="canary-plan", outcome="canary-plan")
    note(org, by=None, verb="report.opened", target=assessment.vendor_id, words="canary-log", about=[key])
    note(org, by=None, verb="change.done", target=assessment.vendor_id, words=f"canary-log Set {subject} to Done")
    held = ResourceSync.objects.create(
        org=org,
        resource=f"evaluations:{assessment.vendor_id}",
        held=9,
        seen_at=now,
        quarantined=1,
        quarantine=[{"id": f"{key}|P_W|Peer", "reason": "canary-aside"}],
    )
    line = LineRecord(line="canary-line", answered=5, shown=3, waiting=2)
    told = EditionRecord(subject_id=key, edition=2, minimum=3, lines=(line,), manager_state="several")
    mirror_edition(subject, told, as_of=now)
    SuspectedDeletion.objects.create(sync=held, vendor_id=f"{key}|canary-missing|Peer")
    tenant.rows["held"] = held
    keep(subject, "Admin", PDF + b"canary-report", by=None)
    for event, kind, row, alarm in (
        ("changed", "evaluation", evaluation, ""),
        ("changed", "subject", subject, "subject-reopened"),
    ):
        Version.objects.create(
            org=org,
            kind=kind,
            row_id=row.pk,
            vendor_id=row.vendor_id,
            assessment_id=assessment.pk,
            person_key="P_W",
            event=event,
            valid_from=now - timedelta(days=3),
            valid_to=now - timedelta(days=1),
            gone=False,
            columns={"subject_key": key, "relationship": "canary-earlier", "first_name": "canary-earlier"},
            after={"relationship": "Peer", "first_name": "Ourshire"},
            progress=False,
            source="vendor",
            alarm=alarm,
        )


class Page(NamedTuple):
    """What was asked for, the answer, and whether it is another one in the other world (where that was asked)."""

    where: str
    body: bytes
    differs: bool = False


def pages(
    tenant: Tenant, client: Client, views: tuple[str, ...] = VIEWS, *, both: tuple[str, ...] | None = None
) -> Iterator[Page]:
    """Every address as it is read, with the filters that could tell; and the changes' and jobs' own pages.

    Filters that an address looks for are asked one by one; those that it does not look for by name, but may meet as it
    goes through all, are asked together first. With `both`, each address is read in the other world too, as it is and
    with these filters.
    """
    slug = tenant.org.slug
    for change in Change.objects.filter(org=tenant.org):
        yield Page(f"change {change.pk}", ask(client, "get", f"/o/{slug}/changes/{change.pk}/").content)
        yield Page(f"state {change.pk}", ask(client, "get", f"/o/{slug}/changes/{change.pk}/state/").content)
    for job in Job.objects.filter(org=tenant.org):
        yield Page(f"job {job.pk}", ask(client, "get", f"/o/{slug}/jobs/{job.pk}/").content)
    for report in tenant.org.reports.all():
        yield Page(f"report {report.pk}", ask(client, "get", f"/o/{slug}/reports/{report.pk}/download/").content)
    for name in reversed(reading()):
        url = address(name).url(tenant, tenant)
        with parameters_read() as read:
            page = _page(tenant, client, url, in_both=both is not None)
        yield page
        if len(POLICY[name][1]) > 1:
            continue
        asked = [view for view in views if read.looked_for(view)]
        if read.all and (rest := [view for view in views if view not in asked]):
            together = "?" + "&".join(view.removeprefix("?") for view in rest)
            with parameters_read() as read:
                page = _page(tenant, client, url + together, in_both=both is not None and not {*rest}.isdisjoint(both))
            yield page
            asked += [view for view in rest if read.looked_for(view)]
        for view in asked:
            yield _page(tenant, client, url + view, in_both=both is not None and view in both)


def _page(tenant: Tenant, client: Client, url: str, *, in_both: bool) -> Page:
    brought = copy(client.cookies)  # the messages that an address without a page of its own left for the next one
    body = ask(client, "get", url).content
    if not in_both:
        return Page(url, body)
    left, client.cookies = client.cookies, brought
    with transaction.atomic():
        _in_the_other_world(tenant)
        other = ask(client, "get", url).content
        transaction.set_rollback(True)
    client.cookies = left
    return Page(url, body, _still(body) != _still(other))


def _in_the_other_world(tenant: Tenant) -> None:
    """The member's raters and states are others; nothing else differs."""
    subject = tenant.rows["subject"]
    Evaluation.objects.filter(subject=subject).update(
        status="InProgress", relationship="DirectReport", finished_at=None, started_at=timezone.now()
    )
    Evaluation.objects.filter(subject=subject, evaluator_key="P_W").delete()
    Subject.objects.filter(pk=subject.pk).update(status="Done", completed=3, received=9, report_status="Ready")
    Version.objects.filter(org=tenant.org, source="new").update(source="vendor")


def _still(body: bytes) -> bytes:
    return CHANGING.sub(b"", body)


def claims(tenant: Tenant, role: Role) -> Client:
    """The member with that role says that he or she is the subject."""
    Member.objects.filter(pk=tenant.members[role].pk).update(
        person_key=tenant.rows["person"].vendor_id, person_state="claimed"
    )
    return tenant.browser(role)


# Whose pages are also read in the other world, and with which filters.
BOTH = {Role.AUDITOR: (), Role.OWNER: ("?state=Collecting", "?answers=on")}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_or_file_holds_a_word_about_the_member_or_depends_on_the_raters(ours, role):
    client, told, differing = claims(ours, role), set(), []
    seen = timezone.now() + timedelta(days=1)
    Member.objects.filter(pk=ours.members[role].pk).update(last_seen_at=seen)  # and is not noted again meanwhile

    for page in pages(ours, client, VIEWS if role == Role.OWNER else (), both=BOTH.get(role)):
        told |= {(page.where, canary) for canary in CANARIES if canary.encode() in page.body}
        differing += [page.where] if page.differs else []

    assert (told, differing) == (set(), [])


def test_another_owner_finds_every_canary_on_the_same_way(ours):
    left = set(CANARIES)
    for page in pages(ours, ours.browser(Role.OWNER), ()):
        left -= {canary for canary in left if canary.encode() in page.body}
        if not left:
            return

    assert left == set()


VERBS: dict[str, dict[str, Any]] = {
    "assessments:subject-status": {"status": "Done"},
    "assessments:subject-remove": {"remove_evaluations": "on"},
    "assessments:evaluators-add": {"relationship": "Peer"},
    "assessments:evaluation-relationship": {"relationship": "Peer"},
    "assessments:evaluation-extension": {"until": "2040-01-01T12:00"},
    "assessments:evaluation-reopen": {},
    "assessments:evaluation-reset": {"typed": "Ourshire Boss"},
    "assessments:evaluation-remove": {"typed": "Ourshire Boss", "remove_answers": "on"},
    "assessments:report-fetch": {"viewer": "Subject"},
    "assessments:report-release": {},
    "assessments:site-release": {"first": "2026-12-01"},
    "assessments:site-withdraw": {},
    "assessments:release-withdraw": {},
}


@pytest.mark.parametrize("name", VERBS)
def test_verbs_about_oneself_are_left_to_another_member(ours, name):
    fields = VERBS[name] | {"person": ours.rows["other_person"].pk, "member": ours.members[Role.COACH].pk}
    client, counts = claims(ours, Role.OWNER), (Change.objects.count(), Job.objects.count(), ours.org.releases.count())

    answer = client.post(address(name).url(ours, ours), fields, follow=True)

    assert "another member" in answer.content.decode().lower()
    assert (Change.objects.count(), Job.objects.count(), ours.org.releases.count()) == counts


def test_a_bulk_status_leaves_the_member_out_and_says_so(ours):
    client = claims(ours, Role.OWNER)
    url = f"/o/ours/assessments/{ours.rows['assessment'].pk}/subjects/status/"
    form, before = {"scope": "all", "status": "Done"}, Plan.objects.count()

    assert "You are one of them and are left out" in client.post(url, form, follow=True).content.decode()

    assert Plan.objects.count() == before
    assert not Change.objects.filter(request="setSubjectStatus").exists()


def test_a_selection_counts_all_but_the_member(ours):
    client = claims(ours, Role.OWNER)
    assessment = ours.rows["assessment"]
    url = f"/o/ours/assessments/{assessment.pk}/subjects/"
    alone = client.get(url).content.decode()
    for number in (1, 2):
        Subject.objects.create(
            org=ours.org,
            assessment=assessment,
            vendor_id=f"P_other{number}",
            status="Waiting",
            seen_at=timezone.now(),
            first_name="Other",
            last_name=f"Person{number}",
            search=f"other person{number}",
            sort_name=f"person{number} other",
        )

    together = client.get(url).content.decode()

    assert "Mark as done…" not in alone
    assert "All matching" not in alone
    assert "All matching: 2" in together
    assert "This page: 2" in together


def test_who_left_cannot_be_selected(ours):
    Subject.objects.filter(org=ours.org).update(gone_at=timezone.now())
    url = f"/o/ours/assessments/{ours.rows['assessment'].pk}/subjects/?gone=on"

    page = ours.browser(Role.OWNER).get(url).content.decode()

    assert "Aldridge" in page
    assert 'form="selection"' not in page
    assert "data-tick-all" not in page


def test_the_only_member_is_told_to_invite_another(ours):
    client = claims(ours, Role.OWNER)
    Member.objects.filter(org=ours.org).exclude(role=Role.OWNER).update(role=Role.READER)

    page = client.get(address("assessments:subject").url(ours, ours)).content.decode()

    assert "Invite another member" in page
