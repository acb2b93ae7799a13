"""What the ledger holds of an organisation: jobs, changes and plans in every state."""

import io
import uuid
from datetime import time as clock_time
from datetime import timedelta

from django.utils import timezone

from assessments.imports import COLUMNS
from assessments.job_kinds import EXPORT_ANSWERS, SYNC_ASSESSMENT
from assessments.models import Timetable, TimetableRun
from assessments.plans_of_statuses import plan_statuses
from directory.imports.uploads import store
from directory.job_kinds import SYNC_PEOPLE
from qxportal.accounts.audit import note
from qxportal.accounts.invitation_mail import token_hash
from qxportal.accounts.models import Invitation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, JobItem, Plan, PlanLine, ResourceSync
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from tests.isolation.tenant import Tenant


def ledger(tenant: Tenant) -> None:
    """Jobs, changes, and who was invited."""
    org, word, admin = tenant.org, tenant.word, tenant.members[Role.ADMIN]
    failed = Job.objects.create(
        org=org, kind=SYNC_PEOPLE.name, title=f"{word} job", state=Job.State.FAILED, outcome=word
    )
    running = Job.objects.create(
        org=org,
        kind=SYNC_ASSESSMENT.name,
        target=f"{word}-x",
        title=f"{word} running",
        state=Job.State.RUNNING,
    )
    paused = Job.objects.create(
        org=org,
        kind=SYNC_ASSESSMENT.name,
        target=f"{word}-y",
        title=f"{word} paused",
        state=Job.State.PAUSED,
    )
    exported = Job.objects.create(
        org=org,
        kind=EXPORT_ANSWERS.name,
        target=str(uuid.uuid4()),
        title=f"{word} answers",
        state=Job.State.DONE,
        started_by=admin,
        parameters={"of": f"TS_{word}", "call": None},
    )
    JobItem.objects.create(job=failed, position=1, label=f"{word} item", ok=False, message=word)
    expires = timezone.now() + timedelta(days=1)
    undecided = Change.objects.create(
        org=org,
        request="closeAssessment",
        target=f"{word}-1",
        title=f"{word} close",
        made_by=admin,
        assessment_id=f"TS_{word}",
        state=Change.State.PERSON,
        expires_at=expires,
        status_message=word,
    )
    pending = Change.objects.create(
        org=org,
        request="addPerson",
        target=f"{word}-2",
        title=f"{word} add",
        made_by=admin,
        assessment_id=f"TS_{word}",
        state=Change.State.PENDING,
        expires_at=expires,
    )
    partial = Change.objects.create(
        org=org,
        request="importPersons",
        target=f"{word}-3",
        title=f"{word} import",
        made_by=admin,
        assessment_id=f"TS_{word}",
        state=Change.State.DONE,
        expires_at=expires,
        attention_message=word,
        parameters={"assessment_id": f"TS_{word}", "rows": [dict.fromkeys(COLUMNS, word)]},
        result={"ignored_count": 1, "ignored": [{"row": 2, "reason": word}]},
    )
    making = Change.objects.create(
        org=org,
        request="createPerson",
        target=f"{word}-4",
        title=f"{word} person",
        made_by=admin,
        state=Change.State.REFUSED,
        expires_at=expires,
        status_message=word,
        settled_at=timezone.now(),
    )
    held = ResourceSync.objects.create(
        org=org, resource=f"subjects:TS_{word}", held=9, held_digest="0" * 32, seen_at=timezone.now()
    )
    invitation = Invitation.objects.create(
        org=org, email=f"invited@{org.slug}.example", role=Role.READER, token_hash=token_hash(str(uuid.uuid4()))
    )
    note(org, by=admin, verb="report.opened", target=f"TS_{word}", words=f"{word} opened")
    importing = Change.objects.create(
        org=org,
        request="importSurvey",
        retry_policy="create",
        target=f"survey-import:{word}",
        title=f"Import {word}",
        state=Change.State.DONE,
        result={"unread": [{"where": f"{word} block", "what": f"{word} unknown"}]},
        expires_at=timezone.now() + timedelta(days=1),
        made_by=admin,
        made_by_name=str(admin),
    )
    tenant.rows |= {
        "failed": failed,
        "exported": exported,
        "partial": partial,
        "running": running,
        "paused": paused,
        "undecided": undecided,
        "making": making,
        "importing_survey": importing,
        "pending": pending,
        "held": held,
        "invitation": invitation,
    }


def plans(tenant: Tenant) -> None:
    """A plan that waits and one that was applied."""
    assessment, subject, maker = tenant.rows["assessment"], tenant.rows["subject"], tenant.members[Role.EDITOR]
    made = [
        plan_statuses(assessment, [subject], by=maker, status="Done", source={"from": "file", "name": tenant.word})
        for _number in range(2)
    ]
    tenant.rows["compared_plan"] = make_plan(
        tenant.org,
        "people",
        [SourceRow(2, {"email": f"{tenant.word}@{tenant.org.slug}.example"})],
        by=maker,
        title=f"{tenant.word} list",
        source={"from": "file", "name": tenant.word},
        options={"compared": True},
    )
    Plan.objects.filter(pk=made[1].pk).update(state=Plan.State.APPLIED, applied_at=timezone.now())
    made[1].lines.update(state=PlanLine.State.DONE)
    now = timezone.now()
    timetable = Timetable.objects.create(
        org=tenant.org,
        assessment=assessment,
        rule={f"{tenant.word} Customer": 2},
        first_on=now.date(),
        last_on=now.date() + timedelta(days=3),
        at=clock_time(9, 30),
        next_run_at=now + timedelta(days=1),
        set_by=maker,
        set_by_name=str(maker),
    )
    TimetableRun.objects.create(
        org=tenant.org,
        timetable=timetable,
        due_at=now,
        state=TimetableRun.State.HELD,
        plan=made[0],
        applies_at=now + timedelta(hours=5),
        shown=[subject.vendor_id],
        outcome=f"{tenant.word} outcome",
    )
    tenant.rows.update(plan=made[0], applied_plan=made[1], timetable=timetable)
    for row, kind, target in (
        ("upload", "people", ""),
        ("upload_of_subjects", "subjects", assessment.vendor_id),
        ("upload_of_leavers", "leavers", ""),
        ("upload_of_hr", "hr-list", ""),
        ("upload_of_evaluators", "evaluators", assessment.vendor_id),
        ("upload_of_participants", "participants", assessment.vendor_id),
        ("upload_of_responses", "responses", assessment.vendor_id),
    ):
        file = io.BytesIO(f"Name,Email\n{tenant.word},{row}@{tenant.org.slug}.example\n".encode())
        tenant.rows[row], _found = store(
            tenant.org, file, f"{tenant.word}.csv", by=tenant.members[Role.EDITOR], kind=kind, target=target
        )
