"""Our own request about the earlier round with which reports are compared, and its record."""

from collections.abc import Callable, Mapping

from django.db.models import Exists, OuterRef

from qxportal.engine.editions import comparing
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.models import Assessment, Edition, Question, User
from qxportal.engine.people import access, confidential


def set_comparison(user: User, arguments: Arguments) -> object:
    """Compare an assessment's reports with those of an earlier one, or with none."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    confidential.require(user, assessment)
    apart = arguments.structure(comparing.APART) if arguments.has(comparing.APART) else []
    comparing.choose(user, assessment, arguments.text(comparing.CHOICE), apart)
    return {"Success": True}


def record(user: User, assessment: Assessment) -> dict[str, object] | None:
    """The chosen comparison: equal statements and number of subjects with an earlier report; None if not chosen."""
    earlier = assessment.compared_with
    if earlier is None:
        return None
    told: dict[str, object] = {comparing.CHOICE: earlier.public_id, comparing.APART: list(assessment.not_compared)}
    if not access.may_administer(user, earlier):
        return told
    found, apart = comparing.statements(assessment, earlier), set(assessment.not_compared)
    subjects = assessment.participants.filter(is_subject=True, removed_at=None)
    key = {"series__assessment_key": earlier.public_id, "series__person_key": OuterRef("person__public_id")}
    return {
        **told,
        "EarlierName": earlier.name,
        "Subjects": subjects.count(),
        "SubjectsBefore": subjects.filter(Exists(Edition.objects.filter(**key))).count(),
        "Same": [
            {
                **_statement(one.now),
                "EarlierQuestionID": one.then.public_id,
                "EarlierText": one.then.text,
                "By": one.by.value,
                "SameScale": int(one.same_scale),
                "Compared": int(one.same_scale and one.now.public_id not in apart),
            }
            for one in found.same
        ],
        "New": [_statement(one) for one in found.new],
        "Gone": [_statement(one) for one in found.gone],
    }


def _statement(question: Question) -> dict[str, object]:
    return {"QuestionID": question.public_id, "Tag": question.tag, "Text": question.text}


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {"qxSetComparison": set_comparison}
