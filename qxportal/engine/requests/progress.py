"""Requests about the progress of an assessment: its subjects and evaluations."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.assessments.answering import close_sessions
from qxportal.engine.http.api_responses import CSV, Raw, table
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Invalid
from qxportal.engine.http.response_buffer import collect
from qxportal.engine.models import Evaluation, Participant, Person, User
from qxportal.engine.people import access, confidential
from qxportal.engine.responses import evaluation_status
from qxportal.engine.responses.chunks import one_moment
from qxportal.engine.responses.evaluation_status import Wishes
from qxportal.engine.responses.questions import questions

SUBJECT_HEADER = (
    "FirstName",
    "LastName",
    "Email",
    "UniqueIdentifier",
    "Status",
    "EvaluationsReceived",
    "EvaluationsCompleted",
    "ReportStatus",
    "ExternalDataReference",
)

ASKED = Q(evaluations__unsolicited=False)
SUBJECTS = Prepared(
    lambda values: (
        Participant.objects.filter(assessment=values["assessment"], is_subject=True, removed_at=None)
        .select_related("person")
        .annotate(
            received=Count("evaluations", filter=ASKED),
            completed=Count("evaluations", filter=ASKED & Q(evaluations__status=Evaluation.Status.COMPLETED)),
        )
        .order_by("pk")
    ),
    assessment=int,
)


def get_subject_status(user: User, arguments: Arguments) -> Raw:
    """One line per subject; unsolicited evaluations do not count, and the caller's own line has no counters."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    own_ids = confidential.own_person_ids(user)
    return table(
        SUBJECT_HEADER,
        [
            (
                *_who(subject.person),
                subject.status,
                *(("", "") if subject.person_id in own_ids else _counted(subject)),
                "Ready" if subject.report_ready else "NotReady",
                subject.person.unique_identifier,
            )
            for subject in SUBJECTS.all(assessment=assessment.pk)
        ],
    )


def set_subject_status(user: User, arguments: Arguments) -> object:
    """Close or reopen one subject's round; closing makes the report ready."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    subject = access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID")
    status = arguments.text("Status")
    if status not in Participant.Status.values:
        raise Invalid("Status", f"Possible: {', '.join(Participant.Status.values)}.")
    done = status == Participant.Status.DONE
    if done and arguments.flag("CloseSessions"):
        close_sessions(Evaluation.objects.filter(subject=subject))
    if subject.status != status:
        subject.status = Participant.Status(status)
        subject.done_at = timezone.now() if done else None
        subject.report_ready = done
        subject.save(update_fields=["status", "done_at", "report_ready"])
    return {"Success": True}


def get_evaluation_status(user: User, arguments: Arguments) -> Raw:
    """One line per evaluation, except by others about the caller; optionally with answers and metadata."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    with one_moment():
        with_answers = arguments.flag("IncludeEvaluationResponses")
        if with_answers:
            confidential.require(user, assessment)
        wishes = Wishes(
            subject_metadata=arguments.flag("IncludeSubjectMetadata"),
            evaluator_metadata=arguments.flag("IncludeEvaluatorMetadata"),
            questions=questions(assessment.survey, arguments.items("Questions")) if with_answers else (),
        )
        forms = assessment.evaluations.exclude(confidential.about(confidential.own_person_ids(user)))
        return collect(evaluation_status.table(forms, wishes), CSV)


def _counted(subject: Any) -> tuple[int, int]:
    return subject.received, subject.completed


def _who(person: Person) -> tuple[str, str, str, str]:
    return person.first_name, person.last_name, person.email, person.public_id


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getEvaluationStatus": get_evaluation_status,
    "getSubjectStatus": get_subject_status,
    "setSubjectStatus": set_subject_status,
}
