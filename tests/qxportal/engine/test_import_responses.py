"""importResponses: what getEvaluationStatus gave, taken back whole or not at all."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Person, Question, Stem
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import Engine

REFUSED = "Invalid request. Missing or invalid parameter FileContents. Nothing was imported. "
EVERYTHING = dict.fromkeys(("IncludeEvaluationResponses", "IncludeEvaluatorMetadata", "IncludeSubjectMetadata"), "1")
COMMENTS = ('Says "no",\r\nthen, "maybe"', "one\rtwo", " edges ", "=HYPERLINK(1)", "Zażółć 🙂", "")


def sheet(header: Sequence[str], *lines: Sequence[object]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *lines])
    return out.getvalue()


HEADER = ("SubjectUniqueIdentifier", "ParticipantUniqueIdentifier", "Relationship", "Unsolicited", "QID1", "QID13")


@pytest.fixture
def leaders(engine: Engine) -> Assessment:
    return engine.assessment("Leaders", relationships=("Mentor",))


@pytest.fixture
def people(engine: Engine) -> list[Person]:
    return engine.people(4)


@pytest.fixture
def subject(engine: Engine, leaders: Assessment, people: list[Person]) -> Participant:
    return engine.subject(leaders, people[0])


@pytest.fixture
def load(call: Caller, leaders: Assessment, subject: Participant) -> Any:
    """Imports a file and gives the answer, or the words of the refusal."""

    def send(file: str, **parameters: Any) -> Any:
        answer = call("importResponses", **{"ThreeSixtyID": leaders.public_id, "FileContents": file, **parameters})
        meta = answer.json()["Meta"]
        assert meta.get("QualtricsErrorCode", "ESRV35|FileContents") == "ESRV35|FileContents", answer.text
        return answer.json()["Result"] or meta["ErrorMessage"]

    return send


def _other_questions(assessment: Assessment) -> None:
    survey = assessment.survey
    boxes = Stem.objects.create(survey=survey, public_id="QID20", tag="Q20", position=20, type="MC")
    Question.objects.filter(survey=survey, public_id="QID1").update(recodes=["-2", "-1", "0", "1", "2"])
    Question.objects.bulk_create(
        [
            Question(
                survey=survey, public_id="QID15", tag="site", position=30, kind="Choice", choices=["Leeds", "Gdańsk"]
            ),
            Question(
                survey=survey, stem=boxes, public_id="QID20_1", tag="box", position=31, kind="Mark", choices=["Audits"]
            ),
            Question(survey=survey, public_id="QID21", tag="days", position=32, kind="Number"),
        ]
    )


def _form(subject: Participant, evaluator: Person, relationship: str, number: int) -> None:
    made = Evaluation.objects.create(
        assessment=subject.assessment,
        subject=subject,
        evaluator=evaluator,
        relationship=relationship,
        status="Completed",
        unsolicited=number == 1,
        started_at="2026-03-01 08:00:00Z",
        finished_at=f"2026-03-0{number + 1} 09:30:15Z",
    )
    values = {"QID1": number % 5 + 1, "QID2": None, "QID3": 5, "QID15": number % 2 + 1, "QID20_1": number % 2 or None}
    values |= {"QID21": -7 * number}
    for question in Question.objects.filter(survey=subject.assessment.survey):
        if question.public_id in values:
            Answer.objects.create(evaluation=made, question=question, value=values[question.public_id])
        elif question.kind == "Text":
            Answer.objects.create(evaluation=made, question=question, text=COMMENTS[number % len(COMMENTS)])


def test_an_export_fills_a_copy_until_the_two_are_the_same(engine: Engine, call: Caller):
    original = engine.assessment("Leaders", relationships=("Mentor",))
    engine.run(_other_questions, original)
    copy = engine.assessment("Leaders again", relationships=("Mentor",), survey=original.survey)
    mara, *others = engine.people(7)
    about, again = engine.subject(original, mara), engine.subject(copy, mara)
    for number, person in enumerate(others):
        engine.run(_form, about, person, "Manager" if number == 0 else "Mentor", number)
    engine.evaluation(again, others[0], "Peer")  # asked for as something else, and not begun

    def status(assessment: Assessment) -> bytes:
        return call("getEvaluationStatus", form="CSV", ThreeSixtyID=assessment.public_id, **EVERYTHING).content

    before = status(original)
    result = call.result("importResponses", ThreeSixtyID=copy.public_id, FileContents=before.decode())

    assert (result["Count"], result["IgnoredCount"]) == (6, 1)
    assert result["Ignored"] == [{"Row": 2, "Reason": "NotStarted is no response."}]
    assert status(copy) == before == status(original)
    completed = Evaluation.objects.filter(assessment=copy, status="Completed")
    assert engine.run(lambda: set(completed.values_list("imported", flat=True))) == {True}


def test_imported_responses_are_marked_in_the_raw_data(engine: Engine, call: Caller, load: Any, leaders, people):
    mara, jonas, *_ = people
    load(sheet(HEADER, (mara.public_id, jonas.public_id, "Manager", "1", "5", "Plans ahead.")))

    (said,) = call("getLegacyResponseData", SurveyID=leaders.survey.public_id).json().values()
    assert (said["Status"], said["Unsolicited"], said["Relationship"]) == ("36", "1", "Manager")
    assert (said["Q1"], said["Q13"], said["Q2"]) == (5, "Plans ahead.", "")
    assert (said["Subject Department"], said["EndDate"] > "2026") == ("Operations", True)


def test_people_are_named_by_address_and_columns_by_tag(engine: Engine, load: Any, leaders, people):
    mara, jonas, aisha, _ = people
    header = ("Subject Email", "evaluator email", "RELATIONSHIP", "Q1", "Q2", "EndDate")
    done = load(
        sheet(
            header,
            (mara.email, jonas.email, "direct report", "Always", "", "2025-12-24 08:00:00"),
            (mara.email, aisha.email, "Peer", "2", "sometimes", ""),
        )
    )

    assert done["Count"] == 2
    forms = Evaluation.objects.filter(status="Completed").order_by("pk")
    told = engine.run(lambda: list(forms.values_list("relationship", "finished_at__year")))
    assert told == [("DirectReport", 2025), ("Peer", datetime.now(UTC).year)]
    answers = engine.run(lambda: list(Answer.objects.order_by("pk").values_list("question__public_id", "value")))
    assert answers == [("QID1", 5), ("QID1", 2), ("QID2", 3)]
    taking_part = engine.run(lambda: set(Participant.objects.values_list("person", "is_subject")))
    assert taking_part == {(mara.pk, True), (jonas.pk, False), (aisha.pk, False)}


def _nothing_changed(engine: Engine) -> bool:
    return engine.run(
        lambda: (
            not Evaluation.objects.filter(imported=True).exists()
            and not Answer.objects.exists()
            and Participant.objects.filter(is_subject=False).count() == 0
        )
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("{mara}", "P_unknown000000000", "Peer", "", "1", ""), "There is no person P_unknown"),
        (("{jonas}", "{aisha}", "Peer", "", "1", ""), "is no subject of the assessment"),
        (("{mara}", "{jonas}", "", "", "1", ""), "Relationship is empty"),
        (("{mara}", "{jonas}", "Customer", "", "1", ""), "The assessment has no relationship Customer"),
        (("{mara}", "{jonas}", "Self", "", "1", ""), "Self is for the subject alone"),
        (("{mara}", "{mara}", "Peer", "", "1", ""), "Self is for the subject alone"),
        (("", "{jonas}", "Peer", "", "1", ""), "Nothing names the subject"),
        (("{mara}", "{jonas}", "Peer", "maybe", "1", ""), "Unsolicited: 'maybe'"),
        (("{mara}", "{jonas}", "Peer", "", "6", ""), "QID1: '6' is none of 1, 2, 3, 4, 5"),
        (("{mara}", "{jonas}", "Peer", "", "Mostly", ""), "QID1: 'Mostly'"),
        (("{mara}", "{jonas}", "Peer", "", "1", "", "more"), "more cells than the header"),
        (("{mara}", "{piotr}", "Peer", "", "1", ""), "An earlier row is about the same two people"),
    ],
)
def test_one_bad_row_refuses_the_whole_file(engine: Engine, load: Any, people, cells: Sequence[str], words: str):
    names = {person.first_name.lower(): person.public_id for person in people}
    good = ("{mara}", "{piotr}", "Mentor", "", "4", "Fine.")
    lines = [[cell.format(**names) for cell in line] for line in (good, cells)]

    refusal = load(sheet(HEADER, *lines))

    assert refusal.startswith(REFUSED + "Row 3: ")
    assert words in refusal
    assert _nothing_changed(engine)


def test_every_bad_row_is_told_up_to_a_hundred(engine: Engine, load: Any, people):
    mara, jonas, *_ = people
    lines = [(mara.public_id, jonas.public_id, "Peer", "", "7", "") for _ in range(250)]

    refusal = load(sheet(HEADER, *lines))

    assert refusal.count("Row ") == 100 and "Row 101:" in refusal and "Row 102:" not in refusal
    assert "there may be more" in refusal
    assert _nothing_changed(engine)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("ParticipantUniqueIdentifier", "Relationship", "QID1"), "no column SubjectUniqueIdentifier"),
        (("SubjectEmail", "Relationship", "QID1"), "no column ParticipantUniqueIdentifier"),
        (("SubjectEmail", "EvaluatorEmail", "QID1"), "no column Relationship"),
        (("SubjectEmail", "EvaluatorEmail", "Relationship"), "no question of the form"),
        ((*HEADER, "QID99"), "The column QID99 is unknown"),
        ((*HEADER, "QID1"), "The header has QID1 twice"),
        ((*HEADER, "Q1"), "The header has QID1 twice"),
        ((*HEADER, "relation ship"), "The column relation ship is unknown"),
    ],
)
def test_a_header_that_cannot_be_understood_is_refused(load: Any, header: Sequence[str], words: str):
    assert words in load(sheet(header))


@pytest.mark.parametrize("status", ["Completed", "InProgress", "Declined"])
def test_a_pair_that_has_a_form_keeps_it(engine: Engine, load: Any, subject: Participant, people, status: str):
    mara, jonas, aisha, _ = people
    engine.evaluation(subject, jonas, "Peer", status)
    answers = engine.run(lambda: list(Answer.objects.values_list("pk", "value")))
    line = (mara.public_id, aisha.public_id, "Peer", "", "1", "")

    refusal = load(sheet(HEADER, line, (mara.public_id, jonas.public_id, "Peer", "", "1", "")))

    assert f"Row 3: They have a form that is {status}." in refusal
    assert engine.run(lambda: list(Answer.objects.values_list("pk", "value"))) == answers
    assert not engine.run(lambda: Evaluation.objects.filter(evaluator=aisha).exists())


def test_the_same_file_twice_doubles_nothing(engine: Engine, load: Any, people):
    mara, jonas, *_ = people
    file = sheet(HEADER, (mara.public_id, jonas.public_id, "Peer", "", "1", "Fine."))

    assert load(file)["Count"] == 1
    assert "They have a form that is Completed" in load(file)
    assert engine.run(lambda: Evaluation.objects.filter(status="Completed").count()) == 1


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-02-30 08:00:00", "", "StartDate: '2026-02-30 08:00:00' is no time"),
        ("2026-03-02 08:00:00", "2026-03-01 08:00:00", "EndDate lies before StartDate"),
        ("", "2099-01-01 00:00:00", "EndDate lies in the future"),
    ],
)
def test_times_have_to_be_possible(load: Any, people, start: str, end: str, words: str):
    mara, jonas, *_ = people
    header = (*HEADER, "StartDate", "EndDate")

    assert words in load(sheet(header, (mara.public_id, jonas.public_id, "Peer", "", "1", "", start, end)))


def test_a_pulse_takes_responses_of_people_about_themselves(engine: Engine, call: Caller, leaders, people):
    pulse = engine.assessment("Pulse in May", type="EmployeePulse")
    mara, jonas, *_ = people
    file = sheet(("ParticipantUniqueIdentifier", "QID1"), (mara.public_id, "4"), (jonas.public_id, "2"))
    both = {"ThreeSixtyID": leaders.public_id, "FileContents": file}

    assert call.result("importResponses", **both, PulseID=pulse.public_id)["Count"] == 2
    forms = engine.run(lambda: set(Evaluation.objects.values_list("assessment", "evaluator", "relationship", "status")))
    assert forms == {(pulse.pk, person.pk, "Self", "Completed") for person in (mara, jonas)}
    assert call.refused("importResponses", **both, PulseID=leaders.public_id) == (400, "ESRV35|PulseID")
    assert call.refused("importResponses", **both, PulseID="TS_unknown00000000") == (400, "ESRV35|PulseID")


def test_a_file_comes_as_a_part_or_as_the_body_and_never_from_elsewhere(
    engine: Engine, call: Caller, leaders, subject, people
):
    mara, jonas, aisha, _ = people
    user = engine.api_user
    common = {"User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    common |= {"Request": "importResponses", "ThreeSixtyID": leaders.public_id}
    files = [sheet(HEADER, (mara.public_id, one.public_id, "Peer", "", "1", "")).encode() for one in (jonas, aisha)]

    part = requests.post(
        engine.url + PATH, data=common, files={"FileContents": ("responses.csv", files[0])}, timeout=60
    )
    body = requests.post(
        engine.url + PATH, params=common, data=files[1], headers={"Content-Type": "text/csv"}, timeout=60
    )

    assert (part.json()["Result"]["Count"], body.json()["Result"]["Count"]) == (1, 1)
    which = {"ThreeSixtyID": leaders.public_id}
    assert call.refused("importResponses", **which) == (400, "ESRV35|FileContents")
    refused = call.refused("importResponses", **which, URL="https://files.example/responses.csv")
    assert refused == (400, "ESRV35|URL")


def test_only_who_runs_the_assessment_imports(engine: Engine, call: Caller, leaders, people):
    other = engine.make_api_user("pia.holm", brand_admin=False)
    rival = engine.make_api_user("rolf.brandt", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    sent = {"ThreeSixtyID": leaders.public_id, "FileContents": sheet(HEADER)}

    assert call.refused("importResponses", user=other, **sent) == (403, "ESRV3")
    assert call.refused("importResponses", user=rival, **sent) == (400, "ESRV35|ThreeSixtyID")


def test_the_report_counts_imported_responses(engine: Engine, call: Caller, load: Any, leaders, people):
    mara, jonas, *_ = people
    load(sheet(HEADER, (mara.public_id, jonas.public_id, "Manager", "", "5", "Plans ahead.")))

    engine.run(Person.objects.filter(pk=mara.pk).update, manager=jonas)
    call.result("setSubjectStatus", ThreeSixtyID=leaders.public_id, SubjectID=mara.public_id, Status="Done")
    report = call.result("getSubjectReport", ThreeSixtyID=leaders.public_id, PersonID=mara.public_id)
    assert "Plans ahead." in json.dumps(report)
