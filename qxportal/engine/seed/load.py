"""Fills an empty engine database with the demo brands; everything but ids and tokens is the same each time."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from django.db import transaction

from qxportal.engine.http.authentication import hash_token
from qxportal.engine.models import (
    Brand,
    DataSource,
    Division,
    OrgStructure,
    Person,
    Survey,
    User,
)
from qxportal.engine.reports.definition import define
from qxportal.engine.seed import (
    demo_assessments,
    german,
    library,
    people,
    survey,
    survey_french,
    survey_german,
    survey_spanish,
    traces,
)
from qxportal.engine.seed.people import Colleague, Company
from qxportal.engine.seed.rounds import Round, make_round
from qxportal.engine.seed.running import Running, go_on
from qxportal.engine.seed.stored_survey import store_survey
from qxportal.threesixty.ids import ALPHABET

TOKEN_LENGTH = 40


class AlreadyLoadedError(Exception):
    """The database has brands; the demo is only ever put into an empty one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoUser:
    """An API user of the demo, with its token, which is stored nowhere else, and the ids for scripts."""

    user: str
    token: str
    user_id: str
    brand: str
    library: str
    report: str
    data_source: str
    brand_admin: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """Result of loading the demo."""

    users: tuple[DemoUser, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """One brand to be made."""

    name: str
    title: str
    company: Company
    assessments: Sequence[demo_assessments.DemoAssessment]
    forms: Sequence[survey.SeedSurvey]
    admin_title: str
    other_title: str
    group: str  # who share a library
    norm_subjects: int  # how many people last year's figures are made from
    seed: int
    translated: Mapping[str, Sequence[survey.SeedSurvey]] = field(default_factory=dict)  # language -> like `forms`
    language: str = "EN"
    time_zone: str = ""
    directory: str = "{} directory"
    norms: str = "Company norms 2025"
    panel: str = "Directors and heads"
    unnamed_manager: str = ""  # in this assessment the directory does not name one subject's manager
    running: Running | None = None
    response_set: str = ""  # of the first assessment's responses, where it is over and its form goes on


PLANS = (
    _Plan(
        name="marlstone",
        title="Marlstone Instruments",
        company=people.RICH,
        assessments=demo_assessments.RICH_ASSESSMENTS,
        forms=(survey.LEADERSHIP, survey.TEAMWORK),
        translated={
            "DE": (survey_german.LEADERSHIP, survey_german.TEAMWORK),
            "FR": (survey_french.LEADERSHIP, survey_french.TEAMWORK),
            "ES": (survey_spanish.LEADERSHIP, survey_spanish.TEAMWORK),
        },
        admin_title="Head of Learning and Development",
        other_title="People Partner",
        group="Learning and Development",
        norm_subjects=84,
        seed=2026,
        unnamed_manager="Commercial leaders 360",
        time_zone="Europe/Amsterdam",
        running=demo_assessments.RICH_RUNNING,
        response_set="Spring 2026",
    ),
    _Plan(
        name="fennmoor",
        title="Fennmoor Studio",
        company=people.SMALL,
        assessments=demo_assessments.SMALL_ASSESSMENTS,
        forms=(survey.TEAMWORK,),
        admin_title="Operations Director",
        other_title="Office Manager",
        group="Studio operations",
        norm_subjects=9,
        seed=25,
    ),
    _Plan(
        name="weidenbruch",
        title="Weidenbruch Antriebstechnik",
        company=german.COMPANY,
        assessments=german.ASSESSMENTS,
        forms=(survey_german.LEADERSHIP,),
        translated={"EN": (survey.LEADERSHIP,)},
        language="DE",
        time_zone="Europe/Berlin",
        admin_title="Leitung Personalentwicklung",
        other_title="Kaufmännische Leitung",
        group="Personalentwicklung",
        directory="Verzeichnis {}",
        norms="Unternehmensnorm 2025",
        panel="Führungskräfte",
        norm_subjects=31,
        seed=49,
    ),
)


def load(*, today: date) -> Loaded:
    """Create the demo brands; raises AlreadyLoadedError if the database has any."""
    with transaction.atomic(using="engine"):
        if Brand.objects.exists():
            raise AlreadyLoadedError("This server has brands already.")
        return Loaded(tuple(user for plan in PLANS for user in _brand(plan, today)))


def _brand(plan: _Plan, today: date) -> list[DemoUser]:
    rng = Random(plan.seed)
    brand = Brand.objects.create(
        name=plan.name,
        title=plan.title,
        language=plan.language,
        time_zone=plan.time_zone,
        created_at=_moment(today, 400),
    )
    colleagues = people.people(plan.company, seed=plan.seed, today=today)
    divisions = {
        name: Division.objects.create(brand=brand, name=name)
        for name in dict.fromkeys(colleague.department for colleague in colleagues)
    }
    tokens = [_token(), _token()]
    users = [
        _user(brand, _holder(colleagues, title), divisions, token, admin=admin, today=today)
        for title, token, admin in zip((plan.admin_title, plan.other_title), tokens, (True, False), strict=True)
    ]
    persons = _persons(brand, plan.directory, colleagues, divisions, users, today)
    surveys = {
        form.name: store_survey(
            users[0], form, {code: forms[at] for code, forms in plan.translated.items()}, made=_moment(today, 395)
        )
        for at, form in enumerate(plan.forms)
    }
    rounds = [
        make_round(demo, brand=brand, owner=users[0], survey=surveys[demo.form], persons=persons, today=today, rng=rng)
        for demo in plan.assessments
    ]
    for each in rounds:
        if each.assessment.name == plan.unnamed_manager:
            traces.forget_manager(each.assessment)
    if plan.response_set:
        traces.group(surveys[plan.assessments[0].form], rounds[0].evaluations, plan.response_set)
    messages = library.share_library(
        brand,
        name=plan.group,
        panel=plan.panel,
        members=users,
        languages={site.language for site in plan.company.sites},
        persons=persons,
        today=today,
    )
    library.schedule_mailings(rounds, messages, today)
    if plan.running:
        go_on(plan.running, [each.assessment for each in rounds])
    source = _norms(rounds, surveys[plan.assessments[0].form], plan.norms, plan.norm_subjects)
    return [
        DemoUser(
            user=user.user_name,
            token=token,
            user_id=user.public_id,
            brand=brand.name,
            library=user.public_id,  # a user's own library has the user's id
            report=source.report.public_id,
            data_source=source.public_id,
            brand_admin=user.is_brand_admin,
        )
        for user, token in zip(users, tokens, strict=True)
    ]


def _token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


def _moment(today: date, days_ago: float, hour: int = 8) -> datetime:
    return datetime.combine(today, time(hour), tzinfo=UTC) - timedelta(days=days_ago)


def _holder(colleagues: Sequence[Colleague], title: str) -> Colleague:
    return next(colleague for colleague in colleagues if colleague.title == title)


def _user(
    brand: Brand, holder: Colleague, divisions: dict[str, Division], token: str, *, admin: bool, today: date
) -> User:
    return User.objects.create(
        brand=brand,
        user_name=f"{holder.email}#{brand.name}",
        first_name=holder.first_name,
        last_name=holder.last_name,
        email=holder.email,
        division=divisions[holder.department],
        token_hash=hash_token(token),
        is_brand_admin=admin,
        language=brand.language,
        created_at=_moment(today, 398),
    )


def _persons(
    brand: Brand,
    directory: str,
    colleagues: Sequence[Colleague],
    divisions: dict[str, Division],
    users: Sequence[User],
    today: date,
) -> list[tuple[Colleague, Person]]:
    """The directory, in the order of hiring levels, with everyone's manager."""
    name = directory.format(brand.title)
    structure = OrgStructure.objects.create(brand=brand, name=name, next_position=len(colleagues))
    by_email = {user.email: user for user in users}
    persons = [
        Person(
            org_structure=structure,
            position=position,
            first_name=colleague.first_name,
            last_name=colleague.last_name,
            email=colleague.email,
            user_name=colleague.email,
            unique_identifier=colleague.number,
            user=by_email.get(colleague.email),
            division=divisions[colleague.department],
            metadata=colleague.metadata,
            created_at=_moment(today, 396),
        )
        for position, colleague in enumerate(colleagues)
    ]
    Person.objects.bulk_create(persons)
    rows = {person.email: person for person in persons}
    for colleague, person in zip(colleagues, persons, strict=True):
        person.manager = rows[colleague.manager.email] if colleague.manager else None
    Person.objects.bulk_update(persons, ["manager"], batch_size=500)
    return list(zip(colleagues, persons, strict=True))


def _norms(rounds: Sequence[Round], form: Survey, name: str, subjects: int) -> DataSource:
    """Give each assessment its report; where it has the first one's form, with the figures of last year."""
    rng = Random(form.name)
    norms = [
        {"Competency": heading.name, "Mean": round(rng.gauss(3.7, 0.15), 1), "Subjects": subjects}
        for heading in form.competencies.all()
    ]
    sources = [define(each.assessment, source=name) for each in rounds]
    for each, source in zip(rounds, sources, strict=True):
        source.rows = norms if each.assessment.survey == form else []
    DataSource.objects.bulk_update(sources, ["rows"])
    return sources[0]
