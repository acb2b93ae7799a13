from collections.abc import Mapping
from typing import Any

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Assessment, Evaluation, Participant, Question, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP, elements, imported, leadership, packed
from tests.support.engine_fixture import Engine

Answers = Mapping[str, int | str]


def chosen(question: str, place: str, operator: str = "Selected", **more: str) -> dict[str, Any]:
    return {
        "Type": "Expression",
        "LogicType": "Question",
        "QuestionID": question,
        "Operator": operator,
        "LeftOperand": f"q://{question.replace('#', '%23')}/{place}",
        **more,
    }


def field(name: str, operator: str, value: str = "", **more: str) -> dict[str, Any]:
    return {
        "Type": "Expression",
        "LogicType": "EmbeddedField",
        "LeftOperand": name,
        "Operator": operator,
        "RightOperand": value,
        **more,
    }


EVER, NEVER = chosen("QID8", "SelectableChoice/2"), chosen("QID8", "SelectableChoice/1")


def together(*groups: list[dict[str, Any]], kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    logic: dict[str, Any] = {"Type": "BooleanExpression"}
    for number, group in enumerate(groups):
        inner: dict[str, Any] = {str(place): expression for place, expression in enumerate(group)}
        logic[str(number)] = {**inner, "Type": kinds[number] if kinds else "If"}
    return logic


def active(call: Caller, *logics: Any) -> Survey:
    """The leadership form with these quotas instead of its own."""
    form = leadership()
    form["SurveyElements"] = [one for one in form["SurveyElements"] if one["Element"] != "QO"]
    for number, logic in enumerate(logics, start=1):
        payload = {"ID": f"QO_{number}", "Name": f"Quota {number}", "Occurrences": 5, "Logic": logic}
        form["SurveyElements"].append({"Element": "QO", "PrimaryAttribute": f"QO_{number}", "Payload": payload})
    return imported(call, packed(form), Activate="1")


def answer(engine: Engine, evaluation: Evaluation, answers: Answers, *, finished: bool = True) -> None:
    def save() -> None:
        questions = {one.public_id: one for one in Question.objects.filter(survey=evaluation.assessment.survey)}
        given = {
            questions[id]: Given(text=value) if isinstance(value, str) else Given(value=value)
            for id, value in answers.items()
        }
        answering.save(evaluation, given, finished=finished)

    engine.run(save)


def peers(engine: Engine, review: Assessment, number: int) -> list[Evaluation]:
    mara, *others = engine.people(number + 1)
    subject: Participant = engine.subject(review, mara)
    return [engine.evaluation(subject, other, "Peer") for other in others]


def counts(call: Caller, survey: Survey) -> list[int]:
    return [quota["Count"] for quota in call.result("getQuotas", SurveyID=survey.public_id)["Quotas"]]


def test_quotas_are_counted_from_completed_forms(engine: Engine, call: Caller):
    survey = imported(call, LEADERSHIP, Activate="1")
    review = engine.assessment("Leaders", survey=survey)
    daily, weekly, rarely, begun, closed, declined = peers(engine, review, 6)
    answer(engine, daily, {"QID8": 1})
    answer(engine, weekly, {"QID8": 2})
    answer(engine, rarely, {"QID8": 4})
    answer(engine, begun, {"QID8": 1}, finished=False)
    answer(engine, closed, {"QID8": 1}, finished=False)
    engine.run(lambda: answering.close_sessions(Evaluation.objects.filter(pk=closed.pk)))
    engine.run(Evaluation.objects.filter(pk=declined.pk).update, status="Declined")

    assert call.result("getQuotas", SurveyID=survey.public_id)["Quotas"] == [
        {
            "ID": "QO_4bVnMq8WeRtYu1o",
            "Name": "Close colleagues",
            "Count": 2,
            "Quota": 12,
            "LogicType": "Simple",
        },
        {"ID": "QO_6pLkJh2GfDsAz3x", "Name": "All forms", "Count": 3, "Quota": 200, "LogicType": "Simple"},
    ]


CONDITIONS: list[tuple[Any, bool]] = [
    ([], True),
    (together([chosen("QID8", "SelectableChoice/2")]), True),
    (together([chosen("QID8", "SelectableChoice/1")]), False),
    (together([chosen("QID8", "SelectableChoice/1", "NotSelected")]), True),
    (together([chosen("QID5", "SelectableChoice/3")]), True),
    (together([chosen("QID5", "SelectableChoice/1")]), False),
    (together([chosen("QID9", "SelectableChoice/4")]), True),
    (together([chosen("QID6", "SelectableAnswer/2/5")]), True),
    (together([chosen("QID6", "SelectableChoice/2/4")]), False),
    (together([chosen("QID6", "SelectableAnswer/5")]), True),
    (together([chosen("QID6", "SelectableAnswer/1")]), False),
    (together([chosen("QID19#1", "SelectableChoice/2/3")]), True),
    (together([chosen("QID15", "ChoiceTextEntryValue", "Contains", RightOperand="calm")]), True),
    (together([chosen("QID15", "ChoiceTextEntryValue", "EqualTo", RightOperand="CALMLY")]), True),
    (together([chosen("QID14", "ChoiceTextEntryValue", "Empty")]), True),
    (together([chosen("QID5", "ChoiceTextEntryValue/4", "NotEmpty")]), True),
    (together([chosen("QID12", "ChoiceNumericEntryValue/2", "GreaterThan", RightOperand="40")]), True),
    (together([chosen("QID12", "ChoiceNumericEntryValue/2", "LessThanOrEqual", RightOperand="40")]), False),
    (together([field("Relationship", "EqualTo", "Peer")]), True),
    (together([field("e://Field/Department", "EqualTo", "Operations")]), True),
    (together([field("Round", "NotEqualTo", "Spring 2026")]), False),
    (together([NEVER, chosen("QID8", "SelectableChoice/2", Conjuction="Or")]), True),
    (together([EVER, chosen("QID5", "SelectableChoice/1", Conjuction="And")]), False),
    (
        together(
            [
                chosen("QID8", "SelectableChoice/2"),
                chosen("QID5", "SelectableChoice/1", Conjuction="Or"),
                chosen("QID5", "SelectableChoice/2", Conjuction="And"),
            ]
        ),
        True,
    ),
    (
        together(
            [chosen("QID8", "SelectableChoice/1")], [chosen("QID8", "SelectableChoice/2")], kinds=("If", "ElseIf")
        ),
        True,
    ),
    (together([EVER], [chosen("QID5", "SelectableChoice/1", Conjuction="And")]), False),
    ([{"0": EVER, "Type": "If"}], True),
    (together([{"Type": "Expression", "LogicType": "Quota", "LeftOperand": "qo://QO_1"}]), False),
    (together([chosen("QID8", "QuestionDisplayed", "Displayed")]), False),
    (together([chosen("QID77", "SelectableChoice/2")]), False),
]


def test_a_quota_counts_the_forms_that_meet_its_condition(engine: Engine, call: Caller):
    survey = active(call, *(logic for logic, _met in CONDITIONS))
    (form,) = peers(engine, engine.assessment("Leaders", survey=survey), 1)
    answer(
        engine,
        form,
        {
            "QID8": 2,
            "QID5_3": 1,
            "QID5_4": 1,
            "QID5_4_TEXT": "By letter",
            "QID9": 3,
            "QID6_2": 5,
            "QID6_1": 3,
            "QID19#1_2": 3,
            "QID15": "Calmly",
            "QID12_2": 45,
        },
    )

    quotas = {quota["Name"]: quota["Count"] for quota in call.result("getQuotas", SurveyID=survey.public_id)["Quotas"]}
    wrong = [
        (logic, f"meant: {met}")
        for number, (logic, met) in enumerate(CONDITIONS, start=1)
        if quotas[f"Quota {number}"] != int(met)
    ]
    assert wrong == []


def test_a_full_quota_stops_nobody(engine: Engine, call: Caller):
    form = leadership()
    elements(form, "QO")[1]["Payload"]["Occurrences"] = 1
    survey = imported(call, packed(form), Activate="1")
    first, second = peers(engine, engine.assessment("Leaders", survey=survey), 2)

    answer(engine, first, {"QID8": 1})
    answer(engine, second, {"QID8": 1})

    assert counts(call, survey) == [2, 2]


def test_a_survey_without_quotas_has_an_empty_list_and_others_see_none(engine: Engine, call: Caller):
    lena = engine.make_api_user("lena.novak", brand_admin=False)
    survey = engine.survey("Feedback")

    assert call.result("getQuotas", SurveyID=survey.public_id) == {"Quotas": []}
    assert call.refused("getQuotas", user=lena, SurveyID=survey.public_id) == (403, "ESRV3")
