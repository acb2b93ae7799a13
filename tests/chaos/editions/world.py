"""One assessment about one person, made and moved by the engine's own requests; every answer has a name of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.db import transaction

from qxportal.engine.assessments import answering, workflow
from qxportal.engine.assessments.answering import Given, NotOpenError
from qxportal.engine.assessments.participants import add_self_evaluations
from qxportal.engine.http.arguments import check
from qxportal.engine.http.errors import Problem
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.models import (
    Answer,
    AnswerClass,
    Assessment,
    Brand,
    Competency,
    Edition,
    Evaluation,
    OrgStructure,
    Participant,
    Person,
    Question,
    Relationship,
    Series,
    Survey,
    User,
    Voice,
)
from qxportal.engine.people import directory
from qxportal.engine.reports import definition
from qxportal.engine.requests.dispatch import HANDLERS
from qxportal.threesixty.catalogue import KNOWN

SCALE = ["Never", "Rarely", "Sometimes", "Often", "Always"]
RATED, OPEN = ("QID1", "QID2", "QID3"), ("QID4",)
Key = tuple[str, str, int]  # who said it, to which question, and the how manyth time
Names = Mapping[Key, Key]  # whose answer stands for whose


@dataclass
class World:
    """The rows of one history, and what each answer is called."""

    seed: int
    exchanged: Names = field(default_factory=dict)
    keys: dict[tuple[int, int], Key] = field(default_factory=dict)  # (evaluation, question) -> its name now
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: int = 0

    def __post_init__(self) -> None:
        name = f"storm{self.seed}"
        self.brand = Brand.objects.create(name=name, title="Storm")
        self.user = User.objects.create(
            public_id=f"UR_{self.seed:015d}",
            brand=self.brand,
            user_name=f"hr@{name}.example",
            first_name="H",
            last_name="R",
            email=f"hr@{name}.example",
            is_brand_admin=True,
        )
        self.org = OrgStructure.objects.create(public_id=f"OS_{self.seed:015d}", brand=self.brand, name=name)
        survey = Survey.objects.create(brand=self.brand, owner=self.user, creator=self.user, name=name)
        heading = Competency.objects.create(survey=survey, name="Leads", position=0)
        self.questions = {
            id: Question.objects.create(
                survey=survey,
                public_id=id,
                position=at,
                text=f"Statement {at}",
                kind=Question.Kind.RATING if id in RATED else Question.Kind.TEXT,
                competency=heading if id in RATED else None,
                choices=SCALE if id in RATED else [],
                translations={"DE": {"text": f"Aussage {at}", "choices": []}},
            )
            for at, id in enumerate((*RATED, *OPEN))
        }
        self.assessment = Assessment.objects.create(
            public_id=f"TS_{self.seed:015d}",
            brand=self.brand,
            owner=self.user,
            survey=survey,
            org_structure=self.org,
            name="Review",
            status="Active",
            options={**workflow.DEFAULTS, "DeclineEvaluations": True},
        )
        Relationship.objects.create(assessment=self.assessment, name="Customer", translations={"DE": "Kundschaft"})
        definition.define(self.assessment)
        self.people: dict[str, Person] = {}
        self.subject = Participant.objects.create(assessment=self.assessment, person=self.person("S"))
        self.people["S"].metadata = {"Language": "DE" if self.seed % 2 else ""}  # half of the reports are German
        self.people["S"].save(update_fields=["metadata"])
        add_self_evaluations(self.assessment, [self.subject])

    def person(self, name: str, *, address: str = "") -> Person:
        """Somebody new in the directory, perhaps with the address of another."""
        email = f"{(address or name).lower()}@storm{self.seed}.example"
        self.people[name] = Person.objects.create(
            public_id=f"P_{self.seed:09d}{len(self.people):06d}",
            org_structure=self.org,
            position=directory.take_positions(self.org, 1)[0],
            first_name=name,
            last_name="Rater",
            email=email,
            user_name=email,
        )
        return self.people[name]

    def ask(self, request: str, **values: object) -> Any:
        """Call the engine as its server does; None where it refuses."""
        arguments = check(KNOWN[request], Incoming({name: str(value) for name, value in values.items()}))
        try:
            if not KNOWN[request].mutates:
                return HANDLERS[request](self.user, arguments)
            with transaction.atomic(using="engine"):
                return HANDLERS[request](self.user, arguments)
        except Problem:
            self.refused += 1
            return None

    def value(self, key: Key) -> int | str:
        """What is said under this name; in an exchanged world what another one says there."""
        key = self.exchanged.get(key, key)
        rng = Random(f"{self.seed}|{key}")
        number = rng.randint(1, len(SCALE))
        return number if key[1] in RATED else f"{key[0]} says {number} ({key[2]})."

    def say(self, who: str, question: str) -> tuple[Key, Given]:
        """A new answer of somebody."""
        version = self.versions[who, question] = self.versions.get((who, question), 0) + 1
        key = (who, question, version)
        said = self.value(key)
        return key, Given(value=said) if isinstance(said, int) else Given(text=said)

    def answer(self, evaluation: Evaluation, asked: list[str], *, finished: bool) -> bool:
        """Let an evaluator fill in a form; tells whether it was open."""
        who = next(name for name, person in self.people.items() if person.pk == evaluation.evaluator_id)
        said = {id: self.say(who, id) for id in asked}
        given = {self.questions[id]: one for id, (_key, one) in said.items()}
        try:
            answering.save(evaluation, given, finished=finished)
        except NotOpenError:
            return False
        self.keys |= {(evaluation.pk, self.questions[id].pk): key for id, (key, _given) in said.items()}
        return True

    def change(self, answer: Answer) -> None:
        """Let a finished answer be another one, past all rules: a changed answer."""
        who, question, _version = self.keys[answer.evaluation_id, answer.question_id]
        key, given = self.say(who, question)
        Answer.objects.filter(pk=answer.pk).update(value=given.value, text=given.text)
        self.keys[answer.evaluation_id, answer.question_id] = key

    def evaluations(self) -> list[Evaluation]:
        """All forms, in an order that no answer decides."""
        return list(Evaluation.objects.filter(assessment=self.assessment).order_by("pk"))

    def series(self) -> Series | None:
        """The subject's series."""
        return Series.objects.filter(assessment_key=self.assessment.public_id).first()

    def close(self) -> None:
        """Delete every row, so that the same history can be told again."""
        of_series = {"series__assessment_key": self.assessment.public_id}
        Answer.objects.filter(evaluation__assessment=self.assessment).delete()
        for model in (Edition, AnswerClass, Voice):
            model._default_manager.filter(**of_series).delete()
        Series.objects.filter(assessment_key=self.assessment.public_id).delete()
        Assessment.objects.filter(pk=self.assessment.pk).delete()
        Survey.objects.filter(brand=self.brand).delete()
        Person.objects.filter(org_structure=self.org).delete()
        User.objects.filter(brand=self.brand).delete()
        self.brand.delete()
