"""Requests about how far an assessment is: its subjects and evaluations."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from django.db.models import Count, Q
from django.utils import timezone

from qxportal.engine import access
from qxportal.engine.answering import close_sessions
from qxportal.engine.answers import Raw, stamp, table
from qxportal.engine.arguments import Arguments
from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Person, Question, User
from qxportal.engine.problems import Invalid

SUBJECT_HEADER = (
    "FirstName", "LastName", "Email", "UniqueIdentifier", "Status",
    "EvaluationsReceived", "EvaluationsCompleted", "ReportStatus",
)  # fmt: skip
EVALUATION_HEADER = (
    "SubjectFirstName", "SubjectLastName", "SubjectEmail", "SubjectUniqueIdentifier",
    "EvaluatorFirstName", "EvaluatorLastName", "EvaluatorEmail", "ParticipantUniqueIdentifier",
    "Relationship", "Unsolicited", "Status", "StartDate", "EndDate",
)  # fmt: skip


def get_subject_status(user: User, arguments: Arguments) -> Raw:
    """Give one line per subject; unsolicited evaluations do not raise the counters."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    asked = Q(evaluations__unsolicited=False)
    subjects = (
        assessment.participants.filter(is_subject=True, removed_at=None)
        .select_related("person")
        .annotate(
            received=Count("evaluations", filter=asked),
            completed=Count("evaluations", filter=asked & Q(evaluations__status=Evaluation.Status.COMPLETED)),
        )
        .order_by("pk")
    )
    return table(
        SUBJECT_HEADER,
        [
            (
                *_who(subject.person), subject.status, subject.received, subject.completed,
                "Ready" if subject.report_ready else "NotReady",
            )
            for subject in subjects
        ],
    )  # fmt: skip


def set_subject_status(user: User, arguments: Arguments) -> object:
    """Close or reopen one subject's round; a closed round has its report ready."""
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
    """Give one line per evaluation, with answers and metadata where asked for."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    evaluations = list(assessment.evaluations.select_related("subject__person", "evaluator").order_by("pk"))
    subject_keys = _keys([one.subject.person for one in evaluations], arguments.flag("IncludeSubjectMetadata"))
    evaluator_keys = _keys([one.evaluator for one in evaluations], arguments.flag("IncludeEvaluatorMetadata"))
    questions = _questions(assessment, arguments) if arguments.flag("IncludeEvaluationResponses") else []
    answers = _answers(assessment, questions)
    header = [
        *EVALUATION_HEADER,
        *(f"Subject {key}" for key in subject_keys),
        *(f"Evaluator {key}" for key in evaluator_keys),
        *(question.public_id for question in questions),
    ]
    rows = [
        [
            *_row(one),
            *(one.subject.person.metadata.get(key, "") for key in subject_keys),
            *(one.evaluator.metadata.get(key, "") for key in evaluator_keys),
            *(answers[one.pk].get(question.pk, "") for question in questions),
        ]
        for one in evaluations
    ]
    return table(header, rows)


def _row(evaluation: Evaluation) -> list[object]:
    return [
        *_who(evaluation.subject.person),
        *_who(evaluation.evaluator),
        evaluation.relationship,
        "1" if evaluation.unsolicited else "",
        evaluation.status,
        stamp(evaluation.started_at) if evaluation.started_at else "",
        stamp(evaluation.finished_at) if evaluation.finished_at else "",
    ]


def _who(person: Person) -> tuple[str, str, str, str]:
    return person.first_name, person.last_name, person.email, person.public_id


def _keys(persons: Sequence[Person], wanted: bool) -> list[str]:
    return sorted({key for person in persons for key in person.metadata}) if wanted else []


def _questions(assessment: Assessment, arguments: Arguments) -> list[Question]:
    questions = list(assessment.survey.questions.all())
    wanted = arguments.items("Questions")
    unknown = set(wanted) - {question.public_id for question in questions}
    if unknown:
        raise Invalid("Questions", f"The form has no question {min(unknown)[:40]}.")
    return [question for question in questions if not wanted or question.public_id in wanted]


def _answers(assessment: Assessment, questions: Sequence[Question]) -> Mapping[int, dict[int, object]]:
    found: defaultdict[int, dict[int, object]] = defaultdict(dict)
    for answer in Answer.objects.filter(evaluation__assessment=assessment, question__in=questions):
        found[answer.evaluation_id][answer.question_id] = answer.text if answer.value is None else answer.value
    return found


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getEvaluationStatus": get_evaluation_status,
    "getSubjectStatus": get_subject_status,
    "setSubjectStatus": set_subject_status,
}
