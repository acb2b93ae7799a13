"""What a report shows after it was shown once: an edition, whoever asks and whatever happened since."""

import json

import pytest

from qxportal.engine.models import Answer, Edition, Evaluation, Person
from tests.qxportal.engine.editions.conftest import Round, cell


def test_one_more_answer_changes_no_byte_of_a_report_that_was_given(at: Round):
    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    at.answers(3)
    at.status("Done")

    assert cell(first) == (2.0, 3)
    assert at.fetch() == first
    assert at.line("Peer") == {
        "Line": "Peer",
        "Label": "Peers",
        "Kind": "group",
        "Answered": 4,
        "Shown": 3,
        "Waiting": 1,
        "Below": 0,
        "Hidden": False,
    }
    assert at.count(Edition) == 1


def test_those_who_wait_join_when_they_are_enough(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    for number in (3, 4):
        at.answers(number)
    assert cell(at.fetch_done()) == (2.0, 3)
    at.answers(0, person=at.others[9])

    assert cell(at.fetch_done()) == (2.7, 6)  # 1, 2, 3 and 4, 5, 1
    facts = at.facts()
    assert (facts["Edition"], facts["Pending"], facts["Status"]) == (2, False, "Waiting")


def test_waiting_ones_of_several_lines_join_all_others(at: Round):
    for number in range(3):
        at.answers(number)
        at.answers(number, "DirectReport", person=at.others[number + 3])
    at.fetch_done()
    at.answers(4, person=at.others[7])
    at.answers(4, "DirectReport", person=at.others[8])
    at.answers(4, "Customer", person=at.others[9])

    report = at.fetch_done()

    assert (cell(report), cell(report, "group:DirectReport")) == ((2.0, 3), (2.0, 3))
    assert cell(report, "all_others") == (5.0, 3)
    assert [block.get("Group") for block in report["Comments"][0]["Blocks"]] == ["Peers", "Direct reports", None]


@pytest.mark.parametrize("viewer", ["Admin", "Subject"])
def test_nobody_gets_figures_before_the_round_is_over(at: Round, viewer: str):
    for number in range(5):
        at.answers(number)

    assert at.call.refused("getSubjectReport", **at.which) == (400, "ETS4")
    assert at.call.refused("getSubjectReportPDF", **at.which, Viewer=viewer) == (400, "ETS4")
    facts = at.facts()
    assert (facts["Edition"], facts["MadeAt"], facts["Pending"], facts["Open"]) == (0, None, True, 1)
    assert at.count(Edition) == 0


def test_while_the_subject_is_waiting_the_last_edition_is_given(at: Round):
    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    for number in range(3, 9):
        at.answers(number)

    assert at.fetch() == first
    assert at.facts()["Pending"] is True


def test_a_closed_assessment_with_its_reports_ready_gives_figures(at: Round):
    for number in range(3):
        at.answers(number)
    at.call.result("closeAssessment", ThreeSixtyID=at.review.public_id)

    assert cell(at.fetch()) == (2.0, 3)


def test_a_changed_answer_is_another_answer_and_is_not_shown(at: Round):
    forms = [at.answers(number) for number in range(3)]
    first = at.fetch_done()
    at.engine.run(Answer.objects.filter(evaluation=forms[0]).update, value=5)
    at.status("Done")

    assert at.fetch() == first


def test_a_hidden_line_is_shown_no_more(at: Round):
    for number in range(3):
        at.answers(number)
        at.answers(number, "DirectReport", person=at.others[number + 3])
    at.fetch_done()

    assert at.call.refused("qxHideReportLine", **at.about, Line="Friends") == (400, "ESRV35|Line")
    at.call.result("qxHideReportLine", **at.about, Line="Peer")
    report = at.fetch()

    assert [group["Key"] for group in report["Groups"]] == ["group:DirectReport"]
    assert [block["Group"] for block in report["Comments"][0]["Blocks"]] == ["Direct reports"]
    assert at.line("Peer")["Hidden"] is True


def test_responses_are_not_imported_into_a_round_that_is_over(at: Round):
    sheet = (
        "SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,QID1\n"
        f"{at.mara.public_id},{at.others[0].public_id},Peer,4\n"
    )
    into = {"ThreeSixtyID": at.review.public_id, "FileContents": sheet}
    at.status("Done")
    done = at.call("importResponses", **into).json()["Meta"]["ErrorMessage"]
    at.status("Waiting")
    at.call.result("closeAssessment", ThreeSixtyID=at.review.public_id)
    closed = at.call("importResponses", **into).json()["Meta"]["ErrorMessage"]

    assert "Row 2" in done and "Done" in done
    assert "Row 2" in closed and "closed" in closed
    assert not at.engine.run(Evaluation.objects.filter(imported=True).exists)


def test_imported_answers_do_not_count_where_people_answered_themselves(at: Round):
    at.answers(0)
    for number in range(1, 4):
        at.answers(number, imported=True)

    assert cell(at.fetch_done()) == (3.0, 3)  # 2, 3, 4: the imported ones alone
    assert at.line("Peer")["Waiting"] == 1


def test_who_is_the_subject_learns_nothing_of_his_raters(at: Round):
    user = at.engine.api_user
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, user=user.row)
    at.answers(0)

    assert at.call.result("qxGetEditions", ThreeSixtyID=at.review.public_id)["Editions"] == []
    for request, more in (
        ("qxGetEditions", {}),
        ("qxHideReportLine", {"Line": "Peer"}),
        ("qxTakeOutAnswers", {"PersonID": at.others[0].public_id}),
        ("qxConfirmManager", {"PersonID": at.others[0].public_id}),
    ):
        assert at.call.refused(request, **at.about, **more) == (403, "ESRV3")


def test_what_editions_tell_names_no_answer_and_no_moment_of_one(at: Round):
    for number in range(4):
        at.answers(number)
    at.fetch_done()
    text = json.dumps(at.call.result("qxGetEditions", ThreeSixtyID=at.review.public_id))

    assert "Rater" not in text
    assert not any(person.public_id in text for person in at.others)
