"""An open assessment with 40 statements, and as many people who answer as are wanted."""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connections
from django.utils import timezone

from qxportal.engine.assessments import workflow
from qxportal.engine.http.authentication import hash_token
from qxportal.engine.models import (
    Answer,
    Assessment,
    Brand,
    Competency,
    Evaluation,
    OrgStructure,
    Participant,
    Person,
    Question,
    Survey,
    User,
)
from qxportal.engine.people.personal_links import link_for
from qxportal.engine.reports import definition
from qxportal.engine.surveys.default_survey import SCALE
from tests.answering.probes import TABLE
from tests.answering.raters import Rater

STATEMENTS, COMPETENCIES = 40, 4
RATERS_OF_ONE = 20  # who answer about the same subject
RELATIONSHIPS = ("Manager", *("Peer",) * 9, *("DirectReport",) * 10)


@dataclass(frozen=True)
class Round:
    """The assessment, its API user and subjects (without spare people's), all who are asked, and the questions."""

    user: str
    token: str
    assessment: str
    subjects: list[str]
    raters: list[Rater]
    questions: Mapping[str, int]  # public id -> primary key


def make_round(people: int, spare: int = 0) -> Round:
    """A brand of its own with an open assessment in which so many people are asked, and others about others."""
    token, name = secrets.token_urlsafe(30), f"marlstone-{secrets.token_hex(3)}"
    brand = Brand.objects.create(name=name, title="Marlstone Instruments")
    about = [number // RATERS_OF_ONE for number in range(people)]
    subjects = about[-1] + 1
    about += [subjects + number // RATERS_OF_ONE for number in range(spare)]
    all_subjects = about[-1] + 1
    structure = OrgStructure.objects.create(brand=brand, name="Directory", next_position=all_subjects + len(about))
    user = User.objects.create(
        brand=brand,
        user_name=f"ines.vogel@{name}.example#{name}",
        first_name="Ines",
        last_name="Vogel",
        email=f"ines.vogel@{name}.example",
        token_hash=hash_token(token),
        is_brand_admin=True,
    )
    survey = _survey(user)
    assessment = Assessment.objects.create(
        brand=brand,
        owner=user,
        survey=survey,
        org_structure=structure,
        name="Leadership 360",
        status=Assessment.Status.ACTIVE,
        options=dict(workflow.DEFAULTS),
        activated_at=timezone.now(),
    )
    definition.define(assessment)
    persons = Person.objects.bulk_create(
        Person(
            org_structure=structure,
            position=number,
            first_name="Mara",
            last_name=f"Lindqvist {number}",
            email=f"mara.{number}@{name}.example",
            user_name=f"mara.{number}@{name}.example",
        )
        for number in range(all_subjects + len(about))
    )
    taking_part = Participant.objects.bulk_create(
        Participant(assessment=assessment, person=one, is_subject=number < all_subjects)
        for number, one in enumerate(persons)
    )
    evaluations = Evaluation.objects.bulk_create(
        Evaluation(
            assessment=assessment,
            subject=taking_part[about[number]],
            evaluator=person,
            relationship=RELATIONSHIPS[number % RATERS_OF_ONE],
        )
        for number, person in enumerate(persons[all_subjects:])
    )
    return Round(
        user.user_name,
        token,
        assessment.public_id,
        [one.public_id for one in persons[:subjects]],
        [
            Rater(one.pk, one.public_id, link_for(one.evaluator, task=one.public_id), one.evaluator.email)
            for one in evaluations
        ],
        dict(survey.questions.order_by("position").values_list("public_id", "pk")),
    )


def _survey(user: User) -> Survey:
    survey = Survey.objects.create(brand=user.brand, owner=user, creator=user, name="Leadership 360", language="EN")
    competencies = [
        Competency.objects.create(survey=survey, name=f"Competency {number + 1}", position=number)
        for number in range(COMPETENCIES)
    ]
    Question.objects.bulk_create(
        Question(
            survey=survey,
            public_id=f"QID{number + 1}",
            tag=f"Q{number + 1}",
            position=number,
            text=f"Says what is to be done, and by whom ({number + 1}).",
            competency=competencies[number * COMPETENCIES // STATEMENTS],
            choices=SCALE,
            required=True,
        )
        for number in range(STATEMENTS)
    )
    return survey


@dataclass
class Comparison:
    """What the site acknowledged, beside what the database holds."""

    acknowledged: int
    lost: list[str]
    doubled: list[str]
    not_completed: list[str]

    @property
    def words(self) -> str:
        """For a table."""
        return f"{len(self.lost)} lost, {len(self.doubled)} doubled"


def compare(raters: Iterable[Rater], questions: Mapping[str, int]) -> Comparison:
    """Hold every acknowledged answer, and every submission, against the rows."""
    by_form = {one.evaluation: one for one in raters}
    names = {key: name for name, key in questions.items()}
    rows = list(Answer.objects.filter(evaluation__in=by_form).values_list("evaluation_id", "question_id", "value"))
    held = {(form, names[question]): value for form, question, value in rows}
    wanted = {(form, name): value for form, one in by_form.items() for name, value in one.acknowledged.items()}
    states = dict(Evaluation.objects.filter(pk__in=by_form).values_list("pk", "status"))
    times = Counter((form, names[question]) for form, question, _value in rows)
    return Comparison(
        len(wanted),
        [f"{key}: {held.get(key)}, acknowledged {value}" for key, value in wanted.items() if held.get(key) != value],
        [f"{key}: {times[key]} rows" for key in times if times[key] > 1 or key not in wanted],
        [one.task for form, one in by_form.items() if one.submitted and states[form] != Evaluation.Status.COMPLETED],
    )


def lost_by_naive(acknowledged: Mapping[tuple[int, int], int]) -> int:
    """How many answers that the naive saver acknowledged are not in its table, or not with their newest value."""
    with connections["engine"].cursor() as cursor:
        cursor.execute(f"SELECT evaluation_id, question_id, value FROM {TABLE}")  # noqa: S608
        held = {(form, question): value for form, question, value in cursor.fetchall()}
    return sum(held.get(key) != value for key, value in acknowledged.items())
