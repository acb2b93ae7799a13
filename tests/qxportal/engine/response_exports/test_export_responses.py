"""getLegacyResponseData: which responses, in which columns, in which words."""

import csv
import io
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.models import Evaluation, Question, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_exports.conftest import COMMENT, Study
from tests.support.engine_fixture import Engine

ABOUT = (
    "ResponseSet",
    "Name",
    "ExternalDataReference",
    "EmailAddress",
    "IPAddress",
    "Status",
    "StartDate",
    "EndDate",
    "Finished",
)


def test_a_response_says_who_about_whom_when_and_what(study: Study, ask: Any):
    found = ask(LocationData=1)

    assert list(found) == [study.peer.public_id, study.manager.public_id]
    said = found[study.manager.public_id]
    assert tuple(said)[:9] == ABOUT
    assert [said[name] for name in ABOUT] == [
        "Default Response Set",
        "Jonas Okafor",
        "M-17",
        study.jonas.email,
        "203.0.113.7",
        "32",
        "2026-07-01 22:00:00",
        "2026-07-01 22:20:00",
        "1",
    ]
    assert (said["SubjectLastName"], said["Relationship"], said["ThreeSixtyID"]) == (
        "Lindqvist",
        "Manager",
        study.assessment.public_id,
    )
    assert (said["Subject Department"], said["Evaluator Title"]) == ("Sales", "Buyer, senior")
    assert list(said.items())[-9:] == [
        ("clear", 99),
        ("site", 2),
        ("boxes_1", 1),
        ("boxes_2", ""),
        ("days", -4),
        ("keep", COMMENT),
        ("LocationLatitude", 53.8),
        ("LocationLongitude", -1.55),
        ("LocationAccuracy", 30.0),
    ]
    assert found[study.peer.public_id]["Status"] == "36"
    assert "LocationLatitude" not in ask()[study.peer.public_id]


def test_labels_replace_the_recodes(study: Study, ask: Any):
    said = ask(Labels=1)[study.manager.public_id]

    assert [said[tag] for tag in ("clear", "site", "boxes_1", "boxes_2", "days")] == [
        "Always",
        "Gdańsk",
        "Audits",
        "",
        -4,
    ]


def test_what_was_seen_and_left_open_has_a_recode_of_its_own(study: Study, ask: Any):
    tags = ("clear", "site", "boxes_1", "boxes_2", "days", "keep")

    def said(evaluation: Evaluation, **wishes: Any) -> list[Any]:
        return [ask(**wishes)[evaluation.public_id].get(tag) for tag in tags]

    assert said(study.peer) == [""] * 6
    assert said(study.peer, UnansweredRecode="-99") == [-99, "", -99, -99, -99, -99]
    assert said(study.manager, UnansweredRecode="-99")[2:4] == [1, ""]  # one box of the two is ticked
    assert said(study.manager, UnansweredRecode="open", Questions="QID3_2") == [None, None, None, "", None, None]


def test_a_page_that_was_seen_tells_what_was_left_open(engine: Engine, study: Study, ask: Any):
    """The form as it is filled in: the first page is seen and partly answered, the second never is."""
    seen = engine.run(lambda: {one.public_id: one for one in study.survey.questions.all()})
    page = {seen["QID1"]: Given(value=2), seen["QID2"]: Given(), seen["QID4"]: Given()}
    engine.run(enlist, study.assessment, [study.begun.evaluator], subjects=False)

    engine.run(answering.save, study.begun, page, finished=True)

    said = ask(UnansweredRecode="-1")[study.begun.public_id]
    assert [said[tag] for tag in ("clear", "site", "days", "keep")] == [20, -1, -1, ""]


def test_columns_are_narrowed_to_questions_and_their_parts(study: Study, ask: Any, call: Caller):
    def tags(wanted: str) -> list[str]:
        return [tag for tag in ask(Questions=wanted)[study.peer.public_id] if tag in ("clear", "boxes_1", "boxes_2")]

    assert tags("QID3") == ["boxes_1", "boxes_2"]
    assert tags("QID1,QID3_2") == ["clear", "boxes_2"]
    refused = call.refused("getLegacyResponseData", SurveyID=study.survey.public_id, Questions="QID1,QID9")
    assert refused == (400, "ESRV35|Questions")


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        ({}, ["V20", "V21", "V22", "V23", "V24"]),
        ({"ExportTags": 1}, ["Subject Department", "Evaluator Title", "clear", "site", "boxes_1"]),
        (
            {"ExportQuestionIDs": 1, "ExportTags": 1},
            ["Subject Department", "Evaluator Title", "QID1", "QID2", "QID3_1"],
        ),
    ],
)
def test_csv_has_two_header_rows_and_a_comma_at_every_end(
    study: Study, call: Caller, wishes: dict[str, Any], named: list[str]
):
    answer = call("getLegacyResponseData", form="CSV", SurveyID=study.survey.public_id, **wishes)

    assert answer.headers["Content-Type"] == "application/vnd.msexcel"
    lines = list(csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True))
    assert {line[-1] for line in lines} == {""}
    heads, titles, first, second = (line[:-1] for line in lines)
    assert heads[0] == ("ResponseID" if wishes else "V1")
    assert heads[19:24] == named
    assert titles[:2] + titles[21:23] == ["ResponseID", "ResponseSet", "Explains decisions", "Where do you meet?"]
    assert (first[0], second[0]) == (study.peer.public_id, study.manager.public_id)
    assert second[-6:] == ["99", "2", "1", "", "-4", COMMENT]


def test_xml_has_an_element_for_each_response_and_column(study: Study, call: Caller):
    answer = call("getLegacyResponseData", form="XML", SurveyID=study.survey.public_id)

    root = ElementTree.fromstring(answer.content)
    assert [response.findtext("ResponseID") for response in root.findall("Response")] == [
        study.peer.public_id,
        study.manager.public_id,
    ]
    manager = root.findall("Response")[1]
    assert (manager.findtext("clear"), manager.findtext("EmailAddress")) == ("99", study.jonas.email)
    assert manager.findtext("element[@key='Subject Department']") == "Sales"
    assert manager.findtext("keep") == COMMENT


def test_html_is_a_page_with_one_table_and_inert_words(engine: Engine, study: Study, call: Caller):
    engine.run(Survey.objects.filter(pk=study.survey.pk).update, name="</title><script>alert(1)</script>")

    page = call("getLegacyResponseData", form="HTML", SurveyID=study.survey.public_id, ExportTags=1).text

    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.count("<table") == page.count("<caption>") == page.count("<h1>") == 1
    assert page.count('<th scope="col">') == 2 * 27 and page.count('<th scope="row">') == 2
    assert "&lt;b&gt;late&lt;/b&gt; &amp; never" in page
    assert "<script" not in page and "<b>" not in page


def test_metadata_are_those_of_the_day_the_form_was_finished(engine: Engine, study: Study, ask: Any):
    engine.run(
        Evaluation.objects.filter(pk=study.manager.pk).update, subject_metadata={"Department": "Export", "Floor": "3"}
    )

    found = ask()
    assert (found[study.manager.public_id]["Subject Department"], found[study.manager.public_id]["Subject Floor"]) == (
        "Export",
        "3",
    )
    assert (found[study.peer.public_id]["Subject Department"], found[study.peer.public_id]["Subject Floor"]) == (
        "Sales",
        "",
    )


def test_names_that_are_taken_give_way(engine: Engine, study: Study, ask: Any):
    def rename() -> None:
        Question.objects.filter(survey=study.survey, public_id__in=("QID1", "QID2")).update(tag="Name")
        Question.objects.filter(survey=study.survey, public_id="QID4").update(tag="")
        Survey.objects.filter(pk=study.survey.pk).update(embedded_data=[{"Field": "Wave", "Value": "Spring"}])

    engine.run(rename)

    said = ask()[study.manager.public_id]
    assert (said["Name"], said["QID1"], said["QID2"], said["QID4"]) == ("Jonas Okafor", 99, 2, -4)
    assert said["Wave"] == "Spring"
