from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.models import Assessment, Evaluation, Survey
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

FORMAT = "%Y-%m-%d %H:%M:%S"


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders")


@pytest.fixture
def form(engine: Engine, review: Assessment) -> Evaluation:
    mara, jonas = engine.people(2)
    return engine.evaluation(engine.subject(review, mara), jonas, "Peer", "InProgress")


def is_open(engine: Engine, form: Evaluation) -> bool:
    return engine.run(lambda: answering.open_evaluations().filter(pk=form.pk).exists())


def finish(form: Evaluation) -> None:
    answering.save(form, {}, finished=True)


def options(call: Caller, review: Assessment, **wished: Any) -> Any:
    return call.result("setSurveyOptions", SurveyID=review.survey.public_id, **wished)


def test_an_inactive_survey_cannot_be_answered_until_it_is_active_again(
    engine: Engine, call: Caller, review: Assessment, form: Evaluation
):
    assert is_open(engine, form)

    call.result("deactivateSurvey", SurveyID=review.survey.public_id)

    assert not is_open(engine, form)
    with pytest.raises(answering.NotOpenError):
        engine.run(finish, form)
    assert engine.refreshed(form).status == "InProgress"

    call.result("activateSurvey", SurveyID=review.survey.public_id)
    engine.run(finish, form)
    assert engine.refreshed(form).status == "Completed"


@pytest.mark.parametrize(
    ("start", "end", "answerable"),
    [(-2, -1, False), (1, 2, False), (-1, 1, True), (-1, None, True), (1, None, False), (None, -1, False)],
)
def test_a_survey_is_answered_only_within_its_window(
    engine: Engine,
    call: Caller,
    review: Assessment,
    form: Evaluation,
    start: int | None,
    end: int | None,
    answerable: bool,
):
    now = timezone.now()
    given = {"ExpirationStartDate": start, "ExpirationEndDate": end}
    dates = {name: (now + timedelta(hours=hours)).strftime(FORMAT) for name, hours in given.items() if hours}

    options(call, review, Expiration=1, SourceTimeZone="UTC", **dates)

    assert is_open(engine, form) == answerable
    options(call, review, Expiration=0)
    assert is_open(engine, form)
    survey = engine.refreshed(review.survey)
    assert (survey.starts_at, survey.expires_at) == (None, None)


def test_dates_are_in_the_given_zone_or_in_the_callers(engine: Engine, call: Caller, review: Assessment):
    engine.run(type(engine.api_user.row).objects.update, time_zone="America/New_York")

    options(call, review, Expiration=1, ExpirationEndDate="2030-07-01 12:00:00")
    assert engine.refreshed(review.survey).expires_at == datetime(2030, 7, 1, 16, tzinfo=UTC)

    options(call, review, Expiration=1, ExpirationEndDate="2030-07-01 12:00:00", SourceTimeZone="Asia/Tokyo")
    survey = engine.refreshed(review.survey)
    assert (survey.expires_at, survey.time_zone) == (datetime(2030, 7, 1, 3, tzinfo=UTC), "Asia/Tokyo")


@pytest.mark.parametrize(
    ("wished", "parameter"),
    [
        ({"Expiration": 1}, "ExpirationStartDate"),
        ({"ExpirationStartDate": "2030-01-01 00:00:00"}, "ExpirationStartDate"),
        ({"Expiration": 0, "ExpirationEndDate": "2030-01-01 00:00:00"}, "ExpirationEndDate"),
        ({"Expiration": 1, "ExpirationStartDate": "2030-01-01"}, "ExpirationStartDate"),
        ({"Expiration": 1, "ExpirationEndDate": "9999-12-31 23:59:59"}, "ExpirationEndDate"),
        ({"Expiration": 1, "ExpirationEndDate": "0001-01-01 00:00:00"}, "ExpirationEndDate"),
        ({"Active": 1, "SourceTimeZone": "Mars/Olympus"}, "SourceTimeZone"),
        ({"Active": 1, "SourceTimeZone": "../../etc/passwd"}, "SourceTimeZone"),
        (
            {
                "Expiration": 1,
                "ExpirationStartDate": "2030-02-01 00:00:00",
                "ExpirationEndDate": "2030-01-01 00:00:00",
            },
            "ExpirationEndDate",
        ),
    ],
)
def test_options_that_make_no_sense_change_nothing(
    engine: Engine, call: Caller, review: Assessment, wished: dict[str, Any], parameter: str
):
    before = engine.refreshed(review.survey)

    refused = call.refused("setSurveyOptions", SurveyID=review.survey.public_id, **wished)

    assert refused == (400, f"ESRV35|{parameter}")
    after = engine.refreshed(review.survey)
    assert (after.active, after.starts_at, after.expires_at) == (before.active, before.starts_at, before.expires_at)


@pytest.mark.parametrize(("closing", "status"), [(1, "Completed"), (0, "InProgress")])
def test_closing_sessions_records_begun_forms_of_every_assessment_with_the_survey(
    engine: Engine, call: Caller, review: Assessment, form: Evaluation, closing: int, status: str
):
    other = engine.assessment("Seniors", survey=review.survey)
    elsewhere = engine.assessment("Others")
    mara, jonas = engine.people(2)
    begun = engine.evaluation(engine.subject(other, mara), jonas, "Peer", "InProgress")
    untouched = engine.evaluation(engine.subject(elsewhere, mara), jonas, "Peer", "InProgress")

    options(call, review, Active=0, CloseSessions=closing)

    for one in (form, begun):
        now = engine.refreshed(one)
        assert (now.status, now.partial) == (status, bool(closing))
    assert engine.refreshed(untouched).status == "InProgress"


def test_other_options_close_no_session(engine: Engine, call: Caller, review: Assessment, form: Evaluation):
    options(call, review, Active=1)
    options(call, review, Expiration=0)
    call.result("deactivateSurvey", SurveyID=review.survey.public_id)

    assert engine.refreshed(form).status == "InProgress"


def test_an_assessment_does_not_open_on_a_form_that_nobody_could_answer(engine: Engine, call: Caller):
    draft = engine.assessment("Drafted", status="Draft")
    closed = engine.assessment("Closed", status="Closed")
    yesterday = timezone.now() - timedelta(days=1)
    engine.run(Survey.objects.filter(pk=draft.survey_id).update, active=False)
    engine.run(Survey.objects.filter(pk=closed.survey_id).update, expires_at=yesterday)

    assert call.refused("activateAssessment", ThreeSixtyID=draft.public_id) == (400, "ETS3")
    assert call.refused("reopenAssessment", ThreeSixtyID=closed.public_id) == (400, "ETS3")

    call.result("activateSurvey", SurveyID=draft.survey.public_id)
    call.result("activateAssessment", ThreeSixtyID=draft.public_id)
    assert engine.refreshed(draft).status == "Active"
