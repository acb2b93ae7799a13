"""Two organisations with one row of everything, the rival's full of words that must never be seen elsewhere."""

import io
import time
import uuid
from dataclasses import dataclass, field
from datetime import time as clock_time
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.editions import mirror_editions
from assessments.imports import COLUMNS
from assessments.job_kinds import SYNC_ASSESSMENT
from assessments.mailings import mirror_mailings
from assessments.message_texts import mirror_texts
from assessments.models import (
    Assessment,
    BatchFile,
    DeclineReason,
    Evaluation,
    LetterBatch,
    MessageText,
    Release,
    Report,
    ReportBatch,
    ReportFigures,
    ReportLink,
    ReportPreview,
    Subject,
    Timetable,
    TimetableRun,
    UnitReport,
)
from assessments.nominations import mirror_nominations
from assessments.plans_of_statuses import plan_statuses
from assessments.report_access import mirror_access
from assessments.report_links import address_key
from assessments.reports import keep
from assessments.schedules import mirror_schedules
from directory.imports.uploads import store
from directory.job_kinds import SYNC_PEOPLE
from directory.joins import prove
from directory.models import Person, VendorUser
from qxportal.accounts.audit import note
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.invitation_mail import token_hash
from qxportal.accounts.models import Invitation, Member, Organisation, SavedView, User
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, JobItem, Plan, PlanLine, ReadMark, ResourceSync, Version
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.security.key_ring import add_key, keys
from qxportal.threesixty.records import MessageRecord
from qxportal.threesixty.records.editions import EditionRecord, LineRecord
from qxportal.threesixty.records.mailings import BrandRecord, MailingRecord, MailRecord
from qxportal.threesixty.records.nominations import NominationRecord, NomineeRecord
from qxportal.threesixty.records.report_access import ReportAccessRecord
from qxportal.threesixty.records.schedules import ExtensionRecord, ScheduleRecord
from qxportal.threesixty.records.survey_definition import QuestionRecord, SurveyDefinition
from qxportal.threesixty.records.surveys import QuotaRecord
from surveys.content import facts_of, mirror_content
from surveys.models import LibraryContent, Survey
from tests.support.tenants import signed_in

PDF = b"%PDF-1.7\nA report.\n%%EOF\n"


@dataclass
class Tenant:
    """One organisation, a member and a signed-in browser per role, and one row of each kind."""

    org: Organisation
    word: str  # stands in every text of this organisation
    members: dict[Role, Member] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def browser(self, role: Role) -> Client:
        """A browser that is signed in as the member with that role."""
        now = int(time.time())
        return signed_in(self.members[role].user, began=now, used=now)


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
    _mirror(tenant)
    _history(tenant)
    _ledger(tenant)
    _plans(tenant)
    return tenant


def _mirror(tenant: Tenant) -> None:
    org, word, now = tenant.org, tenant.word, timezone.now()
    common = {"org": org, "seen_at": now}
    key = word.lower()
    person = Person.objects.create(
        **common,
        vendor_id=f"P_{word}1",
        first_name=word,
        last_name="Aldridge",
        email=f"subject@{org.slug}.example",
        department=f"{word} Department",
        title=f"{word} Lead",
        manager_email=f"boss@{org.slug}.example",
        search=f"{key} aldridge",
        sort_name="aldridge",
    )
    other = Person.objects.create(
        **common,
        vendor_id=f"P_{word}2",
        first_name=word,
        last_name="Boss",
        email=f"boss@{org.slug}.example",
        search=f"{key} boss",
        sort_name="boss",
    )
    survey = Survey.objects.create(**common, vendor_id=f"SV_{word}", name=f"{word} form")
    tenant.rows["vendor_user"] = VendorUser.objects.create(
        **common, vendor_id=f"UR_{word}", user_name=f"{word}.user#{word}", surveys=1
    )
    LibraryContent.objects.create(
        org=tenant.org, library_id=f"UR_{word}", seen_at=now, graphics={f"IM_{word}": f"{word} logo"}
    )
    asked = QuestionRecord(id="QID1", text=f"{word} question", type="TE")
    facts = facts_of(SurveyDefinition(name=survey.name, questions=(asked,)), {})
    mirror_content(survey, facts, [QuotaRecord(vendor_id="QO_1", name=f"{word} quota", limit=5)], as_of=now)
    assessment = Assessment.objects.create(
        **common,
        vendor_id=f"TS_{word}",
        name=f"{word} review",
        status="Active",
        survey_id=survey.vendor_id,
        relationships=[{"Name": f"{word} Customer", "Translations": {}}],
        created_at=now,
    )
    draft = Assessment.objects.create(
        **common, vendor_id=f"TS_{word}D", name=f"{word} draft", status="Draft", created_at=now
    )
    subject = Subject.objects.create(
        **common,
        assessment=assessment,
        vendor_id=person.vendor_id,
        person=person,
        first_name=word,
        last_name="Aldridge",
        email=person.email,
        received=3,
        completed=1,
        sort_name="aldridge",
        search=f"{key} aldridge",
    )
    evaluation = Evaluation.objects.create(
        **common,
        assessment=assessment,
        subject=subject,
        evaluator=other,
        vendor_id=f"{word}-e",
        relationship="Manager",
        subject_key=person.vendor_id,
        evaluator_key=other.vendor_id,
        evaluator_first_name=word,
        status="Completed",
        evaluator_last_name="Boss",
        sort_name="boss",
    )
    schedule = ScheduleRecord(
        assessment_id=assessment.vendor_id,
        closes_at=now + timedelta(days=2),
        problem=f"{word} problem",
        extensions=(ExtensionRecord(person_id=other.vendor_id, until=now + timedelta(days=5)),),
    )
    mirror_schedules(org, [schedule], as_of=now)
    DeclineReason.objects.create(
        org=org, assessment=assessment, evaluation=evaluation, seen_at=now, words=f"{word} reason"
    )
    line = LineRecord(line=f"{word} line", label=f"{word} line", answered=4, shown=3, waiting=1)
    told = EditionRecord(
        subject_id=subject.vendor_id, minimum=3, lines=(line,), manager_state="unconfirmed", manager_id=other.vendor_id
    )
    mirror_editions(assessment, [told], as_of=now)
    brand = BrandRecord(
        name=word, title=f"{word} Works", from_name=word, test_address=f"{word}@works.example", mail="test"
    )
    mirror_brand(org, brand, as_of=now)
    reader = ReportAccessRecord(
        subject_id=subject.vendor_id, person_id=other.vendor_id, first_name=word, last_name="Reader", viewer="Manager"
    )
    mirror_access(assessment, [reader], as_of=now)
    nominated = NominationRecord(
        subject_id=subject.vendor_id,
        state="SentBack",
        turn="Subject",
        manager_id=other.vendor_id,
        reason=f"{word} reason",
        nominees=(NomineeRecord(person_id=other.vendor_id, relationship=f"{word} Customer"),),
    )
    mirror_nominations(assessment, [nominated], as_of=now)
    mailing = MailingRecord(vendor_id=f"ML_{word}", kind="Reminder", scheduled_at=now + timedelta(days=1))
    mail = MailRecord(
        vendor_id=f"M_{word}", mailing_id=f"ML_{word}", person_id=other.vendor_id, kind="Reminder", reply=f"{word} 250"
    )
    mirror_mailings(assessment, [mailing], [mail], as_of=now)
    said = MessageRecord(vendor_id=f"MS_{word}", name=f"{word} text", category="ReminderEmails", texts={"EN": word})
    mirror_texts(assessment, [said], as_of=now)
    LetterBatch.objects.create(
        org=org,
        assessment=assessment,
        change_key=uuid.uuid4(),
        person_keys=[other.vendor_id],
        printed_at=now,
        printed_by_name=f"{word} Printer",
    )
    report, _new = keep(subject, "Subject", PDF + word.encode() + b"\n%%EOF\n", by=tenant.members[Role.ADMIN])
    ReportPreview.objects.create(org=org, assessment=assessment, language="en", seed="1", content=PDF + word.encode())
    figures = [
        {"report_id": f"RP_{word}", "source_id": f"DS_{word}", "name": f"{word} norms", "rows": [{"Note": word}]}
    ]
    ReportFigures.objects.create(org=org, assessment=assessment, seen_at=now, tables=figures)
    unit = {"Name": f"{word} unit", "Subjects": 5, "Cells": {"C1": {"Mean": 3.5, "Count": 5}}}
    scales = [{"ID": "C1", "Name": f"{word} scale", "Items": [{"ID": "QID1", "Text": f"{word} statement"}]}]
    content = {"Groups": [unit], "Competencies": scales, "Scale": {"1": "Never", "2": "Always"}, "MinimumSubjects": 5}
    unit_report = UnitReport.objects.create(
        org=org, assessment=assessment, title=f"{word} units", persons=["P_away"], content=content
    )
    batch = ReportBatch.objects.create(org=org, title=f"{word} reports", made_by_name=f"{word} Maker")
    BatchFile.objects.create(
        org=org, batch=batch, position=1, subject=subject, viewer="Subject", state="fetched", report=report
    )
    prove(org)
    link = ReportLink.objects.create(
        org=org, report=report, person=person, address_key=address_key(person.email), until=timezone.now()
    )
    release = Release.objects.create(org=org, report=report, member=tenant.members[Role.SUBJECT])
    tenant.rows |= {
        "person": person,
        "other_person": other,
        "survey": survey,
        "assessment": assessment,
        "draft": draft,
        "subject": subject,
        "evaluation": evaluation,
        "text": MessageText.objects.get(assessment=assessment),
        "letters": LetterBatch.objects.get(assessment=assessment),
        "report": report,
        "unit_report": unit_report,
        "batch": batch,
        "release": release,
        "report_link": link,
    }


def _history(tenant: Tenant) -> None:
    """What the rows said earlier, one of it alarming."""
    rows = (tenant.rows["person"], tenant.rows["survey"], tenant.rows["assessment"], tenant.rows["subject"])
    for row in rows:
        column = "first_name" if hasattr(row, "first_name") else "name"
        type(row).objects.filter(pk=row.pk).update(**{column: f"{tenant.word} renamed"})
    Evaluation.objects.filter(pk=tenant.rows["evaluation"].pk).update(status="InProgress")
    kept = Version.objects.filter(org=tenant.org)
    kept.update(source=Version.Source.VENDOR)
    kept.filter(kind="subject").update(alarm="subject-reopened")
    for row in tenant.rows.values():
        row.refresh_from_db()
    tenant.rows["version"] = kept.filter(kind="subject").latest("pk")


def _plans(tenant: Tenant) -> None:
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


def _ledger(tenant: Tenant) -> None:
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


def fingerprint(org: Organisation) -> list[Any]:
    """Everything that an organisation has, to see whether anything changed."""
    tables = (
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
    )
    kept = [list(table.objects.filter(org=org).order_by("pk").values()) for table in (*tables, Version)]
    return [*kept, list(ReadMark.objects.filter(member__org=org).values())]
