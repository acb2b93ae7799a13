import io
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from qxportal.engine.models import Answer, Brand, Evaluation, Fault, Person, User
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import ApiUser, Engine

MOVED = "Calls for marlstone are redirected to http://localhost:8001.\n"


def steer(engine: Engine, *words: str) -> str:
    out = io.StringIO()
    engine.run(call_command, "engine", *words, stdout=out)
    return out.getvalue()


def test_evaluators_answer_what_is_open(engine: Engine):
    assessment, closed = engine.assessment("Leaders"), engine.assessment("Past", status="Closed")
    mara, *others = engine.people(9)
    for one in (assessment, closed):
        subject = engine.subject(one, mara)
        for other in others:
            engine.evaluation(subject, other)

    words = steer(engine, "answer", "--count", "40", "--random-seed", str(random.randint(0, 10**6)))

    assert "There is no open evaluation." in words
    states = set(engine.run(lambda: list(assessment.evaluations.values_list("status", flat=True))))
    assert states == {"Completed"}
    assert set(engine.run(lambda: list(closed.evaluations.values_list("status", flat=True)))) == {"NotStarted"}
    assert engine.run(lambda: Answer.objects.filter(value__isnull=False).count()) > 80


def test_one_assessment_moves_alone(engine: Engine):
    one, other = (engine.assessment(name) for name in ("Leaders", "Talent"))
    mara, *_ = engine.people(3)
    for assessment in (one, other):
        engine.subject(assessment, mara)

    steer(engine, "answer", "--assessment", other.public_id)

    moved = engine.run(
        lambda: set(Evaluation.objects.exclude(status="NotStarted").values_list("assessment", flat=True))
    )
    assert moved == {other.pk}


def test_faults_are_switched_on_and_off(engine: Engine, call: Caller):
    user = engine.api_user.user_name
    assert "times: unlimited" in steer(engine, "fault", "add", user, "429", "--request", "getSurveys")

    chance = steer(engine, "fault", "add", user, "cut", "--share", "0.25", "--at-random", "--seed", "4")
    assert "times: unlimited, share of calls: 25%, at most seconds: 1, cut after bytes: any number" in chance
    assert call("getSurveys").status_code == 429
    assert user in steer(engine, "fault", "list")
    assert "2 faults cleared." in steer(engine, "fault", "clear", user)
    assert call("getSurveys").status_code == 200
    assert engine.run(lambda: Fault.objects.count()) == 0


def test_a_fault_needs_a_user(engine: Engine):
    with pytest.raises(CommandError, match="no API user"):
        steer(engine, "fault", "add", "nobody", "delay")


@pytest.mark.parametrize("share", ["0", "1.5", "half"])
def test_a_share_is_a_part_of_the_calls(engine: Engine, share: str):
    with pytest.raises(CommandError, match="above 0, up to 1"):
        steer(engine, "fault", "add", engine.api_user.user_name, "delay", "--share", share)


def test_the_demo_is_only_loaded_into_an_empty_engine(engine: Engine):
    with pytest.raises(CommandError, match="already"):
        steer(engine, "seed")
    assert engine.run(lambda: Person.objects.count()) == 0


def test_a_new_token_ends_the_old_one_and_any_lock(engine: Engine, call: Caller):
    user = engine.api_user
    engine.run(User.objects.update, locked_until=timezone.now() + timedelta(minutes=5))

    token = steer(engine, "token", user.user_name).strip()

    assert call.refused("getSurveys") == (401, "ESRV1")
    call.result("getSurveys", user=replace(user, token=token))
    with pytest.raises(CommandError, match="no API user nobody"):
        steer(engine, "token", "nobody")


def test_a_brand_moves_away_and_back(engine: Engine, call: Caller):
    assert steer(engine, "move", "marlstone", "http://localhost:8001/") == MOVED
    assert engine.refreshed(engine.brand).data_centre == "http://localhost:8001"

    for wrong in ("eu.example.com", "ftp://eu.example.com", "https://eu.example.com/api"):
        with pytest.raises(CommandError, match="root address"):
            steer(engine, "move", "marlstone", wrong)
    assert steer(engine, "move", "marlstone") == "Calls for marlstone are answered by this server.\n"
    call.result("getSurveys")


def created(engine: Engine, *words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    engine.run(call_command, "engine", "brand", "create", *words, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_a_brand_is_made_with_a_token_that_works(engine: Engine, call: Caller):
    token, said = created(engine, "halden", "--title", "Halden Group", "--language", "DE", "--time-zone", "Europe/Oslo")

    assert "portal#halden" in said
    assert token not in said
    assert "halden\tHalden Group" in steer(engine, "brand", "list")
    brand = engine.run(Brand.objects.get, name="halden")
    assert (brand.language, brand.time_zone) == ("DE", "Europe/Oslo")
    user = engine.run(User.objects.get, user_name="portal#halden")
    who = ApiUser(user.user_name, token, user.public_id, "halden", user)
    surveys = call("getSurveys", user=who).json()["Result"]["Surveys"]
    assert "F\xfchrungsfeedback 360\xb0" in str(list(surveys))
    made = call("createPerson", user=who, FirstName="Ann", LastName="Bo", Email="ann@halden.example").json()
    assert made["Meta"]["Status"] == "Success"


def test_a_brand_is_made_once(engine: Engine):
    created(engine, "halden", "--title", "Halden Group")
    before = engine.run(lambda: list(User.objects.values()))

    with pytest.raises(CommandError, match=r"manage\.py engine token portal#halden"):
        created(engine, "halden", "--title", "Halden Group")

    assert engine.run(lambda: list(User.objects.values())) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Hal den", "--title", "Halden"], "letters a to z"),
        (["halden#x", "--title", "Halden"], "letters a to z"),
        (["halden", "--title", " "], "printable"),
        (["halden", "--title", "Hal\nden"], "printable"),
        (["halden", "--title", "Halden", "--time-zone", "Mars/Olympus"], "Europe/Berlin"),
    ],
)
def test_a_brand_that_cannot_be_made_leaves_nothing(engine: Engine, words: list[str], said: str):
    with pytest.raises(CommandError, match=said):
        created(engine, *words)

    assert engine.run(Brand.objects.count) == 1
