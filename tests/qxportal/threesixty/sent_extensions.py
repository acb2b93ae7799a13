"""Calls of extension requests, and the parameters that each sends."""

from datetime import UTC, datetime, timedelta, timezone

from qxportal.threesixty.calls.assessments import (
    RenameAssessment,
)
from qxportal.threesixty.calls.comparisons import SetComparison
from qxportal.threesixty.calls.evaluators import (
    AddEvaluator,
    ChangeRelationship,
    GetEvaluators,
    RemoveEvaluator,
    ReopenEvaluation,
    ResetEvaluation,
)
from qxportal.threesixty.calls.extensions import ConfirmManager, GetEditions, HideReportLine, TakeOutAnswers
from qxportal.threesixty.calls.group_reports import GetGroupReport
from qxportal.threesixty.calls.letters import GetLetters, PrintLetters
from qxportal.threesixty.calls.links import EndLinks, GetLink
from qxportal.threesixty.calls.mailings import (
    CancelMailing,
    CreateMailing,
    GetBrand,
    GetMailings,
    GetMails,
    SendTestMail,
    SetBrand,
)
from qxportal.threesixty.calls.nominations import DecideNominations, GetNominations, SetNominations
from qxportal.threesixty.calls.report_access import (
    GetReportAccess,
    GetReportKey,
    Reader,
    SetReportAccess,
    SetReportAccesses,
)
from qxportal.threesixty.calls.reports import (
    GetPredefinedData,
    PreviewReport,
)
from qxportal.threesixty.calls.schedules import GetSchedule, SetExtension, SetSchedule
from qxportal.threesixty.calls.thresholds import GetThresholds, SetReportGroups
from tests.qxportal.threesixty.uploads import TS, P

SENT = [
    (GetEditions(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        ConfirmManager(assessment_id=TS, subject_id=P, person_id="P_2", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "IdempotencyKey": "k1"},
    ),
    (
        HideReportLine(assessment_id=TS, subject_id=P, line="Peer", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "Line": "Peer", "IdempotencyKey": "k1"},
    ),
    (
        TakeOutAnswers(assessment_id=TS, subject_id=P, person_id="P_2", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "IdempotencyKey": "k1"},
    ),
    (GetEvaluators(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        AddEvaluator(assessment_id=TS, subject_id=P, person_id="P_2", relationship="Peer", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "Relationship": "Peer", "IdempotencyKey": "k1"},
    ),
    (
        ChangeRelationship(assessment_id=TS, subject_id=P, person_id="P_2", relationship="Peer"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "Relationship": "Peer"},
    ),
    (
        RemoveEvaluator(assessment_id=TS, subject_id=P, person_id="P_2", remove_answers=False),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "RemoveAnswers": "0"},
    ),
    (
        ReopenEvaluation(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
    ),
    (
        ResetEvaluation(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
    ),
    (GetReportAccess(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        PreviewReport(assessment_id=TS, language="DE", seed="second"),
        {"ThreeSixtyID": TS, "Language": "DE", "Seed": "second"},
    ),
    (GetPredefinedData(report_id="RP_1"), {"ReportID": "RP_1"}),
    (
        GetGroupReport(
            assessment_id=TS,
            groups=({"Name": "Finance", "SubjectIDs": ["P_1", "P_2"]},),
            readers=(("P_1",),),
            language="DE",
            preview=True,
        ),
        {
            "ThreeSixtyID": TS,
            "Groups": [{"Name": "Finance", "SubjectIDs": ["P_1", "P_2"]}],
            "Readers": [["P_1"]],
            "Language": "DE",
            "Preview": "1",
        },
    ),
    (
        GetReportKey(assessment_id=TS, person_id="P_1", viewer="Admin"),
        {"ThreeSixtyID": TS, "PersonID": "P_1", "Viewer": "Admin"},
    ),
    (
        SetReportAccesses(
            assessment_id=TS,
            accesses=({"SubjectID": "P_1", "PersonID": "P_2", "Viewer": "Other", "Until": "2026-12-01 09:00:00"},),
            notify=True,
            idempotency_key="k1",
        ),
        {
            "ThreeSixtyID": TS,
            "Accesses": [
                {"SubjectID": "P_1", "PersonID": "P_2", "Viewer": "Other", "Until": "2026-12-01 09:00:00"},
            ],
            "Notify": "1",
            "IdempotencyKey": "k1",
        },
    ),
    (
        SetReportAccess(
            assessment_id=TS,
            subject_id=P,
            person_id="P_2",
            viewer=Reader.MANAGER,
            from_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
            edition=2,
            idempotency_key="k1",
        ),
        {
            "ThreeSixtyID": TS,
            "SubjectID": P,
            "PersonID": "P_2",
            "Viewer": "Manager",
            "From": "2026-12-01 09:00:00",
            "Edition": "2",
            "IdempotencyKey": "k1",
        },
    ),
    (GetSchedule(), {}),
    (GetThresholds(), {}),
    (GetThresholds(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        SetReportGroups(assessment_id=TS, groups=({"Name": "Others", "Relationships": ["Peer"]},)),
        {"ThreeSixtyID": TS, "Groups": '[{"Name": "Others", "Relationships": ["Peer"]}]'},
    ),
    (
        SetComparison(assessment_id=TS, earlier_id="TS_earlier", not_compared=("QID1",)),
        {"ThreeSixtyID": TS, "EarlierID": "TS_earlier", "NotCompared": '["QID1"]'},
    ),
    (
        SetSchedule(
            assessment_id=TS,
            closes_at=datetime(2026, 12, 9, 18, tzinfo=timezone(timedelta(hours=1))),
            remind_at=(datetime(2026, 12, 7, 8, tzinfo=UTC), datetime(2026, 12, 8, 8, 30, tzinfo=UTC)),
            close_sessions=True,
            delete_mailings=False,
            ready_reports=False,
        ),
        {
            "ThreeSixtyID": TS,
            "ClosesAt": "2026-12-09 17:00:00",
            "RemindAt": "2026-12-07 08:00:00,2026-12-08 08:30:00",
            "CloseSessions": "1",
            "DeleteMailings": "0",
            "ReadyReports": "0",
        },
    ),
    (
        SetExtension(assessment_id=TS, person_id=P, until=datetime(2026, 12, 9, tzinfo=UTC)),
        {"ThreeSixtyID": TS, "PersonID": P, "Until": "2026-12-09 00:00:00"},
    ),
    (RenameAssessment(assessment_id=TS, name="Autumn"), {"ThreeSixtyID": TS, "Name": "Autumn"}),
    (GetNominations(assessment_id=TS, subject_id="P_1"), {"ThreeSixtyID": TS, "SubjectID": "P_1"}),
    (
        SetNominations(assessment_id=TS, subject_id="P_1", nominees=({"PersonID": "P_2", "Relationship": "Peer"},)),
        {"ThreeSixtyID": TS, "SubjectID": "P_1", "Nominees": [{"PersonID": "P_2", "Relationship": "Peer"}]},
    ),
    (
        DecideNominations(assessment_id=TS, subject_id="P_1", decision="SendBack", reason="Too few peers"),
        {"ThreeSixtyID": TS, "SubjectID": "P_1", "Decision": "SendBack", "Reason": "Too few peers"},
    ),
    (GetBrand(), {}),
    (
        SetBrand(title="Halden Group", footer={"EN": "Halden Group"}, mail="off", clear=("LogoID", "ReplyTo")),
        {"Title": "Halden Group", "Footer": {"EN": "Halden Group"}, "Mail": "off", "Clear": "LogoID,ReplyTo"},
    ),
    (
        SetBrand(report_cover={"EN": "Together"}, report_confidential={"DE": "Geheim"}),
        {"ReportCover": {"EN": "Together"}, "ReportConfidential": {"DE": "Geheim"}},
    ),
    (
        SetBrand(raw_answers=False),
        {"RawAnswers": "0"},
    ),
    (
        SetBrand(min_group=4, min_comments=5, min_spread=6),
        {"MinimumGroup": "4", "MinimumComments": "5", "MinimumForSpread": "6"},
    ),
    (
        SendTestMail(address="hr@acme.example", idempotency_key="k1"),
        {"Address": "hr@acme.example", "IdempotencyKey": "k1"},
    ),
    (GetMailings(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        CreateMailing(
            assessment_id=TS,
            kind="Reminder",
            message_id="MS_1",
            person_ids=("P_1", "P_2"),
            scheduled_at=datetime(2027, 1, 1, 9, tzinfo=timezone(timedelta(hours=1))),
            idempotency_key="k2",
        ),
        {
            "ThreeSixtyID": TS,
            "Kind": "Reminder",
            "MessageID": "MS_1",
            "PersonIDs": "P_1,P_2",
            "Standing": "0",
            "ScheduledAt": "2027-01-01 08:00:00",
            "IdempotencyKey": "k2",
        },
    ),
    (GetLetters(assessment_id=TS, person_id="P_1"), {"ThreeSixtyID": TS, "PersonID": "P_1"}),
    (GetLink(person_id="P_1"), {"PersonID": "P_1"}),
    (EndLinks(person_id="P_1", idempotency_key="k3"), {"PersonID": "P_1", "IdempotencyKey": "k3"}),
    (
        PrintLetters(assessment_id=TS, person_ids=("P_1", "P_2"), idempotency_key="k3"),
        {"ThreeSixtyID": TS, "PersonIDs": "P_1,P_2", "IdempotencyKey": "k3"},
    ),
    (CancelMailing(assessment_id=TS, mailing_id="EMD_1"), {"ThreeSixtyID": TS, "MailingID": "EMD_1"}),
    (GetMails(assessment_id=TS, person_id="P_1"), {"ThreeSixtyID": TS, "PersonID": "P_1"}),
]
