"""The whole way: a file becomes a form, people answer it, and the subject's report is made from it."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
import requests
from pypdf import PdfReader

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Evaluation, Person, Question
from tests.qxportal.engine.conftest import PATH, Caller
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP, imported, leadership, packed, question
from tests.support.engine_fixture import Engine

Kind = Question.Kind


def review(call: Caller, subject: Person, others: Sequence[Person], file: bytes = LEADERSHIP) -> str:
    """An active assessment with the form from this file: peers and a manager of one subject."""
    survey = imported(call, file, Activate="1")
    made = call.result("createAssessment", Name="Leaders 2026", SurveyID=survey.public_id)["ThreeSixtyID"]
    call.result("addPerson", ThreeSixtyID=made, PersonID=subject.public_id)
    rows = [f"{one.first_name},{one.last_name},{one.email},{subject.email},Peer" for one in others]
    people = "\n".join(["FirstName,LastName,Email,SubjectEmail,Relationship", *rows])
    call.result("importPersons", ThreeSixtyID=made, Type="Evaluators", FileContents=people)
    call.result("activateAssessment", ThreeSixtyID=made)
    return str(made)


def answer(engine: Engine, evaluator: Person, ratings: dict[str, int | None], *, rest: int | None = None) -> None:
    """Fill in the whole form of an evaluator: these ratings, `rest` for the others, something for everything else."""

    def save() -> None:
        evaluation = Evaluation.objects.select_related("assessment__survey").get(evaluator=evaluator)
        given: dict[Question, Given] = {}
        for one in evaluation.assessment.survey.questions.all():
            if one.kind == Kind.RATING:
                given[one] = Given(value=ratings.get(one.public_id, rest))
            elif one.kind == Kind.TEXT:
                given[one] = Given(text=f"{evaluator.first_name} writes about {one.public_id}.")
            else:
                given[one] = Given(value=1)
        answering.save(evaluation, given, finished=True)

    engine.run(save)


def report_of(call: Caller, made: str, person: Person) -> dict[str, Any]:
    call.result("setSubjectStatus", ThreeSixtyID=made, SubjectID=person.public_id, Status="Done")
    found = call.result("getSubjectReport", ThreeSixtyID=made, PersonID=person.public_id)
    return dict(found["Report"])


def pdf_of(engine: Engine, made: str, person: Person) -> str:
    user = engine.api_user
    fields = {
        "Request": "getSubjectReportPDF",
        "User": user.user_name,
        "Token": user.token,
        "Format": "JSON",
        "Version": "2.5",
        "ThreeSixtyID": made,
        "PersonID": person.public_id,
        "Viewer": "Admin",
    }
    answer = requests.post(engine.url + PATH, data=fields, timeout=60)
    assert answer.content.startswith(b"%PDF-"), answer.text
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


@pytest.fixture
def people(engine: Engine) -> list[Person]:
    return engine.people(5)


def test_the_report_groups_statements_and_computes_from_the_answers(engine: Engine, call: Caller, people: list[Person]):
    mara, *others = people
    made = review(call, mara, others)
    answer(engine, mara, {}, rest=3)
    for person, rating in zip(others, (2, 3, 4, 5), strict=True):
        answer(engine, person, {"QID6_2": rating, "QID6_1": None, "QID11": 8}, rest=3)

    report = report_of(call, made, mara)

    assert list(report["Scale"].values()) == ["Almost never", "Seldom", "Sometimes", "Often", "Almost always"]
    by_name = {one["Name"]: one for one in report["Competencies"]}
    assert list(by_name)[:3] == [
        "How often does this person give direction?",
        "Leadership style",
        "How often does this person communicate openly?",
    ]
    trust = {item["ID"]: item for item in by_name["Builds trust"]["Items"]}
    assert trust["QID6_2"]["Others"] == {"Mean": 3.5, "Count": 4, "Indicative": True}
    assert trust["QID6_2"]["Text"] == "Admits own mistakes"
    assert "Others" not in trust["QID6_1"]  # nobody could say
    assert trust["QID6_3"]["Others"]["Mean"] == 3.0
    comments = {one["QuestionID"]: one for one in report["Comments"]}
    assert sorted(comments["QID13"]["Blocks"][1]["Texts"])[0].endswith("writes about QID13.")


def test_statements_on_other_scales_are_shown_in_proportion_and_say_so(
    engine: Engine, call: Caller, people: list[Person]
):
    mara, *others = people
    made = review(call, mara, others)
    answer(engine, mara, {"QID11": 11, "QID3_1": 1, "QID19#1_1": 2}, rest=3)
    for person in others:
        answer(engine, person, {"QID11": 6, "QID3_1": 7, "QID19#1_1": 3}, rest=3)

    report = report_of(call, made, mara)

    items = {item["ID"]: item for one in report["Competencies"] for item in one["Items"]}
    assert (items["QID11"]["Points"], items["QID3_1"]["Points"], items["QID19#1_1"]["Points"]) == (11, 7, 3)
    assert "Points" not in items["QID2_1"]
    assert items["QID11"]["Others"]["Mean"] == 3.0  # the middle of 0 to 10 is the middle of 1 to 5
    assert items["QID11"]["Results"]["self"]["Mean"] == 5.0
    assert (items["QID3_1"]["Others"]["Mean"], items["QID3_1"]["Results"]["self"]["Mean"]) == (5.0, 1.0)
    assert (items["QID19#1_1"]["Others"]["Mean"], items["QID19#1_1"]["Results"]["self"]["Mean"]) == (5.0, 3.0)
    text = pdf_of(engine, made, mara)
    assert "converted to this one in proportion" in text
    assert "(scale from 1 to 11)" in text
    assert "Builds trust" in text


def test_the_scale_of_a_report_is_the_one_that_most_statements_have(engine: Engine, call: Caller, people: list[Person]):
    form = leadership()
    for id in ("QID2", "QID4", "QID6"):
        question(form, id)["AnalyzeChoices"] = {"5": "No", "6": "No"}
    mara, *others = people
    made = review(call, mara, others, packed(form))
    answer(engine, mara, {}, rest=1)

    report = report_of(call, made, mara)

    assert list(report["Scale"].values()) == ["Almost never", "Seldom", "Sometimes", "Often"]
    items = {item["ID"]: item for one in report["Competencies"] for item in one["Items"]}
    assert (items["QID7_1"]["Points"], items["QID7_1"]["Results"]["self"]["Mean"]) == (5, 1.0)


def test_a_form_without_ratings_has_a_report_of_comments(engine: Engine, call: Caller, people: list[Person]):
    form = leadership()
    kept = ("QID13", "QID14")
    form["SurveyElements"] = [one for one in form["SurveyElements"] if one["PrimaryAttribute"] in kept]
    mara, *others = people
    made = review(call, mara, others, packed(form))
    for person in others:
        answer(engine, person, {})

    report = report_of(call, made, mara)

    assert (report["Competencies"], report["Scale"]) == ([], {})
    assert len(report["Comments"]) == 2
    assert "writes about QID14" in pdf_of(engine, made, mara)


def test_raw_responses_have_a_column_for_each_answer(engine: Engine, call: Caller, people: list[Person]):
    mara, *others = people
    review(call, mara, others)
    answer(engine, others[0], {"QID6_2": 4}, rest=2)
    survey = engine.run(lambda: Evaluation.objects.first().assessment.survey.public_id)  # type: ignore[union-attr]

    answer_ = call("getLegacyResponseData", SurveyID=survey, ExportTags=1)

    (response,) = json.loads(answer_.text).values()
    assert (response["TRUST_2"], response["DIR_1"], response["CONTACT"], response["CHANNEL_3"]) == (4, 2, 30, 1)
    assert response["RECOMMEND"] == 1  # the second point of 0 to 10
    assert response["Round"] == "Spring 2026"
