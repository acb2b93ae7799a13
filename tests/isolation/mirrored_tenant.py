"""What the mirror holds of an organisation: one row of everything, and what the rows said earlier."""

import uuid
from datetime import timedelta

from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.editions import mirror_editions
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
    ReportBatch,
    ReportFigures,
    ReportLink,
    ReportPreview,
    Subject,
    UnitReport,
)
from assessments.nominations import mirror_nominations
from assessments.report_access import mirror_access
from assessments.report_links import address_key
from assessments.reports import keep
from assessments.schedules import mirror_schedules
from directory.joins import prove
from directory.models import Person, VendorUser
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Version
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
from tests.isolation.tenant import PDF, Tenant


def mirror(tenant: Tenant) -> None:
    """One row of everything that is read from the server."""
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


def history(tenant: Tenant) -> None:
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
