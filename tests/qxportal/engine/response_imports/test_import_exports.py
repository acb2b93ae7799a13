"""importResponses: exports of the vendor's product and of this server, in every format, as they were saved."""

import json
from typing import Any

import pytest

from qxportal.engine.models import Evaluation, Question, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_imports.conftest import PAIR, S0001, Load, imported, sheet
from tests.support.case_files import case
from tests.support.engine_fixture import Engine


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


def test_ids_of_people_have_nothing_that_nobody_sees(load: Load):
    assert load(sheet((*PAIR, "Q1"), ("S00\u200b01", "\u00a0E0001\ufeff", "Peer", "", "2")))["Count"] == 1
