"""getLegacyResponseData: which responses come, by time, state, set, subgroup and panel, and for whom."""

from typing import Any

import pytest

from qxportal.engine.models import Evaluation, Panel, ResponseSet, Subgroup, User
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_exports.conftest import Study
from tests.support.engine_fixture import Engine


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


def test_raw_answers_are_for_the_owner_and_brand_administrators(engine: Engine, call: Caller, study: Study):
    other = engine.make_api_user("pia.holm", brand_admin=False)
    rival = engine.make_api_user("rolf.brandt", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    own = engine.assessment("Own", owner=other).survey

    def refused(user: Any) -> tuple[int, str]:
        return call.refused("getLegacyResponseData", user=user, SurveyID=study.survey.public_id)

    assert refused(other) == (403, "ESRV3")
    assert refused(rival) == (500, "ESRV18")
    assert call("getLegacyResponseData", user=other, SurveyID=own.public_id).json() == {}
