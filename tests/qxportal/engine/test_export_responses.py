"""getLegacyResponseData: which responses, in which columns, in which words."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
import requests

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.models import (
    Answer,
    Assessment,
    Evaluation,
    Panel,
    Participant,
    Person,
    Question,
    ResponseSet,
    Stem,
    Subgroup,
    Survey,
    User,
)
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

COMMENT = 'Says "no", when needed;\r\nnever <b>late</b> & never =1+1'
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


@dataclass
class Study:
    """A form with a question of every kind, and two recorded responses and a begun one about Mara."""

    assessment: Assessment
    subject: Participant
    manager: Evaluation
    peer: Evaluation
    begun: Evaluation
    jonas: Person

    @property
    def survey(self) -> Survey:
        return self.assessment.survey


def _questions(survey: Survey) -> list[Question]:
    survey.questions.all().delete()
    boxes = Stem.objects.create(survey=survey, public_id="QID3", tag="Q3", position=3, type="MC", selector="MAVR")
    return Question.objects.bulk_create(
        [
            Question(
                survey=survey,
                public_id="QID1",
                tag="clear",
                position=1,
                text="Explains decisions",
                choices=["Never", "Sometimes", "Always"],
                recodes=["10", "20", "99"],
            ),
            Question(
                survey=survey,
                public_id="QID2",
                tag="site",
                position=2,
                kind="Choice",
                text="Where do you meet?",
                choices=["Leeds", "Gdańsk"],
            ),
            *(
                Question(
                    survey=survey,
                    stem=boxes,
                    part=str(number),
                    public_id=f"QID3_{number}",
                    tag=f"boxes_{number}",
                    position=2 + number,
                    kind="Mark",
                    text=f"Worked on: {label}",
                    choices=[label],
                )
                for number, label in enumerate(("Audits", "Tenders"), start=1)
            ),
            Question(survey=survey, public_id="QID4", tag="days", position=5, kind="Number", text="Days together"),
            Question(survey=survey, public_id="QID5", tag="keep", position=6, kind="Text", text="What to keep?"),
        ]
    )


@pytest.fixture
def study(engine: Engine) -> Study:
    assessment = engine.assessment("Leaders", options={"SelfEvaluation": False})
    questions = {question.public_id: question for question in engine.run(_questions, assessment.survey)}
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Title": "Buyer, senior"}, unique_identifier="M-17")
    aisha = engine.person("Aisha", "Petrov")
    subject = engine.subject(assessment, mara)

    def form(evaluator: Person, relationship: str, status: str, hour: int, said: dict[str, Any], **fields: Any) -> Any:
        started = datetime(2026, 7, 1, hour, 0, 0, tzinfo=UTC)
        made = Evaluation.objects.create(
            assessment=assessment,
            subject=subject,
            evaluator=evaluator,
            relationship=relationship,
            status=status,
            started_at=started,
            finished_at=started.replace(minute=20) if status == "Completed" else None,
            **fields,
        )
        for name, value in said.items():
            given = {"text": value} if isinstance(value, str) else {"value": value}
            Answer.objects.create(evaluation=made, question=questions[name], **given)
        return made

    full = {"QID1": 3, "QID2": 2, "QID3_1": 1, "QID3_2": None, "QID4": -4, "QID5": COMMENT}
    open_ = {"QID1": None, "QID3_1": None, "QID3_2": None, "QID4": None, "QID5": ""}
    place = {"ip_address": "203.0.113.7", "latitude": 53.8, "longitude": -1.55, "accuracy": 30.0}
    manager = engine.run(form, jonas, "Manager", "Completed", 22, full, **place)
    peer = engine.run(form, aisha, "Peer", "Completed", 9, open_, imported=True)
    tom = engine.person("Tom", "Dubois")
    begun = engine.run(form, tom, "Peer", "InProgress", 8, {"QID1": 1})
    return Study(assessment, subject, manager, peer, begun, jonas)


@pytest.fixture
def ask(call: Caller, study: Study) -> Any:
    """Gives the responses as JSON."""

    def export(**wishes: Any) -> dict[str, dict[str, Any]]:
        answer = call("getLegacyResponseData", SurveyID=study.survey.public_id, **wishes)
        assert answer.status_code == 200, answer.text
        found: dict[str, dict[str, Any]] = answer.json()
        return found

    return export


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


def test_recorded_responses_go_on_after_the_last_one(study: Study, ask: Any, call: Caller):
    first, second = study.peer.public_id, study.manager.public_id

    assert list(ask(LastResponseID=first)) == [second]
    assert ask(LastResponseID=second) == {}
    assert list(ask(Limit=1)) == [first]
    assert list(ask(Limit=1, Offset=1)) == [second]
    assert ask(Limit=0) == {}
    for unknown in ("R_neverExisted0000", study.begun.public_id):
        refused = call.refused("getLegacyResponseData", SurveyID=study.survey.public_id, LastResponseID=unknown)
        assert refused == (400, "ESRV35|LastResponseID")


def test_one_response_stands_alone(engine: Engine, study: Study, ask: Any, call: Caller):
    which = {"SurveyID": study.survey.public_id, "ResponseID": study.peer.public_id}

    assert list(ask(ResponseID=study.peer.public_id)) == [study.peer.public_id]
    assert ask(ResponseID=study.begun.public_id) == {}
    elsewhere = engine.evaluation(
        engine.subject(engine.assessment("Other"), study.jonas), study.jonas, "Self", "Completed"
    )
    for unknown in ("R_neverExisted0000", elsewhere.public_id):
        assert call.refused("getLegacyResponseData", **which | {"ResponseID": unknown}) == (400, "ESRV35|ResponseID")
    for name in ("ResponseSetID", "SubgroupID", "StartDate", "EndDate"):
        value = "2026-01-01 00:00:00" if "Date" in name else "RS_any"
        assert call.refused("getLegacyResponseData", **which, **{name: value}) == (400, f"ESRV35|{name}")


def test_what_is_in_progress_is_given_only_when_asked_for(study: Study, ask: Any):
    found = ask(ResponsesInProgress=1)

    session = study.begun.public_id.replace("R_", "FS_")
    assert list(found) == [session]
    assert (found[session]["Finished"], found[session]["clear"], found[session]["EndDate"]) == (
        0,
        10,
        "0000-00-00 00:00:00",
    )
    assert ask(ResponsesInProgress=1, Offset=1) == {}
    assert ask(ResponsesInProgress=1, LastResponseID=session) == {}
    assert list(ask(ResponsesInProgress=1, ResponseID=session)) == [session]


def test_a_partial_response_is_recorded_but_not_finished(study: Study, ask: Any, call: Caller):
    call.result("closeAssessment", ThreeSixtyID=study.assessment.public_id)

    assert ask()[study.begun.public_id]["Finished"] == "0"
    assert ask(ResponsesInProgress=1) == {}


def test_times_are_those_of_the_caller_unless_told_otherwise(engine: Engine, study: Study, ask: Any):
    engine.run(User.objects.filter(pk=engine.api_user.row.pk).update, time_zone="Asia/Tokyo")

    assert ask()[study.manager.public_id]["EndDate"] == "2026-07-02 07:20:00"
    assert ask(LocalTime=0)[study.manager.public_id]["EndDate"] == "2026-07-01 22:20:00"
    assert list(ask(StartDate="2026-07-02 07:19:59")) == [study.manager.public_id]
    assert list(ask(StartDate="2026-07-02 07:20:00")) == []
    assert list(ask(EndDate="2026-07-02 07:20:00")) == [study.peer.public_id]
    assert list(ask(StartDate="2026-07-01 22:19:59", LocalTime=0)) == [study.manager.public_id]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Mars/Olympus"])
def test_the_ends_of_time_bound_nothing(engine: Engine, study: Study, ask: Any, zone: str):
    engine.run(User.objects.filter(pk=engine.api_user.row.pk).update, time_zone=zone)

    assert len(ask(StartDate="0001-01-01 00:00:00", EndDate="9999-12-31 23:59:59")) == 2
    assert ask(EndDate="0001-01-01 00:00:00") == ask(StartDate="9999-12-31 23:59:59") == {}


def test_response_sets_subgroups_and_panels_narrow_it(engine: Engine, study: Study, ask: Any, call: Caller):
    spring = engine.run(ResponseSet.objects.create, survey=study.survey, name="Spring round")
    engine.run(Evaluation.objects.filter(pk=study.peer.pk).update, response_set=spring)
    managers = engine.run(Subgroup.objects.create, survey=study.survey, name="Managers", relationships=["Manager"])
    peers = engine.run(Subgroup.objects.create, survey=study.survey, name="Peers", relationships=["Peer"])
    panel = engine.run(Panel.objects.create, brand=engine.brand, library_id=engine.api_user.user_id, name="Board")

    assert list(ask()) == [study.manager.public_id]
    in_spring = ask(ResponseSetID=spring.public_id)
    assert {key: said["ResponseSet"] for key, said in in_spring.items()} == {study.peer.public_id: "Spring round"}
    assert list(ask(ResponseID=study.peer.public_id)) == [study.peer.public_id]
    assert list(ask(SubgroupID=managers.public_id)) == [study.manager.public_id]
    assert ask(SubgroupID=peers.public_id) == {}
    assert ask(PanelID=panel.public_id) == {}
    engine.run(lambda: panel.persons.add(study.jonas))
    assert list(ask(PanelID=panel.public_id)) == [study.manager.public_id]
    for name in ("ResponseSetID", "SubgroupID", "PanelID"):
        refused = call.refused("getLegacyResponseData", SurveyID=study.survey.public_id, **{name: "XX_unknown"})
        assert refused == (400, f"ESRV35|{name}")


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


def test_a_table_has_an_end_to_the_right(engine: Engine, study: Study, call: Caller):
    def invent() -> None:
        for number, person in enumerate(people):
            person.metadata = {f"Field {number} {key}": "x" for key in range(100)}
            person.save()

    people = engine.people(21)
    engine.run(invent)
    engine.run(_forms, engine, study, people)

    refused = call.refused("getLegacyResponseData", SurveyID=study.survey.public_id)
    assert refused == (400, "ETS6")


def test_names_that_are_taken_give_way(engine: Engine, study: Study, ask: Any):
    def rename() -> None:
        Question.objects.filter(survey=study.survey, public_id__in=("QID1", "QID2")).update(tag="Name")
        Question.objects.filter(survey=study.survey, public_id="QID4").update(tag="")
        Survey.objects.filter(pk=study.survey.pk).update(embedded_data=[{"Field": "Wave", "Value": "Spring"}])

    engine.run(rename)

    said = ask()[study.manager.public_id]
    assert (said["Name"], said["QID1"], said["QID2"], said["QID4"]) == ("Jonas Okafor", 99, 2, -4)
    assert said["Wave"] == "Spring"


def test_raw_answers_are_for_the_owner_and_brand_administrators(engine: Engine, call: Caller, study: Study):
    other = engine.make_api_user("pia.holm", brand_admin=False)
    rival = engine.make_api_user("rolf.brandt", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    own = engine.assessment("Own", owner=other).survey

    def refused(user: Any) -> tuple[int, str]:
        return call.refused("getLegacyResponseData", user=user, SurveyID=study.survey.public_id)

    assert refused(other) == (403, "ESRV3")
    assert refused(rival) == (500, "ESRV18")
    assert call("getLegacyResponseData", user=other, SurveyID=own.public_id).json() == {}


def _forms(engine: Engine, study: Study, people: Iterable[Person]) -> None:
    finished = datetime(2026, 8, 1, tzinfo=UTC)
    made = Evaluation.objects.bulk_create(
        [
            Evaluation(
                assessment=study.assessment,
                subject=study.subject,
                evaluator=person,
                relationship="Peer",
                status="Completed",
                started_at=finished,
                finished_at=finished,
            )
            for person in people
        ]
    )
    question = Question.objects.get(survey=study.survey, public_id="QID5")
    Answer.objects.bulk_create([Answer(evaluation=one, question=question, text="x" * 2000) for one in made])


@pytest.mark.parametrize("form", ["JSON", "CSV", "XML", "HTML"])
def test_a_long_export_is_whole_and_its_length_announced(engine: Engine, call: Caller, study: Study, form: str):
    engine.run(_forms, engine, study, engine.people(1_100))

    answer: requests.Response = call("getLegacyResponseData", form=form, SurveyID=study.survey.public_id)

    assert int(answer.headers["Content-Length"]) == len(answer.content) > 2_000_000
    assert answer.text.count("x" * 2000) == 1_100
    if form == "JSON":
        assert len(answer.json()) == 1_102


def test_a_long_export_can_be_cut_too(engine: Engine, call: Caller, study: Study):
    engine.run(_forms, engine, study, engine.people(1_100))
    engine.fault("cut", cut_at=1_500_000)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        call("getLegacyResponseData", SurveyID=study.survey.public_id)
