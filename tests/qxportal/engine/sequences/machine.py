"""What every kind of request needs in a random sequence: a brand of its own, calls, choices, and the comparison."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

import requests
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.ids import LENGTH
from tests.qxportal.engine.conftest import PATH
from tests.qxportal.engine.sequences.world import Review, World
from tests.support import quick_http
from tests.support.engine_fixture import ApiUser, Engine

T = TypeVar("T")
NUMBERS = count(1)  # makes brands and chosen ids unique among all sequences


Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True)
class Action:
    """Something that can be done: with what, how often among the others, and when."""

    strategies: Mapping[str, st.SearchStrategy[Any]]
    often: int = 1
    possible: Callable[[Any], object] = lambda machine: True


def action(*, often: int = 1, **strategies: st.SearchStrategy[Any]) -> Callable[[Function], Function]:
    """Let a method be a step; it gets what the strategies give, and `data` to draw more.

    Of Hypothesis's own rules some are left out in every sequence, at random. A usual run has few sequences, so each of
    them should do all that can be done.
    """

    def mark(function: Function) -> Function:
        function.__dict__["action"] = Action(strategies, often)
        return function

    return mark


def when(possible: Callable[[Any], object]) -> Callable[[Function], Function]:
    """Let an action be done only when the world is so."""

    def mark(function: Function) -> Function:
        function.__dict__["action"] = replace(function.__dict__["action"], possible=possible)
        return function

    return mark


def definition(review: str) -> str:
    """The name under which getAssessment is compared."""
    return f"definition of {review}"


def people(review: str) -> str:
    """The name under which getSubjectStatus and getEvaluationStatus are compared."""
    return f"people in {review}"


def shelf(owner: str) -> str:
    """The name under which a library is compared."""
    return f"library of {owner}"


def responses(survey: str) -> str:
    """The name under which getLegacyResponseData is compared."""
    return f"responses of {survey}"


def names_of(survey: str) -> str:
    """The name under which the names of a survey are compared."""
    return f"names of {survey}"


class Machine(RuleBasedStateMachine):
    """One brand under one administrator, and the world that it should be."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.number = next(NUMBERS)
        self.brand = self.engine.make_brand(f"brand{self.number}", f"Brand {self.number}")
        self.user: ApiUser = self.engine.make_api_user("ines.vogel", brand=self.brand)
        self.world = World()
        self.touched: set[str] = set()
        self.made = 0

    def teardown(self) -> None:
        """Compare everything at the end."""
        for name in self.everything():
            self.compare(name)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Do one of the things that can be done now."""
        names = [name for name in sorted(dir(type(self))) if hasattr(getattr(type(self), name), "action")]
        known = {name: getattr(type(self), name).action for name in names}
        able = [name for name, action in known.items() if action.possible(self) for _ in range(action.often)]
        chosen = getattr(self, data.draw(st.sampled_from(able), label="action"))
        drawn = {name: data.draw(strategy, label=name) for name, strategy in chosen.action.strategies.items()}
        chosen(data=data, **drawn)

    # -- calls

    def send(self, request: str, *, form: str = "JSON", files: Any = None, **parameters: Any) -> requests.Response:
        """Send one call as the administrator."""
        fields = {
            "Request": request,
            "User": self.user.user_name,
            "Token": self.user.token,
            "Format": form,
            "Version": "2.5",
        }
        given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return quick_http.post(self.engine.url + PATH, fields | given, files=files)

    def ask(self, request: str, refusal: str | None = None, *, touches: Sequence[str] = (), **parameters: Any) -> Any:
        """Send one call that must be refused with this code, or succeed; gives the result, None when refused."""
        answer = self.send(request, **parameters)
        assert answer.headers["Content-Type"] == "application/json", answer.text
        meta, result = answer.json()["Meta"], answer.json()["Result"]
        code = meta["QualtricsErrorCode"] if meta["Status"] == "Error" else None
        if CATALOGUE[request].mutates:
            note(f"{request} {parameters} -> {code or result}")
        assert code == refusal, f"{request} {parameters}: {code or 'success'} instead of {refusal or 'success'}"
        self.touched.update(touches)
        return result

    def rows(self, request: str, **parameters: str) -> list[dict[str, str]]:
        """Read a CSV answer."""
        answer = self.send(request, form="CSV", **parameters)
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode())))

    # -- choices

    def new_id(self, prefix: str) -> str:
        """An id that a caller may choose and nobody has."""
        self.made += 1
        return f"{prefix}_{f'n{self.number}x{self.made}':0>{LENGTH}}"

    def one(self, data: st.DataObject, among: Sequence[T]) -> T:
        """Choose one by its place, so that a sequence can be played again with other ids."""
        return among[data.draw(st.integers(0, len(among) - 1), label="place")]

    def maybe_gone(self, data: st.DataObject, live: Sequence[str], gone: Sequence[str]) -> str:
        """Choose an id, now and then one that was deleted."""
        return self.one(data, gone if gone and (not live or data.draw(st.integers(0, 9)) == 0) else live)

    def any_person(self, data: st.DataObject) -> str:
        """Choose a person, now and then one who left the directory."""
        return self.maybe_gone(data, list(self.world.persons), self.world.gone_persons)

    def any_review(self, data: st.DataObject) -> tuple[str, Review | None]:
        """Choose an assessment, now and then a deleted one."""
        chosen = self.maybe_gone(data, list(self.world.reviews), self.world.gone_reviews)
        return chosen, self.world.reviews.get(chosen)

    # -- comparison

    @invariant()
    def the_engine_is_as_the_world_should_be(self) -> None:
        """Read what the step touched; everything is read at the end."""
        for name in sorted(self.touched):
            self.compare(name)
        self.touched.clear()

    def everything(self) -> list[str]:
        """The names of all that can be compared; each kind of request adds its own."""
        return []

    def compare(self, name: str) -> None:
        """Compare one thing with what it should be; each kind of request adds its own."""
