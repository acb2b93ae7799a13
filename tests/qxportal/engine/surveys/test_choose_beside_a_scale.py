"""A choice that is no point of its scale is shown, chosen, taken from files, exported, and never averaged."""

import json
from typing import Any

import pytest

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Answer, Assessment, Question, Stem, Survey
from qxportal.engine.surveys.choices import Choice, cannot_say
from qxportal.engine.surveys.rescaling import rescale
from qxportal.engine.surveys.scales import scale
from tests.qxportal.engine.conftest import Caller, Rows
from tests.qxportal.engine.surveys.survey_files import asked, imported, packed
from tests.support.case_files import case
from tests.support.engine_fixture import Engine


def review(engine: Engine, survey: Survey, peers: int) -> Assessment:
    """An open assessment of one subject, and peers in the directory."""
    made = engine.assessment("Leaders", survey=survey, options={"SelfEvaluation": False})
    engine.subject(made, engine.person("Sub", "One", email="sub1@t.example"))
    for number in range(1, peers + 1):
        engine.person("Ev", f"Number {number}", email=f"ev{number}@t.example")
    return made


def taken(call: Caller, made: Assessment, file: bytes) -> None:
    answer = call.upload("importResponses", file, ThreeSixtyID=made.public_id)
    assert answer.status_code == 200, answer.text


def report(call: Caller, made: Assessment) -> dict[str, Any]:
    """The subject's report."""
    call.result("closeAssessment", ThreeSixtyID=made.public_id)
    subject = call.engine.run(lambda: made.participants.get(is_subject=True).person.public_id)
    return dict(call.result("getSubjectReport", ThreeSixtyID=made.public_id, PersonID=subject)["Report"])


def values(engine: Engine) -> dict[str, int | None]:
    return engine.run(lambda: dict(Answer.objects.values_list("question__public_id", "value")))


def test_two_negative_recodes_beside_a_scale_are_never_averaged(engine: Engine, call: Caller):
    survey = imported(call, case("surveys/two_asides.qsf"), Activate="1")
    made = review(engine, survey, 4)
    taken(call, made, case("responses/two_asides.csv"))

    said = report(call, made)

    assert list(said["Scale"].values()) == ["Never", "Sometimes", "Always"]
    ((item,),) = [one["Items"] for one in said["Competencies"]]
    assert (item["Others"]["Mean"], item["Others"]["Count"]) == (3.0, 3)


def test_the_survey_shows_all_that_can_be_chosen(call: Caller):
    survey = imported(call, case("surveys/two_asides.qsf"))

    written = call("getSurvey", form="XML", SurveyID=survey.public_id).text

    for label, recode in (("Always", "3"), ("No Opinion", "-1"), ("Never worked with them", "-2")):
        assert f'Recode="{recode}"><Description>{label}<' in written
    others = asked(call, survey)["QID1_1"].others
    assert [(one["label"], one["recode"], one["point"]) for one in others] == [
        ("No Opinion", "-1", None),
        ("Never worked with them", "-2", None),
    ]


@pytest.mark.parametrize(
    ("cell", "exported", "label"),
    [
        ("-1", -1, "No basis for evaluation"),
        ("No basis for evaluation", -1, "No basis for evaluation"),
        ("-99", "", ""),
        ("3", 3, "Always"),
    ],
)
def test_a_file_of_responses_may_say_so_by_recode_or_label(
    engine: Engine, call: Caller, rows: Rows, cell: str, exported: object, label: str
):
    survey = imported(call, case("surveys/no_basis_minus_one.qsf"), Activate="1")
    made = review(engine, survey, 1)
    taken(call, made, case("responses/no_basis_minus_one.csv").replace(b"-1,2", f"{cell},2".encode()))

    (response,) = json.loads(call("getLegacyResponseData", SurveyID=survey.public_id, ExportTags=1).text).values()
    (named,) = call("getLegacyResponseData", SurveyID=survey.public_id, ExportTags=1, Labels=1).json().values()
    status = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=made.public_id, IncludeEvaluationResponses=1))

    assert (response["G_1"], response["G_2"], named["G_1"]) == (exported, 2, label)
    assert status[0]["QID1_1"] == str(exported)


def test_left_open_is_told_from_beside_the_scale(engine: Engine, call: Caller):
    survey = imported(call, case("surveys/no_basis_minus_one.qsf"), Activate="1")
    taken(call, review(engine, survey, 1), case("responses/seen_unanswered_minus_99.csv"))

    assert values(engine) == {"QID1_1": None, "QID1_2": 2}


def with_quota(choice: str) -> bytes:
    """The form with two asides, and a quota of those who chose this."""
    form = json.loads(case("surveys/two_asides.qsf"))
    place = f"q://QID1/SelectableChoice/1/{choice}"
    one = {"Type": "Expression", "LogicType": "Question", "LeftOperand": place, "Operator": "Selected"}
    logic = {"Type": "BooleanExpression", "0": {"Type": "If", "0": one}}
    payload = {"ID": "QO_1", "Name": "Chose it", "Occurrences": 5, "Logic": logic}
    form["SurveyElements"].append({"Element": "QO", "PrimaryAttribute": "QO_1", "Payload": payload})
    return packed(form)


@pytest.mark.parametrize(("choice", "count"), [("3", 3), ("5", 1), ("4", 0)])
def test_quotas_count_who_chose_what(engine: Engine, call: Caller, choice: str, count: int):
    survey = imported(call, with_quota(choice), Activate="1")
    taken(call, review(engine, survey, 4), case("responses/two_asides.csv"))

    (quota,) = call.result("getQuotas", SurveyID=survey.public_id)["Quotas"]
    assert quota["Count"] == count


def test_two_choices_of_one_recode_count_alike_and_keep_their_labels(engine: Engine, call: Caller):
    form = json.loads(case("surveys/two_asides.qsf"))
    question = next(one for one in form["SurveyElements"] if one["Element"] == "SQ")["Payload"]
    question["RecodeValues"] = {"1": "1", "2": "2", "3": "2", "4": "3", "5": "-1"}
    survey = imported(call, packed(form), Activate="1")
    made = review(engine, survey, 3)
    file = "SubjectEmail,EvaluatorEmail,Relationship,G_1\n" + "".join(
        f"sub1@t.example,ev{number}@t.example,Peer,Always\n" for number in (1, 2, 3)
    )
    taken(call, made, file.encode())

    exported = call("getLegacyResponseData", SurveyID=survey.public_id, ExportTags=1, Labels=1).json().values()

    assert {response["G_1"] for response in exported} == {"Always"}
    ((item,),) = [each["Items"] for each in report(call, made)["Competencies"]]
    assert (item["Others"]["Mean"], item["Others"]["Count"]) == (2.0, 3)


def test_people_can_choose_what_is_no_point(engine: Engine, call: Caller):
    survey = imported(call, case("surveys/no_basis_minus_one.qsf"), Activate="1")
    made = engine.assessment("Leaders", survey=survey, options={"SelfEvaluation": False})
    mara, *others = engine.people(4)
    subject = engine.subject(made, mara)
    forms = [engine.evaluation(subject, other, "Peer") for other in others]

    def answer() -> None:
        first, second = Question.objects.filter(survey=survey)
        for form in forms:
            answering.save(form, {first: Given(value=-1), second: Given(value=2)}, finished=True)

    engine.run(answer)
    items = {item["ID"]: item for one in report(call, made)["Competencies"] for item in one["Items"]}

    assert "Others" not in items["QID1_1"]
    assert items["QID1_2"]["Others"]["Mean"] == 2.0


def test_ratings_stored_under_the_older_rule_come_under_the_one_of_today(engine: Engine, call: Caller):
    survey = imported(call, case("surveys/two_asides.qsf"), Activate="1")
    made = review(engine, survey, 4)
    taken(call, made, case("responses/two_asides.csv"))

    def as_before() -> None:
        question = Question.objects.get(survey=survey)
        question.choices = ["Never worked with them", "Never", "Sometimes", "Always"]
        question.recodes, question.others = ["-2", "1", "2", "3"], []
        question.save()
        Answer.objects.filter(value=3).update(value=4)
        Answer.objects.filter(value=-2).update(value=1)

    engine.run(as_before)

    assert engine.run(lambda: rescale(Stem.objects.all(), Question.objects, Answer.objects)) == 1
    assert engine.run(lambda: rescale(Stem.objects.all(), Question.objects, Answer.objects)) == 0
    kept = engine.run(lambda: list(Answer.objects.values_list("value", flat=True)))
    assert sorted(filter(None, kept)) == [-2, 3, 3, 3]
    ((item,),) = [one["Items"] for one in report(call, made)["Competencies"]]
    assert (item["Others"]["Mean"], item["Others"]["Count"]) == (3.0, 3)


@pytest.mark.parametrize(
    "label",
    [
        "N/A",
        "n.a.",
        "k.A.",
        "K. A.",
        "Don’t know / N/A",
        "Don't know (N/A)",
        "N/A - Not applicable",
        "Weiss nicht",
        "Keine Angabe möglich",
        "No sabe / No contesta",
        "Ne s’applique pas",
        "Nie mam zdania",
        "Bilmiyorum",
        "わからない",
        "Trifft nicht zu / keine Angabe",
    ],
)
def test_what_says_that_it_is_no_judgement_is_known_however_it_is_written(label: str):
    assert cannot_say(label)


@pytest.mark.parametrize(
    "label", ["Never", "No", "Neither agree nor disagree", "", "-", "3 / 5", "Not sure", "Know / N"]
)
def test_judgements_are_points(label: str):
    assert not cannot_say(label)


@pytest.mark.parametrize(
    ("recodes", "beside"),
    [
        ([-3, -2, -1, 0, 1, 2, 3, -4], [-4]),
        ([-2, -1, 0, 1, 2, -3, -4], [-3, -4]),
        ([1, 2, 3, 4, 5, -1, -2], [-1, -2]),
        ([-1, 1, 2, 3, 4, 5], [-1]),
        ([-2, -1, 1, 2], []),
        ([-2, -1, 0, 1, 2, -9], [-9]),
        ([1, 2, 3, 4, 5, 0, 99], [0, 99]),
    ],
)
def test_a_scale_with_two_poles_keeps_both(recodes: list[int], beside: list[int]):
    found = scale([Choice(str(n), f"c{n}", str(recode)) for n, recode in enumerate(recodes, start=1)])

    assert [int(other.choice.recode) for other in found.others] == beside
    assert [int(point.recode) for point in found.points] == sorted(set(recodes) - set(beside))
