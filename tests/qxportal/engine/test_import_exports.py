"""importResponses: exports of the vendor's product and of this server, in every format, as they were saved."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import requests

from qxportal.engine.models import Answer, Assessment, Evaluation, Person, Question, Stem, Survey
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

Load = Callable[..., Any]
PAIR = ("SubjectUniqueIdentifier", "ParticipantUniqueIdentifier", "Relationship", "Unsolicited")
S0001 = ("S0001", "E0001", "Peer", "")


def sheet(*lines: Sequence[object]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


@pytest.fixture
def survey(engine: Engine, call: Caller) -> Survey:
    """plain_q1: one question."""
    return imported(engine, call, "plain_q1")


def imported(engine: Engine, call: Caller, name: str) -> Survey:
    answer = call.upload("importSurvey", case(f"surveys/{name}.qsf"), ImportFormat="QSF", Name=name)
    return engine.run(lambda: Survey.objects.get(public_id=answer.json()["Result"]["SurveyID"]))


@pytest.fixture
def people(engine: Engine) -> list[Person]:
    """A subject and evaluators with the keys and addresses that the files have."""
    subject = engine.person("Sub", "One", email="sub1@t.example", unique_identifier="S0001")
    return [
        subject,
        *(engine.person("Ev", f"No{n}", email=f"ev{n}@t.example", unique_identifier=f"E000{n}") for n in range(1, 5)),
    ]


@pytest.fixture
def load(engine: Engine, call: Caller, survey: Survey, people: list[Person]) -> Load:
    """Imports a file into an assessment with the form and gives the Result, or the words of the refusal."""

    def send(file: bytes, form: Survey = survey) -> Any:
        review = engine.assessment("Leaders", survey=form, relationships=("Mentor",))
        engine.subject(review, people[0])
        answer: requests.Response = call.upload("importResponses", file, ThreeSixtyID=review.public_id)
        assert answer.status_code in (200, 400), answer.text
        return answer.json()["Result"] or answer.json()["Meta"]["ErrorMessage"]

    return send


@pytest.fixture
def said(engine: Engine) -> Callable[[], list[tuple[str, int | None, str]]]:
    """Every answer there is."""

    def read() -> list[tuple[str, int | None, str]]:
        found = Answer.objects.order_by("pk").values_list("question__public_id", "value", "text")
        return engine.run(lambda: list(found))

    return read


@pytest.mark.parametrize(
    "name", ["dataset_360_three_headers", "dataset_360_one_header", "legacy_two_headers", "status_numbers"]
)
def test_exports_of_the_product_are_taken(engine: Engine, load: Load, said: Any, name: str):
    done = load(case(f"responses/{name}.csv"))

    assert done == {"Count": 1, "IgnoredCount": 0, "Ignored": [], "IgnoredColumns": []}
    assert said() == [("QID1", 2, "")]
    form = engine.run(lambda: Evaluation.objects.get(imported=True))
    assert (form.relationship, form.status, form.partial) == ("Peer", "Completed", False)
    if name.startswith("dataset"):
        assert f"{form.started_at:%Y-%m-%d %H:%M:%S} {form.finished_at:%H:%M:%S}" == "2026-05-04 09:12:11 09:20:02"


@pytest.mark.parametrize(("name", "value"), [("no_basis_minus_one", -1), ("seen_unanswered_minus_99", None)])
def test_no_basis_and_left_open_are_no_points(
    engine: Engine, call: Caller, load: Load, said: Any, name: str, value: int | None
):
    done = load(case(f"responses/{name}.csv"), imported(engine, call, "no_basis_minus_one"))

    assert done["Count"] == 1
    assert said() == [("QID1_1", value, ""), ("QID1_2", 2, "")]


BOOKKEEPING = (
    "StartDate",
    "EndDate",
    "Status",
    "IPAddress",
    "Progress",
    "Duration (in seconds)",
    "Finished",
    "RecordedDate",
    "ResponseId",
    "RecipientLastName",
    "RecipientFirstName",
    "RecipientEmail",
    "ExternalReference",
    "LocationLatitude",
    "LocationLongitude",
    "DistributionChannel",
    "UserLanguage",
    "Q_RecaptchaScore",
    "Q_URL",
    "Q1_First Click",
    "Q1_Last Click",
    "Q1_Page Submit",
    "Q1_Click Count",
    "SC0",
    "SC_9zYxWv",
    "SC0-weightedAvg",
    "Q1 - Topics",
    "Q1 - Parent Topics",
    "Q1 - Sentiment Score",
    "Q2_Browser",
    "Q2_Operating System",
    "Q1_DO_1",
    "FL_12_DO",
    "Q7_Size",
    "Q_TotalDuration",
)


@pytest.mark.parametrize("status", ["32", "0", "36", "16", "4", "EX", "IP Address", "Imported", ""])
@pytest.mark.parametrize("finished", ["1", "TRUE", "True"])
def test_bookkeeping_is_known_and_left_out(load: Load, said: Any, status: str, finished: str):
    kept = {"StartDate": "2026-05-04 09:12:11", "EndDate": "2026-05-04 09:20:02", "Status": status}
    kept |= {"Finished": finished, "ResponseId": "R_3abcdefghijklmn", "Progress": "100"}
    line = [kept.get(name, "1.5") for name in BOOKKEEPING]

    assert load(sheet((*BOOKKEEPING, *PAIR, "Q1"), (*line, *S0001, "2")))["Count"] == 1
    assert said() == [("QID1", 2, "")]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Status": "1"}, "A preview"),
        ({"Status": "Survey Preview"}, "A preview"),
        ({"Status": "2"}, "A test"),
        ({"Status": "8"}, "spam"),
        ({"Status": "40"}, "spam"),
        ({"Status": "NotStarted"}, "NotStarted"),
        ({"Finished": "0", "EndDate": ""}, "InProgress"),
        ({"ResponseID": "FS_1abc", "Finished": "0"}, "InProgress"),
    ],
)
def test_rows_that_are_no_responses_are_told(load: Load, said: Any, cells: dict[str, str], words: str):
    done = load(sheet((*cells, *PAIR, "Q1"), (*cells.values(), *S0001, "2")))

    assert (done["Count"], done["Ignored"][0]["Row"]) == (0, 2)
    assert words in done["Ignored"][0]["Reason"]
    assert said() == []


def test_a_status_that_is_none_is_refused(load: Load):
    for word in ("64", "-1", "Maybe"):
        assert f"Status: '{word}'" in load(sheet((*PAIR, "Status", "Q1"), (*S0001, word, "2")))


def test_what_was_recorded_before_its_end_stays_so(engine: Engine, load: Load):
    head, line = ("Finished", "EndDate", *PAIR, "Q1"), ("FALSE", "2026-05-04 09:20:02", *S0001, "2")
    assert load(sheet(head, line))["Count"] == 1
    assert engine.run(lambda: Evaluation.objects.get(imported=True).partial)


def test_questions_are_known_by_their_import_id(load: Load, said: Any):
    """The tag was changed after the export; fields of the survey there are told and left out."""
    head = ("Region", "Rating (old)", *PAIR)
    ids = [json.dumps({"ImportId": name}) for name in ("Region", "QID1", *PAIR)]

    done = load(sheet(head, ("Region", "How good?", *PAIR), ids, ("North", "2", *S0001)))

    assert (done["Count"], done["IgnoredColumns"]) == (1, ["Region"])
    assert said() == [("QID1", 2, "")]


def test_a_field_is_told_by_a_second_header_that_repeats_it(load: Load, said: Any):
    done = load(
        sheet(("V1", "Region", *PAIR, "Q1"), ("ResponseID", "Region", *PAIR, "Rate"), ("R_1", "N", *S0001, "2"))
    )

    assert (done["Count"], done["IgnoredColumns"]) == (1, ["Region"])


def test_a_mistyped_question_is_refused(load: Load):
    assert "The column Q11 is unknown" in load(sheet((*PAIR, "Q1", "Q11"), (*S0001, "2", "2")))
    question = json.dumps({"ImportId": "QID99"})
    assert "The column Q99 is unknown" in load(
        sheet((*PAIR, "Q1", "Q99"), ("", "", "", "", "", question), (*S0001, 2, 2))
    )


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_responses_come_in_the_encodings_of_spreadsheets(load: Load, said: Any, encoding: str, separator: str):
    text = sheet((*PAIR, "Q1"), (*S0001, "2")).decode().replace(",", separator)

    assert load(text.encode(encoding))["Count"] == 1
    assert said() == [("QID1", 2, "")]


def test_values_of_data_frames_and_addresses_as_pasted_are_understood(load: Load, said: Any):
    head = ("SubjectEmail", "EvaluatorEmail", "Relationship", "StartDate", "Q1")
    line = ("mailto:sub1@t.example", "Ev One <EV1@T.example>", "peer", "2026-05-04T09:12:11.5Z", "2.0")

    assert load(sheet(head, line))["Count"] == 1
    assert said() == [("QID1", 2, "")]


def _with_numbers(survey: Survey) -> None:
    for number, (kind, digits) in enumerate((("Slider", "2"), ("Slider", "0"), ("CS", "")), start=50):
        payload = {"Configuration": {"NumDecimals": digits}}
        stem = Stem.objects.create(survey=survey, public_id=f"QID{number}", position=number, type=kind, payload=payload)
        Question.objects.create(
            survey=survey,
            stem=stem,
            public_id=f"QID{number}",
            tag=f"n{number}",
            position=number,
            kind="Number",
            text="N",
        )


def test_decimals_are_kept_where_the_question_has_some(
    engine: Engine, call: Caller, load: Load, said: Any, survey: Survey
):
    engine.run(_with_numbers, survey)

    assert load(sheet((*PAIR, "QID50", "QID51", "QID52"), (*S0001, "3.25", "7.0", "33,5")))["Count"] == 1
    assert said() == [("QID50", 3, "3.25"), ("QID51", 7, ""), ("QID52", 34, "33.5")]
    (told,) = call("getLegacyResponseData", SurveyID=survey.public_id).json().values()
    assert (told["n50"], told["n51"], told["n52"]) == (3.25, 7, 33.5)
    refusal = load(sheet((*PAIR, "QID51"), (*S0001, "7.5")))
    assert "QID51: '7.5' is no whole number, and this question has no decimals." in refusal


def _with_boxes(survey: Survey) -> None:
    payload = {"RecodeValues": {"1": "1", "2": "5", "4": "7"}}
    stem = Stem.objects.create(
        survey=survey, public_id="QID60", tag="boxes", position=60, type="MC", selector="MAVR", payload=payload
    )
    for part, label in (("1", "Audits"), ("2", "Plans, and more"), ("4", "Plans")):
        Question.objects.create(
            survey=survey,
            stem=stem,
            part=part,
            public_id=f"QID60_{part}",
            tag=f"boxes_{part}",
            position=60,
            kind="Mark",
            text=label,
            choices=[label],
        )


@pytest.mark.parametrize("title", ["boxes", "QID60"])
@pytest.mark.parametrize(
    ("cell", "ticked"),
    [("1,5", "12"), ("7", "4"), ("Audits,Plans, and more", "12"), ("Plans,Audits", "14"), ("plans, AND more", "2")],
)
def test_one_column_may_have_all_that_was_ticked(
    engine: Engine, load: Load, said: Any, survey: Survey, title: str, cell: str, ticked: str
):
    engine.run(_with_boxes, survey)

    assert load(sheet((*PAIR, title), (*S0001, cell)))["Count"] == 1
    assert said() == [(f"QID60_{part}", 1, "") for part in ticked]


def test_a_choice_that_is_none_refuses_the_cell(engine: Engine, load: Load, survey: Survey):
    engine.run(_with_boxes, survey)
    for cell in ("1,2", "Audits,Pla", "1;5"):
        assert f"QID60_1: {cell!r} is none of 1, 5, 7, nor labels of theirs." in load(
            sheet((*PAIR, "boxes"), (*S0001, cell))
        )


def _with_a_tag_twice(survey: Survey) -> None:
    for place in (70, 71):
        Question.objects.create(
            survey=survey, public_id=f"QID{place}", tag="same", position=place, kind="Text", text="Why?"
        )


@pytest.mark.parametrize(
    "titles", [("same", "same"), ("same", "same_2"), ("same", "same.1"), ("QID70", "QID71"), ("Why?", "Why?")]
)
def test_questions_with_one_tag_are_told_by_their_place(
    engine: Engine, load: Load, said: Any, survey: Survey, titles: tuple[str, str]
):
    engine.run(_with_a_tag_twice, survey)

    assert load(sheet((*PAIR, *titles), (*S0001, "first", "second")))["Count"] == 1
    assert said() == [("QID70", None, "first"), ("QID71", None, "second")]
    assert "The column same is unknown" in load(sheet((*PAIR, "Q1", "same"), (*S0001, "2", "which?")))


def test_a_question_named_like_bookkeeping_is_still_a_question(engine: Engine, load: Load, said: Any, survey: Survey):
    engine.run(Question.objects.filter(survey=survey).update, tag="SC1")

    assert load(sheet(("ResponseId", "Progress", *PAIR, "SC1"), ("R_1", "100", *S0001, "2")))["Count"] == 1
    assert said() == [("QID1", 2, "")]


def test_fields_beside_bookkeeping_are_left_out_and_told(load: Load, said: Any):
    head = ("StartDate", "IPAddress", "Progress", "RecordedDate", "ResponseId", "Department", "Job level", *PAIR, "Q1")
    line = ("2026-05-04 09:12:11", "", "100", "", "R_3abcdefghijklmn", "Sales", "3", *S0001, "2")

    done = load(sheet(head, line))

    assert (done["Count"], done["IgnoredColumns"]) == (1, ["Department", "Job level"])
    assert "The column Q11 is unknown" in load(sheet((*head, "Q11"), (*line, "2")))
    assert "The column Q1_3 is unknown" in load(sheet((*head, "Q1_3"), (*line, "2")))


SWITCHES = [
    {},
    {"ExportTags": "1"},
    {"ExportQuestionIDs": "1"},
    {"ExportTags": "1", "Labels": "1", "LocationData": "1"},
]


@pytest.mark.parametrize("form", ["CSV", "JSON", "XML", "HTML"])
@pytest.mark.parametrize("switches", SWITCHES, ids=["plain", "tags", "ids", "labels"])
def test_our_own_raw_data_fill_a_copy(
    engine: Engine, call: Caller, people: list[Person], form: str, switches: dict[str, str]
):
    original = engine.assessment("Leaders", relationships=("Mentor",))
    copy = engine.assessment("Leaders again", relationships=("Mentor",), survey=original.survey)
    for review in (original, copy):
        engine.subject(review, people[0])
    about = engine.run(lambda: original.participants.get(is_subject=True))
    for number, person in enumerate(people[1:]):
        engine.run(_answer, about, person, "Manager" if number == 0 else "Mentor", number)
    survey = {"SurveyID": original.survey.public_id}

    file = call("getLegacyResponseData", form=form, **survey, **switches, UnansweredRecode="-99").content
    answer = call.upload("importResponses", file, ThreeSixtyID=copy.public_id)

    assert answer.json()["Result"]["Count"] == 4, answer.text
    assert engine.run(_told, copy) == engine.run(_told, original)


TEXTS = ('Says "no",\r\nthen <b>maybe</b> & "yes"', "=1+1", "Zażółć 🙂", "-9")


def _answer(subject: Any, evaluator: Person, relationship: str, number: int) -> None:
    made = Evaluation.objects.create(
        assessment=subject.assessment,
        subject=subject,
        evaluator=evaluator,
        relationship=relationship,
        status="Completed",
        unsolicited=number == 1,
        partial=number == 2,
        started_at="2026-03-01 08:00:00Z",
        finished_at=f"2026-03-0{number + 1} 09:30:15Z",
    )
    for question in Question.objects.filter(survey=subject.assessment.survey, public_id__in=("QID1", "QID2")):
        Answer.objects.create(
            evaluation=made, question=question, value=number + 1 if question.public_id == "QID1" else None
        )
    text = Question.objects.filter(survey=subject.assessment.survey, kind="Text").order_by("pk")[0]
    Answer.objects.create(evaluation=made, question=text, text=TEXTS[number])


def _told(review: Assessment) -> set[tuple[Any, ...]]:
    forms = Evaluation.objects.filter(assessment=review, status="Completed")
    columns = ("evaluator", "relationship", "unsolicited", "partial", "finished_at")
    answers = ("answers__question__public_id", "answers__value", "answers__text")
    return set(forms.values_list(*columns, *answers))


def test_hrs_own_identifiers_come_back_in_every_export(
    engine: Engine, call: Caller, rows: Rows, load: Load, people: Any, survey: Survey
):
    load(case("responses/dataset_360_one_header.csv"))
    review = engine.run(lambda: Assessment.objects.get(name="Leaders"))
    which = {"ThreeSixtyID": review.public_id}

    (subject,) = rows(call("getSubjectStatus", form="CSV", **which))
    assert (subject["UniqueIdentifier"], subject["ExternalDataReference"]) == (people[0].public_id, "S0001")
    forms = rows(call("getEvaluationStatus", form="CSV", **which))
    assert {(one["SubjectExternalDataReference"], one["EvaluatorExternalDataReference"]) for one in forms} == {
        ("S0001", "S0001"),
        ("S0001", "E0001"),
    }
    (said,) = call("getLegacyResponseData", SurveyID=survey.public_id).json().values()
    assert (said["SubjectExternalDataReference"], said["ExternalDataReference"]) == ("S0001", "E0001")
    listed = {one["PersonID"]: one["ExternalDataReference"] for one in call.result("getPersons")["Persons"]}
    assert listed == {person.public_id: person.unique_identifier for person in people}


def test_a_text_is_known_by_the_import_id_that_the_vendor_writes(engine: Engine, load: Load, said: Any, survey: Survey):
    """The vendor puts _TEXT behind the id of a question that is answered in words, whatever its tag is today."""
    engine.run(_with_a_tag_twice, survey)
    head = (*PAIR, "old tag", "Q1")
    ids = [json.dumps({"ImportId": name}) for name in (*PAIR, "QID71_TEXT", "QID1")]

    assert load(sheet(head, (*PAIR, "Why?", "Rate"), ids, (*S0001, "words", "2")))["Count"] == 1
    assert said() == [("QID71", None, "words"), ("QID1", 2, "")]


def test_an_answer_is_not_left_out_for_its_second_title(engine: Engine, load: Load, said: Any, survey: Survey):
    """In a file with V1, V2 the tag may stand above the row that was taken for the header."""
    engine.run(_with_a_tag_twice, survey)
    known = ("ResponseID", "IPAddress", "Finished", "StartDate", "EndDate", "Status")
    above = (*(f"V{number}" for number in range(1, 7)), *PAIR, "Q1", "same")
    line = ("R_1", "", "1", "2026-05-04 09:12:11", "2026-05-04 09:20:02", "0", *S0001, "2", "words")

    assert "The column Text is unknown" in load(sheet(above, (*known, *PAIR, "Rate", "Text"), line))
    assert said() == []


def _with_a_matrix(survey: Survey) -> None:
    payload = {"RecodeValues": {"1": "1", "2": "5"}}
    boxes = Stem.objects.create(
        survey=survey, public_id="QID80", tag="grid", position=80, type="Matrix", selector="Likert", payload=payload
    )
    for part, label in (("1_1", "Often"), ("1_2", "Seldom"), ("2_1", "Often"), ("2_2", "Seldom")):
        Question.objects.create(
            survey=survey,
            stem=boxes,
            part=part,
            public_id=f"QID80_{part}",
            tag=f"grid_{part}",
            position=80,
            kind="Mark",
            text=label,
            choices=[label],
        )
    Question.objects.create(
        survey=survey, public_id="QID81_1_1", tag="cell_1_1_TEXT", position=81, kind="Text", text="Cell"
    )


@pytest.mark.parametrize("titles", [("grid_1", "grid_2", "cell_1_1"), ("QID80_1", "QID80_2", "QID81_1_1_TEXT")])
@pytest.mark.parametrize("cells", [("1,5", "5"), ("Often,Seldom", "seldom")])
def test_a_statement_may_have_all_that_was_ticked(
    engine: Engine, load: Load, said: Any, survey: Survey, titles: tuple[str, ...], cells: tuple[str, str]
):
    engine.run(_with_a_matrix, survey)

    assert load(sheet((*PAIR, *titles), (*S0001, *cells, "why")))["Count"] == 1
    assert said() == [
        ("QID80_1_1", 1, ""),
        ("QID80_1_2", 1, ""),
        ("QID80_2_2", 1, ""),
        ("QID81_1_1", None, "why"),
    ]


@pytest.mark.parametrize("cell", ["1,000", "-12,345"])
def test_a_number_with_two_meanings_is_refused(engine: Engine, load: Load, survey: Survey, cell: str):
    engine.run(_with_numbers, survey)
    for question in ("QID50", "QID51", "QID52"):
        assert "can be read in two ways" in load(sheet((*PAIR, question), (*S0001, cell)))


@pytest.mark.parametrize("cell", ["0,125", "12,5", "1000", "1.000"])
def test_a_number_with_one_meaning_is_taken(engine: Engine, load: Load, survey: Survey, cell: str):
    engine.run(_with_numbers, survey)
    assert load(sheet((*PAIR, "QID50"), (*S0001, cell)))["Count"] == 1


@pytest.mark.parametrize("day", ["2026/5/4", "2026-5-4", "2026.05.04", "2026-05-04"])
@pytest.mark.parametrize("hour", ["9:12", "09:12:00"])
def test_times_that_begin_with_the_year_are_understood(engine: Engine, load: Load, day: str, hour: str):
    assert load(sheet((*PAIR, "EndDate", "Q1"), (*S0001, f"{day} {hour}", "2")))["Count"] == 1
    form = engine.run(lambda: Evaluation.objects.get(imported=True))
    assert f"{form.finished_at:%Y-%m-%d %H:%M}" == "2026-05-04 09:12"


@pytest.mark.parametrize("day", ["5/4/2026 9:12", "04.05.2026 09:12", "2026/13/4", "2026/5/4 25:00"])
def test_other_times_are_refused(load: Load, day: str):
    assert "is no time" in load(sheet((*PAIR, "EndDate", "Q1"), (*S0001, day, "2")))


def test_ids_of_people_have_nothing_that_nobody_sees(load: Load):
    assert load(sheet((*PAIR, "Q1"), ("S00\u200b01", "\u00a0E0001\ufeff", "Peer", "", "2")))["Count"] == 1
