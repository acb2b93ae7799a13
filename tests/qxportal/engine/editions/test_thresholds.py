"""How many answers reports need: set for the brand, fixed at activation, raised later and never lowered."""

from typing import Any

import pytest

from qxportal.engine.editions.report_source import report_source
from qxportal.engine.models import Assessment, Brand, Edition, Person, Series
from qxportal.engine.reports.suppression import visible
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.editions.conftest import Round, cell
from tests.support.engine_fixture import Engine

NAMES = ("MinimumGroup", "MinimumComments", "MinimumForSpread")


def ask_for(call: Caller, group: int, comments: int, spread: int) -> None:
    """Change the brand's minimums."""
    call.result("qxSetBrand", **dict(zip(NAMES, map(str, (group, comments, spread)), strict=True)))


def told(call: Caller, review: Assessment) -> tuple[int, ...]:
    """What an assessment needs, as the server tells it."""
    (found,) = call.result("qxGetThresholds", ThreeSixtyID=review.public_id)["Thresholds"]
    return tuple(found[name] for name in NAMES)


def comments(report: dict[str, Any]) -> list[tuple[str | None, int]]:
    """The labels and sizes of the blocks of the first open question."""
    return [(block.get("Group"), len(block["Texts"])) for block in report["Comments"][0]["Blocks"]]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"MinimumGroup": "2"}, "MinimumGroup"),
        ({"MinimumGroup": "11"}, "MinimumGroup"),
        ({"MinimumGroup": "four"}, "MinimumGroup"),
        ({"MinimumGroup": "-4"}, "MinimumGroup"),
        ({"MinimumGroup": "4"}, "MinimumComments"),  # 3 of a brand that said nothing so far
        ({"MinimumGroup": "6", "MinimumComments": "6"}, "MinimumForSpread"),
        ({"MinimumGroup": "5", "MinimumComments": "4"}, "MinimumComments"),
        ({"MinimumComments": "11"}, "MinimumComments"),
        ({"MinimumForSpread": "2"}, "MinimumForSpread"),
    ],
)
def test_brand_refuses_minimums_out_of_bounds(engine: Engine, call: Caller, given: dict[str, str], refused: str):
    assert call.refused("qxSetBrand", Title="Changed", **given) == (400, f"ESRV35|{refused}")

    brand = call.result("qxGetBrand")
    assert tuple(brand[name] for name in NAMES) == (3, 3, 5)
    assert brand["Title"] != "Changed"


def test_only_brand_administrators_change_minimums_and_each_brand_has_its_own(engine: Engine, call: Caller):
    rival = engine.make_api_user("una.rival", brand=engine.make_brand("rival", "Rival"))
    colleague = engine.make_api_user("omar.haddad", brand_admin=False)
    review = engine.assessment("Leaders")

    ask_for(call, 4, 5, 6)

    assert call.refused("qxSetBrand", user=colleague, MinimumGroup="3") == (403, "ESRV3")
    assert call.refused("qxGetThresholds", user=colleague, ThreeSixtyID=review.public_id) == (403, "ESRV3")
    assert call.result("qxGetThresholds", user=colleague)["Thresholds"] == []
    assert call.refused("qxGetThresholds", user=rival, ThreeSixtyID=review.public_id) == (400, "ESRV35|ThreeSixtyID")
    assert call.result("qxGetThresholds", user=rival)["Thresholds"] == []
    assert tuple(call.result("qxGetBrand", user=rival)[name] for name in NAMES) == (3, 3, 5)


def test_assessment_takes_the_minimums_at_activation_and_keeps_them(engine: Engine, call: Caller):
    ask_for(call, 5, 6, 7)
    review = engine.assessment("Leaders", status="Draft")
    which = {"ThreeSixtyID": review.public_id}
    assert told(call, review) == (5, 6, 7)
    ask_for(call, 4, 5, 6)
    assert told(call, review) == (4, 5, 6)  # a draft follows

    call.result("activateAssessment", **which)
    ask_for(call, 3, 3, 5)

    assert told(call, review) == (4, 5, 6)
    call.result("closeAssessment", **which, CloseSessions=0, DeleteMailings=0, ReadyReports=0)
    call.result("reopenAssessment", **which)
    assert told(call, review) == (4, 5, 6)
    call.result("closeAssessment", **which, CloseSessions=0, DeleteMailings=0, ReadyReports=0)
    call.result("activateAssessment", **which)
    assert told(call, review) == (4, 5, 6)


def test_a_later_change_of_the_brand_raises_what_runs_and_never_lowers_it(engine: Engine, call: Caller):
    running, closed = engine.assessment("Leaders"), engine.assessment("Last year", status="Draft")
    call.result("activateAssessment", ThreeSixtyID=closed.public_id)
    call.result("closeAssessment", ThreeSixtyID=closed.public_id, ReadyReports=0)

    ask_for(call, 4, 6, 8)
    ask_for(call, 5, 5, 5)
    ask_for(call, 3, 3, 5)

    assert told(call, running) == (5, 6, 8)
    assert told(call, closed) == (3, 3, 5)
    ask_for(call, 6, 6, 6)
    call.result("reopenAssessment", ThreeSixtyID=closed.public_id)
    assert told(call, closed) == (6, 6, 6)  # it runs again


def test_a_change_that_an_activation_did_not_see_holds(engine: Engine, call: Caller):
    """The brand was raised while the assessment was being activated: its row has the older values."""
    review = engine.assessment("Leaders", min_group=3, min_comments=3, min_spread=5)
    engine.run(Brand.objects.filter(pk=review.brand_id).update, min_group=5, min_comments=5, min_spread=5)

    assert told(call, review) == (5, 5, 5)
    ask_for(call, 3, 3, 5)
    assert told(call, review) == (5, 5, 5)


def test_figures_comments_and_spread_each_have_their_own_minimum(at: Round):
    ask_for(at.call, 4, 5, 6)
    for number in range(4):
        at.answers(number)
    four = at.fetch_done()
    for number in range(5, 10):
        at.answers(number, "DirectReport", person=at.others[number])
    for number, person in enumerate(at.engine.people(6)):
        at.answers(number, "Customer", person=person)
    report = at.fetch_done()

    assert (cell(four), comments(four)) == ((2.5, 4), [])
    assert four["Policy"] == {"Version": "1", "MinimumGroup": 4, "MinimumComments": 5, "MinimumForSpread": 6}
    results = report["Competencies"][0]["Items"][0]["Results"]
    assert {key: (one["Count"], "Spread" in one) for key, one in results.items()} == {
        "group:Peer": (4, False),
        "group:DirectReport": (5, False),
        "group:Customer": (6, True),
    }
    assert comments(report) == [("Direct reports", 5), ("Customer", 6)]


def test_raised_minimums_take_whole_lines_out_of_the_next_edition(at: Round):
    for number in range(4):
        at.answers(number)
        at.answers(number, "DirectReport", person=at.others[4 + number])
    at.answers(4, person=at.others[8])
    first = at.fetch_done()
    assert (cell(first), cell(first, "group:DirectReport")) == ((3.0, 5), (2.5, 4))

    ask_for(at.call, 5, 5, 5)
    facts, line = at.facts(), at.line("DirectReport")
    second = at.fetch()

    assert facts["Pending"] is True
    assert (facts["Minimum"], facts["MinimumComments"], facts["MinimumForSpread"]) == (5, 5, 5)
    assert (line["Answered"], line["Shown"], line["Waiting"], line["Below"]) == (4, 0, 0, 4)
    assert (cell(second), cell(second, "group:DirectReport")) == ((3.0, 5), None)
    assert second["OthersCount"] == 5
    assert comments(second) == [("Peers", 5)]
    response = next(one for one in second["Responses"] if one["Relationship"] == "Direct reports")
    assert response == {"Relationship": "Direct reports", "Invited": 4}
    assert (at.facts()["Edition"], at.facts()["Pending"]) == (2, False)
    assert at.fetch() == second
    assert at.count(Edition) == 2


def test_a_line_that_was_taken_out_comes_back_with_as_many_others(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    ask_for(at.call, 5, 5, 5)
    for number in range(3, 7):
        at.answers(number)
    four_more = at.fetch_done()
    at.answers(7)
    five_more = at.fetch_done()

    assert cell(four_more) is None  # 7 answers, but the 4 would be told from the 3 that the first edition showed
    assert cell(five_more) == (2.6, 8)


def test_an_earlier_edition_is_given_under_minimums_that_were_raised_since(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()

    def lines() -> list[str]:
        edition = Edition.objects.get(number=1)
        review = Assessment.objects.select_related("brand", "survey").get(pk=at.review.pk)
        return [group.key for group in visible(report_source(review, at.subject, edition)).groups]

    assert at.engine.run(lines) == ["group:Peer"]
    ask_for(at.call, 4, 4, 5)
    assert at.engine.run(lines) == []


def test_imported_answers_do_not_help_a_line_over_a_raised_minimum(at: Round):
    for number in range(3):
        at.answers(number)
    for number in range(3, 6):
        at.answers(number, imported=True)
    assert cell(at.fetch_done()) == (2.7, 6)

    ask_for(at.call, 4, 4, 5)

    assert cell(at.fetch()) is None  # whoever imported three knows them, and would know the other three


def test_known_persons_need_no_minimum(at: Round):
    ask_for(at.call, 10, 10, 10)
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[0])
    at.answers(0, "Manager")
    for number in range(1, 10):
        at.answers(number)
    report = at.fetch_done()

    assert [group["Key"] for group in report["Groups"]] == ["manager"]
    assert comments(report) == [("Manager", 1)]


def test_what_a_series_needed_is_kept_when_the_assessment_is_gone(at: Round):
    ask_for(at.call, 4, 5, 6)
    for number in range(4):
        at.answers(number)
    at.fetch_done()
    at.call.result("deleteAssessment", ThreeSixtyID=at.review.public_id)

    series = at.engine.run(Series.objects.get)
    assert (series.minimum, series.minimum_comments, series.minimum_spread) == (4, 5, 6)
