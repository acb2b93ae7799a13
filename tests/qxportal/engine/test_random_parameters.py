"""Every request with anything in its parameters, in every format, by every way in: never an unexpected error.

    QXP_FUZZ=200 ./portal test tests/qxportal/engine -k random_parameters

sends 200 calls per request instead of a few, and others each time; a failing one is made as small as possible.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from qxportal.engine.models import User
from qxportal.engine.requests.dispatch import HANDLERS
from qxportal.threesixty.catalogue import KNOWN, RequestSpec
from tests.qxportal.engine.conformance import CASES
from tests.qxportal.engine.conformance.case import SampleReview
from tests.qxportal.engine.conftest import PATH
from tests.qxportal.engine.nonsense import values, ways
from tests.qxportal.engine.nonsense.judging import check
from tests.support.engine_fixture import Engine
from tests.support.samples import sample as sample_of
from tests.support.samples import thorough

FUZZ = os.environ.get("QXP_FUZZ", "")
EXAMPLES = int(FUZZ or ("12" if thorough() else "5"))  # per request
SEED = os.urandom(4).hex() if FUZZ else "always the same"
OFTEN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
NAMES = sorted(HANDLERS) if FUZZ else sample_of(sorted(HANDLERS), every=3)  # each needs rows of its own
Call = tuple[ways.Way, Mapping[str, Any]]


@st.composite
def calls(draw: st.DrawFn, spec: RequestSpec, bases: Sequence[Mapping[str, str]], ids: Sequence[str]) -> Call:
    """A call that would succeed, with some parameters exchanged or left out, and a way to send it."""
    way = draw(st.sampled_from(ways.OF_TEXTS + ways.OF_ANYTHING))
    kind = values.anything if way in ways.OF_ANYTHING else values.texts
    sound = draw(st.sampled_from(bases))
    parameters: dict[str, Any] = dict(sound)
    optional = [param for param in spec.params if not param.required]
    for param in (
        draw(st.lists(st.sampled_from([*spec.params, *optional, *optional]), max_size=3)) if spec.params else []
    ):
        if sound.get(param.name) and draw(st.booleans()):
            parameters[param.name] = draw(values.spoilt(sound[param.name]))
        else:
            parameters[param.name] = draw(kind(param, ids))
    if optional and draw(st.integers(0, 5)) == 0:
        parameters.pop(draw(st.sampled_from(spec.params)).name, None)
    parameters |= {
        "Request": draw(st.sampled_from((spec.name, spec.name, *spec.aliases))),
        "Format": draw(st.sampled_from(spec.formats * 8 + ("PPJSON", "CSV", "PDF"))),
        "Version": draw(st.sampled_from(("2.5",) * 8 + ("2.0", "2.3"))),
        "JSONPCallback": draw(st.sampled_from(("show",) * 8 + ("a b",))),
    }
    return way, parameters


def _ids() -> list[str]:
    """Public ids of everything there is, of every kind and of both brands."""
    found: list[str] = []
    for model in apps.get_app_config("engine").get_models():
        if any(field.name == "public_id" for field in model._meta.fields):
            found += model._default_manager.order_by("pk").values_list("public_id", flat=True)[:6]
    return found


def _bases(sample: SampleReview, name: str) -> list[Mapping[str, str]]:
    case = CASES[name]
    required = case.required(sample)
    return [required, *({**required, **full(sample)} for full in (case.full, case.instead) if full)]


def _try(engine: Engine, name: str, sample: SampleReview) -> None:
    user = engine.api_user
    who = {"User": user.user_name, "Token": user.token}

    @seed(f"{name} {SEED}")
    @OFTEN
    @given(call=calls(KNOWN[name], _bases(sample, name), engine.run(_ids)))
    def is_answered(call: Call) -> None:
        way, parameters = call
        check(way(engine.url + PATH, {**who, **parameters}))

    is_answered()


def test_every_request_answers_anything_in_its_own_words(engine: Engine, engine_log: Path):
    rival = engine.make_api_user("rolf.brandt", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    ada = engine.person("Ada", "Moor", brand=rival.row.brand)
    engine.subject(engine.assessment("Studio feedback", owner=rival), ada)
    engine.run(User.objects.all().update, time_zone="America/New_York")  # far enough from UTC for the ends of time
    quiet, wrong = engine_log.stat().st_size, list[Exception]()
    read_only = SampleReview(engine).whole()  # nothing that reads is in the way of another

    for name in NAMES:
        sample = SampleReview(engine).whole() if KNOWN[name].mutates else read_only
        try:
            _try(engine, name, sample)
        except Exception as error:
            wrong.append(error)

    if wrong:
        raise ExceptionGroup("Answers that are none", wrong)
    assert "Traceback" not in engine_log.read_bytes()[quiet:].decode(errors="replace")
