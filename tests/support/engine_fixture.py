"""A running engine for any test: a real gunicorn process on the test database, filled by committed rows.

    def test_something(engine):
        anna = engine.person("Anna", "Berger")
        review = engine.assessment("Leadership review", status="Active")
        engine.subject(review, anna)
        ... point a client at engine.url with engine.api_user.user_name and engine.api_user.token ...
        assert [call.request for call in engine.writes()] == ["setSubjectStatus"]

Rows are written by a thread with its own connection, so that the process sees them whatever transaction the test is in;
they are deleted after the test. `engine.run(function, ...)` runs any other code against the engine's tables.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connections
from django.db.models import Model
from django.utils import timezone

from qxportal.engine.assessments import snapshots, workflow
from qxportal.engine.assessments.participants import add_self_evaluations
from qxportal.engine.http.authentication import hash_token
from qxportal.engine.models import (
    Answer,
    Assessment,
    Brand,
    Division,
    Evaluation,
    Fault,
    LoggedCall,
    OrgStructure,
    Participant,
    Person,
    Question,
    Relationship,
    Survey,
    User,
)
from qxportal.engine.people import directory
from qxportal.engine.reports import definition
from qxportal.engine.surveys.default_survey import make_default_form
from tests.support.cannot_go_on import starting
from tests.support.fast_flush import empty_tables, make_able
from tests.support.server_process import run_engine

T = TypeVar("T")
ENVIRONMENT = {"QXP_ENGINE_REFUSALS": "1000000"}  # tests get many refusals
PROGRAM = ("-m", "tests.support.quick_hashes", "manage.py")


@dataclass(frozen=True)
class ApiUser:
    """An API user with its token in the clear."""

    user_name: str
    token: str
    user_id: str
    brand: str
    row: User


class Engine:
    """The running server, and builders for its records."""

    def __init__(self, url: str, run: Callable[..., Any]) -> None:
        self.url = url
        self._run = run
        self._writes = 0
        self.batches = 0  # numbers people, so that each address is unique
        self.brand = self.make_brand("marlstone", "Marlstone Instruments")
        self.api_user = self.make_api_user("ines.vogel")
        self._own_writes = self._writes

    @property
    def untouched(self) -> bool:
        """Whether the tables are still untouched."""
        return self._writes == self._own_writes

    def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run code against the engine's tables, committed at once."""
        self._writes += 1
        result: T = self._run(function, *args, **kwargs)
        return result

    # -- builders

    def make_brand(self, name: str, title: str) -> Brand:
        """Another customer with its own directory."""
        brand = self.run(Brand.objects.create, name=name, title=title)
        self.run(OrgStructure.objects.create, brand=brand, name=f"{title} directory")
        return brand

    def make_api_user(self, name: str, *, brand: Brand | None = None, brand_admin: bool = True) -> ApiUser:
        """A user with a token; a brand administrator by default."""
        brand, token = brand or self.brand, secrets.token_urlsafe(30)
        first, _, last = name.partition(".")
        row = self.run(
            User.objects.create,
            brand=brand,
            user_name=f"{name}@{brand.name}.example#{brand.name}",
            first_name=first.title(),
            last_name=last.title(),
            email=f"{name}@{brand.name}.example",
            token_hash=hash_token(token),
            is_brand_admin=brand_admin,
        )
        return ApiUser(row.user_name, token, row.public_id, brand.name, row)

    def division(self, name: str, *, brand: Brand | None = None) -> Division:
        """A division of the brand."""
        return self.run(Division.objects.create, brand=brand or self.brand, name=name)

    def person(self, first_name: str, last_name: str, *, brand: Brand | None = None, **fields: Any) -> Person:
        """A person in the brand's directory."""

        def make() -> Person:
            org_structure = OrgStructure.objects.get(brand=brand or self.brand)
            email = fields.pop("email", f"{first_name}.{last_name}@{org_structure.brand.name}.example".lower())
            return Person.objects.create(
                org_structure=org_structure,
                position=directory.take_positions(org_structure, 1)[0],
                first_name=first_name,
                last_name=last_name,
                email=email,
                **{"user_name": email, **fields},
            )

        return self.run(make)

    def people(self, number: int, *, brand: Brand | None = None) -> list[Person]:
        """Many plausible people at once."""
        self.batches += 1
        return self.run(_people, brand or self.brand, number, self.batches)

    def survey(self, name: str, *, owner: ApiUser | None = None) -> Survey:
        """A survey with rated statements and open questions."""
        return self.run(make_default_form, (owner or self.api_user).row, name)

    def assessment(
        self,
        name: str,
        *,
        owner: ApiUser | None = None,
        status: str = "Active",
        options: Mapping[str, Any] | None = None,
        relationships: tuple[str, ...] = (),
        **fields: Any,
    ) -> Assessment:
        """A 360 with its survey, without people."""
        user = (owner or self.api_user).row
        survey = fields.pop("survey", None) or self.survey(f"{name} form", owner=owner)

        def make() -> Assessment:
            now = timezone.now()
            made = Assessment.objects.create(
                brand=user.brand,
                owner=user,
                survey=survey,
                org_structure=OrgStructure.objects.get(brand_id=user.brand_id),
                name=name,
                status=status,
                options={**workflow.DEFAULTS, **(options or {})},
                activated_at=None if status == Assessment.Status.DRAFT else now,
                closed_at=now if status == Assessment.Status.CLOSED else None,
                **fields,
            )
            for position, relationship in enumerate(relationships):
                Relationship.objects.create(assessment=made, name=relationship, position=position)
            definition.define(made)
            return made

        return self.run(make)

    def subject(self, assessment: Assessment, person: Person, **fields: Any) -> Participant:
        """A person to be assessed, with the self evaluation if the assessment has one."""

        def make() -> Participant:
            subject = Participant.objects.create(assessment=assessment, person=person, **fields)
            add_self_evaluations(assessment, [subject])
            return subject

        return self.run(make)

    def evaluation(
        self,
        subject: Participant,
        evaluator: Person,
        relationship: str = "Peer",
        status: str = "NotStarted",
        **fields: Any,
    ) -> Evaluation:
        """An evaluation of a subject; a begun or completed one has answers."""
        return self.run(_evaluation, subject, evaluator, relationship, status, fields)

    # -- events

    def fault(
        self, kind: str, *, user: ApiUser | None = None, request: str = "", times: int | None = 1, **fields: Any
    ) -> Fault:
        """Make the next calls of a user fail; see `Fault.Kind`. times None means forever."""
        row = (user or self.api_user).row
        return self.run(Fault.objects.create, user=row, kind=kind, request=request, remaining=times, **fields)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.run(Fault.objects.all().delete)

    def calls(self, request: str = "") -> list[LoggedCall]:
        """All received calls in order, or those of one request."""
        return self.run(
            lambda: list(LoggedCall.objects.filter(**({"request": request} if request else {})).order_by("pk"))
        )

    def writes(self, *, executed: bool | None = None) -> list[LoggedCall]:
        """Received calls that change data; optionally only those with or without effect."""
        return [call for call in self.calls() if call.mutates and executed in (None, call.executed)]

    def refreshed(self, row: Model) -> Any:
        """The row, refreshed from the database."""
        return self.run(type(row)._default_manager.get, pk=row.pk)


@pytest.fixture(scope="session")
def engine_thread(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[..., Any]]:
    """Runs functions in a thread with its own connection to the engine's test database."""
    if not str(connections["engine"].settings_dict["NAME"]).startswith("test_"):  # no marked test requested it
        with django_db_blocker.unblock():
            connections["engine"].creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connections["engine"].close()
    pool = ThreadPoolExecutor(1, "engine-rows")

    def inside(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with django_db_blocker.unblock():
            return function(*args, **kwargs)

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return pool.submit(inside, function, args, kwargs).result(600)  # a busy machine is no failure

    assert run(make_able, "engine"), "the role of tests is no superuser"
    yield run
    run(lambda: connections["engine"].close())
    pool.shutdown()


@pytest.fixture(scope="session")
def engine_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of the running engine's log."""
    return tmp_path_factory.mktemp("engine") / "engine.log"


@pytest.fixture(scope="session")
def engine_server(engine_thread: Callable[..., Any], engine_log: Path) -> Iterator[str]:
    """URL of a running engine."""
    database = (
        os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0] + f"/{connections['engine'].settings_dict['NAME']}"
    )
    with ExitStack() as running:
        with starting("The engine"):
            process = running.enter_context(run_engine(engine_log, database, program=PROGRAM, **ENVIRONMENT))
        yield process.url


@pytest.fixture
def engine(engine_server: str, engine_thread: Callable[..., Any]) -> Iterator[Engine]:
    """A running engine with one brand and its administrator."""
    yield Engine(engine_server, engine_thread)
    engine_thread(empty_tables, "engine")


FIRST_NAMES = ("Mara", "Jonas", "Aisha", "Piotr", "Lena", "Diego", "Yuki", "Tom", "Elif", "Noah", "Sofia", "Arjun")
LAST_NAMES = ("Lindqvist", "Okafor", "Petrov", "Garcia", "Novak", "Schmidt", "Tanaka", "Rossi", "Dubois", "Haddad")


def _people(brand: Brand, number: int, batch: int) -> list[Person]:
    org_structure = OrgStructure.objects.get(brand=brand)
    made = []
    for index, position in enumerate(directory.take_positions(org_structure, number)):
        first = FIRST_NAMES[index % len(FIRST_NAMES)]
        last = LAST_NAMES[index // len(FIRST_NAMES) % len(LAST_NAMES)]
        email = f"{first}.{last}.{batch}.{index}@{brand.name}.example".lower()
        made.append(
            Person(
                org_structure=org_structure,
                position=position,
                first_name=first,
                last_name=last,
                email=email,
                user_name=email,
                metadata={"Department": "Operations", "Title": "Engineer"},
            )
        )
    return Person.objects.bulk_create(made)


def _evaluation(
    subject: Participant, evaluator: Person, relationship: str, status: str, fields: Mapping[str, Any]
) -> Evaluation:
    begun, now = status in ("InProgress", "Completed"), timezone.now()
    Participant.objects.get_or_create(
        assessment=subject.assessment, person=evaluator, defaults={"is_subject": False, "external": evaluator.external}
    )
    evaluation, _ = Evaluation.objects.update_or_create(
        assessment=subject.assessment,
        subject=subject,
        evaluator=evaluator,
        defaults={
            "relationship": relationship,
            "status": status,
            "started_at": now if begun else None,
            "finished_at": now if status in ("Completed", "Declined") else None,
            **fields,
        },
    )
    if status == "Completed" and not {"subject_metadata", "evaluator_metadata"} & set(fields):
        snapshots.take(Evaluation.objects.filter(pk=evaluation.pk))
    questions = list(subject.assessment.survey.questions.all()) if begun else []
    if status == "InProgress":
        questions = questions[: len(questions) // 2]
    Answer.objects.bulk_create(
        [
            Answer(evaluation=evaluation, question=question, value=1 + (evaluation.pk + question.position) % 5)
            if question.kind == Question.Kind.RATING
            else Answer(evaluation=evaluation, question=question, text="Keeps calm when a release slips.")
            for question in questions
        ]
    )
    return evaluation
