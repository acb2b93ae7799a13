"""Relationships that stand together in reports: one line with one minimum, decided before the first report."""

import json
from typing import Any

import pytest

from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.editions.conftest import Round, cell
from tests.support.engine_fixture import Engine

COLLEAGUES = {"Name": "Colleagues", "Relationships": ["Peer", "Customer"], "Translations": {"DE": "Kollegium"}}


def put_together(at: Round, *groups: dict[str, Any]) -> None:
    at.call.result("qxSetReportGroups", ThreeSixtyID=at.review.public_id, Groups=json.dumps(groups))


def two_of_each(at: Round) -> None:
    for number, relationship in enumerate(("Peer", "Peer", "Customer", "Customer")):
        at.answers(number, relationship)


def test_group_of_a_report_is_one_line_with_one_minimum(at: Round):
    put_together(at, COLLEAGUES)
    two_of_each(at)

    report = at.fetch_done()

    assert cell(report, "group:Colleagues") == (2.5, 4)
    assert (cell(report, "group:Peer"), cell(report, "all_others")) == (None, None)
    assert [row["Label"] for row in report["Groups"]] == ["Colleagues"]
    line = at.line("Colleagues")
    assert (line["Label"], line["Answered"], line["Shown"], line["Waiting"]) == ("Colleagues", 4, 4, 0)
    assert {one["Line"] for one in at.facts()["Lines"]} == {"Self", "Colleagues"}


def test_without_a_group_the_same_answers_stand_among_all_others(at: Round):
    two_of_each(at)

    assert cell(at.fetch_done(), "all_others") == (2.5, 4)


def test_groups_are_decided_by_the_first_report(at: Round):
    which = {"ThreeSixtyID": at.review.public_id}
    put_together(at, COLLEAGUES)
    put_together(at)
    put_together(at, COLLEAGUES)
    two_of_each(at)
    at.fetch_done()

    assert at.call.refused("qxSetReportGroups", **which, Groups="[]") == (400, "ETS3")
    (told,) = at.call.result("qxGetThresholds", **which)["Thresholds"]
    assert (told["Groups"], told["GroupsFixed"]) == ([COLLEAGUES], 1)


def test_lines_of_groups_can_be_hidden_and_those_inside_have_none(at: Round):
    put_together(at, COLLEAGUES)
    two_of_each(at)

    assert at.call.refused("qxHideReportLine", **at.about, Line="Customer") == (400, "ESRV35|Line")
    at.call.result("qxHideReportLine", **at.about, Line="Colleagues")
    assert cell(at.fetch_done(), "group:Colleagues") is None


@pytest.mark.parametrize(
    "groups",
    [
        {"Name": "Colleagues"},
        [{"Name": "Colleagues", "Relationships": []}],
        [{"Name": "", "Relationships": ["Peer"]}],
        [{"Name": "Bosses", "Relationships": ["Manager", "Peer"]}],
        [{"Name": "Bosses", "Relationships": ["Nobody"]}],
        [{"Name": "Manager", "Relationships": ["Peer"]}],
        [{"Name": "All others", "Relationships": ["Peer"]}],
        [{"Name": "Customer", "Relationships": ["Peer"]}],
        [{"Name": "A", "Relationships": ["Peer"]}, {"Name": "B", "Relationships": ["Peer"]}],
        [{"Name": "A", "Relationships": ["Peer"]}, {"Name": "a", "Relationships": ["Customer"]}],
        [{"Name": "A", "Relationships": ["Peer"], "Translations": {"DE": 1}}],
        [{"Name": "A", "Relationships": ["Peer"], "Minimum": 1}],
    ],
)
def test_groups_that_mean_nothing_are_refused(at: Round, groups: Any):
    given = {"ThreeSixtyID": at.review.public_id, "Groups": json.dumps(groups)}

    assert at.call.refused("qxSetReportGroups", **given) == (400, "ESRV35|Groups")


def test_relationships_cannot_take_the_name_of_a_group(at: Round):
    put_together(at, COLLEAGUES)
    names = json.dumps([{"Name": "Customer"}, {"Name": "colleagues"}])
    given = {"ThreeSixtyID": at.review.public_id, "jsonOfRelationships": names}

    assert at.call.refused("setCustomRelationships", **given) == (400, "ESRV35|jsonOfRelationships")


def test_only_who_runs_an_assessment_sets_its_groups(at: Round, engine: Engine, call: Caller):
    rival = engine.make_api_user("una.rival", brand=engine.make_brand("rival", "Rival"))
    colleague = engine.make_api_user("omar.haddad", brand_admin=False)
    given = {"ThreeSixtyID": at.review.public_id, "Groups": json.dumps([COLLEAGUES])}

    assert call.refused("qxSetReportGroups", user=colleague, **given) == (403, "ESRV3")
    assert call.refused("qxSetReportGroups", user=rival, **given) == (400, "ESRV35|ThreeSixtyID")
    assert engine.refreshed(at.review).report_groups == []
