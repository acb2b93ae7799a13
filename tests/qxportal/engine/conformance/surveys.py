"""Requests of the catalogue's group `surveys`."""

from datetime import UTC, datetime
from typing import Any

from qxportal.engine.models import Evaluation, Survey
from tests.qxportal.engine.conformance.assessments import nothing
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP


def _named(sample: SampleReview) -> Parameters:
    """The form of its assessment, which has a subject."""
    return {"SurveyID": sample.subject.assessment.survey.public_id}


def _inactive(sample: SampleReview) -> Parameters:
    sample.run(Survey.objects.filter(pk=sample.survey.pk).update, active=False)
    return _named(sample)


def _is_active(sample: SampleReview, sent: Parameters, result: Any) -> None:
    survey = sample.now(sample.survey)
    assert survey.active
    assert survey.activated_at is not None


def _is_inactive(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.now(sample.survey).active


def _switched_and_limited(sample: SampleReview) -> Parameters:
    return {
        "Active": "0",
        "CloseSessions": "1",
        "Expiration": "1",
        "ExpirationStartDate": "2030-01-01 00:00:00",
        "ExpirationEndDate": "2030-07-01 12:30:00",
        "SourceTimeZone": "Europe/Berlin",
    }


def _is_switched_and_limited(sample: SampleReview, sent: Parameters, result: Any) -> None:
    survey = sample.now(sample.survey)
    assert not survey.active
    assert survey.starts_at == datetime(2029, 12, 31, 23, tzinfo=UTC)
    assert survey.expires_at == datetime(2030, 7, 1, 10, 30, tzinfo=UTC)
    forms = Evaluation.objects.filter(assessment=sample.assessment)
    assert not sample.run(forms.filter(status="InProgress").exists)
    assert sample.run(forms.filter(status="Completed", partial=True).count) == 1


def _owned(sample: SampleReview) -> Parameters:
    other = sample.engine.make_api_user(f"jonas.okafor{sample.number}", brand_admin=False)
    return {**_named(sample), "OwnerID": sample.engine.api_user.user_id, "NewOwnerID": other.user_id}


def _is_transferred(sample: SampleReview, sent: Parameters, result: Any) -> None:
    survey = sample.run(Survey.objects.select_related("owner").get, public_id=sent["SurveyID"])
    assert (survey.owner.public_id, survey.name) == (sent["NewOwnerID"], sent["SurveyName"])


def _file(sample: SampleReview) -> Parameters:
    return {"Name": f"Leadership feedback {sample.number}", "FileContents": LEADERSHIP.decode()}


def _text(sample: SampleReview) -> Parameters:
    other = sample.engine.make_api_user(f"jonas.okafor{sample.number}", brand_admin=False)
    text = "1. How often does this person listen?\n\nNever\nAlways\n"
    return {"ImportFormat": "TXT", "FileContents": text, "Activate": "1", "OwnerID": other.user_id}


def _is_imported(sample: SampleReview, sent: Parameters, result: Any) -> None:
    survey = sample.run(Survey.objects.select_related("owner").get, name=sent["Name"])
    assert (survey.active, survey.owner.public_id) == (True, sent["OwnerID"])
    assert sample.run(lambda: [one.choices for one in survey.questions.all()]) == [["Never", "Always"]]
    if result is not None:
        assert result == {"SurveyID": survey.public_id}


def _sheet(sample: SampleReview) -> Parameters:
    return {**_named(sample), "FileContents": "ID,DE\nQID1_QuestionText,Erklärt Entscheidungen.\n"}


def _is_translated(sample: SampleReview, sent: Parameters, result: Any) -> None:
    survey = sample.now(sample.survey)
    assert survey.languages == ["DE"]
    question = sample.run(lambda: survey.questions.get(public_id="QID1"))
    assert question.translations["DE"]["text"] == "Erklärt Entscheidungen."


CASES = {
    "activateSurvey": Case(required=_inactive, full=nothing, state=_is_active),
    "deactivateSurvey": Case(required=_named, full=nothing, state=_is_inactive),
    "getQuotas": Case(required=_named, full=nothing),
    "getSurvey": Case(required=_named, full=lambda _: {"Language": "EN", "ExportLogic": "1"}),
    "getSurveyName": Case(required=_named, full=lambda _: {"Language": "EN"}),
    "getSurveys": Case(required=nothing, full=nothing),
    "importSurvey": Case(required=_file, full=_text, state=_is_imported),
    "importSurveyTranslations": Case(required=_sheet, full=lambda _: {"AsAdmin": "1"}, state=_is_translated),
    "setSurveyOptions": Case(required=_named, full=_switched_and_limited, state=_is_switched_and_limited),
    "transferSurveyOwnership": Case(
        required=_owned, full=lambda _: {"SurveyName": "Leadership 2027"}, state=_is_transferred
    ),
}
