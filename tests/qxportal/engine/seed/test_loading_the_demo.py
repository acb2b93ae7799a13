"""The demo brands: what is in them, and that they are only put into an empty server."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from random import Random
from typing import Any

import pytest
from django.db import connections
from PIL import Image

from qxportal.core.languages import written
from qxportal.engine.assessments import answering
from qxportal.engine.editions.facts import facts
from qxportal.engine.editions.report_source import report_source
from qxportal.engine.http.authentication import hash_token
from qxportal.engine.library.messages import BUCKETS
from qxportal.engine.models import (
    Answer,
    Assessment,
    Brand,
    Evaluation,
    Graphic,
    Group,
    Message,
    Panel,
    Participant,
    Person,
    Question,
    ResponseSet,
    Schedule,
    Subgroup,
    User,
)
from qxportal.engine.nominations import rules
from qxportal.engine.people import confidential
from qxportal.engine.reports import aggregate
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer
from qxportal.engine.seed import survey, survey_french, survey_german, survey_spanish
from qxportal.engine.seed.answers import answer_evaluation, texts
from qxportal.engine.seed.load import AlreadyLoadedError, Loaded, load
from qxportal.engine.seed.survey import Tone

pytestmark = pytest.mark.django_db(databases=["default", "engine"])
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker) -> Iterator[Loaded]:
    """Loads once for this file; what single tests change is rolled back."""
    with django_db_blocker.unblock():
        yield load(today=TODAY)
        empty()


def empty() -> None:
    with connections["engine"].cursor() as cursor:
        cursor.execute("TRUNCATE engine_brand CASCADE")


def test_the_demo_has_a_rich_a_small_and_a_german_brand(loaded):
    people = Counter(Person.objects.values_list("org_structure__brand__name", flat=True))

    assert people == {"marlstone": 301, "fennmoor": 25, "weidenbruch": 56}
    # three at the top, one whose manager nobody named, and a customer
    assert Person.objects.filter(manager=None).count() == 5
    assert {person.metadata["Country"] for person in Person.objects.all()} >= {"Poland", "Japan", "Brazil"}


def test_each_brand_has_an_administrator_and_somebody_who_is_none(loaded):
    assert [(user.brand, user.brand_admin) for user in loaded.users] == [
        ("marlstone", True),
        ("marlstone", False),
        ("fennmoor", True),
        ("fennmoor", False),
        ("weidenbruch", True),
        ("weidenbruch", False),
    ]
    for user in loaded.users:
        row = User.objects.get(user_name=user.user)
        assert (row.public_id, row.token_hash) == (user.user_id, hash_token(user.token))
        assert user.report.startswith("RP_")
        assert user.data_source.startswith("DS_")


def test_no_administrator_is_a_subject_so_that_letters_can_be_printed(loaded):
    administrators = [User.objects.get(user_name=user.user) for user in loaded.users if user.brand_admin]

    assert [one.brand.name for one in administrators if confidential.is_subject_now(one)] == []


def test_the_rich_brand_has_assessments_in_every_state(loaded):
    rich = Assessment.objects.filter(brand__name="marlstone")
    subjects = {each.name: each.participants.filter(is_subject=True).count() for each in rich}

    assert Counter(rich.values_list("status", flat=True)) == {"Draft": 1, "Active": 5, "Closed": 1}
    assert all(8 <= count <= 25 for count in subjects.values()), subjects
    assert not Evaluation.objects.filter(assessment__status="Draft").exclude(status="NotStarted").exists()
    assert not Evaluation.objects.filter(assessment__name="Operations leaders 360").exclude(status="Completed").exists()


def test_a_running_assessment_has_dates_more_time_and_reasons(loaded):
    schedule = Schedule.objects.select_related("assessment", "brand").get()
    (extension,) = schedule.extensions.all()
    declined = schedule.assessment.evaluations.exclude(declined_because="")

    assert schedule.assessment.name == "Leadership 360 autumn 2026"
    assert schedule.opened_at == schedule.opens_at == schedule.assessment.activated_at
    closes_at = schedule.closes_at
    assert closes_at and schedule.opens_at and schedule.next_reminder_at and schedule.report_at
    assert schedule.opens_at < schedule.remind_at[0] < schedule.next_reminder_at < closes_at < schedule.report_at
    assert closes_at.astimezone(schedule.brand.zone).time() == time(18)
    assert closes_at < extension.until
    assert len({one.subject_id for one in declined}) == declined.filter(status="Declined").count() == 2


def test_lists_of_evaluators_are_at_every_stage(loaded):
    assessment = Assessment.objects.get(name="Expert feedback winter 2026")
    lists = assessment.nomination_lists.all()
    asked = {one.pk: one.subject.evaluations.exclude(relationship__in=("Self", "Manager")).count() for one in lists}
    chosen = {one.pk: rules.chosen(one.subject) - rules.rules(one.subject).minimum for one in lists}

    assert Counter(one.state for one in lists) == {"Open": 2, "Submitted": 2, "SentBack": 1, "Approved": 2}
    assert assessment.participants.filter(is_subject=True, nomination_list=None).count() == 1
    assert all((asked[one.pk] > 0) == (one.state == "Approved") for one in lists)
    assert all((chosen[one.pk] < 0) == (one.state == "Open") for one in lists)
    assert lists.get(state="SentBack").reason


def test_a_customer_from_outside_is_asked(loaded):
    asked = Evaluation.objects.get(evaluator__external=True)

    assert (asked.relationship, asked.assessment.name) == ("Customer", "Commercial leaders 360")
    assert answering.open_evaluations().filter(pk=asked.pk).exists()


def test_a_thin_assessment_has_groups_below_the_minimum(loaded):
    assessment = Assessment.objects.get(name="New team leads 360")
    thin = 0
    for subject in assessment.participants.filter(is_subject=True):
        peers = subject.evaluations.filter(relationship="Peer", status="Completed").count()
        thin += peers < 3

    assert thin >= 5


def test_one_subject_has_a_manager_whom_nobody_confirmed_yet(loaded):
    assessment = Assessment.objects.get(name="Commercial leaders 360")
    subjects = list(assessment.participants.filter(is_subject=True).select_related("person__manager"))
    records: list[Any] = facts(assessment, subjects)
    states = Counter(record["Manager"]["State"] for record in records)

    assert states["unconfirmed"] == 1
    assert states["directory"] == len(subjects) - 1


def test_reports_are_ready_where_the_subjects_are_done(loaded):
    done = Participant.objects.filter(is_subject=True, status="Done")

    assert set(done.values_list("assessment__name", flat=True)) == {
        "Leadership 360 spring 2026",
        "Operations leaders 360",
        "Studio feedback 2025",
        "Führungsfeedback Frühjahr 2026",
    }
    assert not done.exclude(report_ready=True).exists()


def test_nobody_evaluates_anybody_twice_and_all_who_do_take_part(loaded):
    for evaluation in Evaluation.objects.filter(assessment__brand__name="fennmoor"):
        assert Participant.objects.filter(assessment=evaluation.assessment, person=evaluation.evaluator).exists()


def test_comments_about_one_person_do_not_repeat(loaded):
    texts = Answer.objects.exclude(text="").values_list("evaluation__subject", "question", "text")

    assert max(Counter(texts).values()) == 1
    assert len({text for _subject, _question, text in texts}) >= 240


def test_every_finished_round_gives_a_report_with_comments(loaded):
    for subject in Participant.objects.filter(report_ready=True, assessment__name="Operations leaders 360"):
        report = aggregate.report(report_source(subject.assessment, subject), Viewer())

        assert all(competency.others for competency in report.competencies)
        assert report.strengths
        assert any(question.blocks for question in report.comments)


def test_running_assessments_have_mailings_to_come(loaded):
    now = datetime.combine(TODAY, time(12), tzinfo=UTC)
    for assessment in Assessment.objects.all():
        waiting = assessment.mailings.filter(sent_at=None)
        kinds = set(waiting.values_list("kind", flat=True))

        assert kinds == ({"Reminder", "Report"} if assessment.status == "Active" else set())
        assert not waiting.filter(scheduled_at__lt=now).exists()
        assert not assessment.mailings.filter(sent_at__gt=now).exists()
        assert not assessment.mailings.filter(message=None).exists()
        assert assessment.mailings.filter(kind="Invite").count() == (assessment.status != "Draft")


def test_each_brand_shares_a_library_in_its_languages(loaded):
    spoken = {"marlstone": {"EN", "DE", "FR", "ES", "PL"}, "fennmoor": {"EN"}, "weidenbruch": {"DE"}}
    for brand, languages in spoken.items():
        group = Group.objects.get(brand__name=brand)
        messages = Message.objects.filter(library_id=group.public_id)
        logo = Graphic.objects.get(library_id=group.public_id)
        panel = Panel.objects.get(library_id=group.public_id)

        assert group.members.count() == 2
        assert {message.category for message in messages} <= set(BUCKETS)
        assert set(messages.get(category="EvaluatorInvite").texts) == languages
        assert all(message.texts[group.brand.language] for message in messages)
        assert Image.open(io.BytesIO(bytes(logo.content))).size == (logo.width, logo.height)
        assert panel.persons.exists()


def test_reports_show_the_norms_of_last_year(loaded):
    for subject in Participant.objects.filter(report_ready=True, assessment__name="Operations leaders 360")[:1]:
        (norm,) = aggregate.report(report_source(subject.assessment, subject), Viewer()).norms

        assert (norm.name, norm.people, len(norm.means)) == ("Company norms 2025", 84, 8)


def test_an_evaluator_can_be_made_to_answer(loaded):
    evaluation = answering.open_evaluations().filter(assessment__brand__name="marlstone", status="NotStarted").first()
    assert evaluation

    answer_evaluation(evaluation, Random(4))

    evaluation.refresh_from_db()
    assert evaluation.status == "Completed"
    values = list(evaluation.answers.filter(question__kind="Rating").values_list("value", flat=True))
    assert values
    assert {value for value in values if value is not None} <= {1, 2, 3, 4, 5}


def test_some_forms_tell_where_they_were_filled_in(loaded):
    begun = Evaluation.objects.exclude(started_at=None)
    share = begun.exclude(ip_address=None).count() / begun.count()

    assert 0.7 < share < 0.9
    assert 0 < begun.exclude(latitude=None).count() < begun.count() * 0.5
    assert not Evaluation.objects.filter(started_at=None).exclude(ip_address=None).exists()
    home = begun.filter(evaluator__metadata__Location="Osaka").exclude(latitude=None)
    assert {(round(one.latitude or 0), round(one.longitude or 0)) for one in home} <= {(35, 135), (35, 136)}


def test_a_round_that_is_over_has_a_response_set_and_managers_a_subgroup(loaded):
    spring = ResponseSet.objects.get()
    managers = Subgroup.objects.get()

    assert {one.assessment.name for one in spring.evaluations.select_related("assessment")} == {
        "Leadership 360 spring 2026"
    }
    assert (managers.name, managers.relationships, managers.survey) == ("Managers' view", ["Manager"], spring.survey)
    assert Evaluation.objects.filter(assessment__survey=spring.survey, response_set=None, status="Completed").exists()


def test_questions_that_were_seen_and_left_open_are_kept(loaded):
    for evaluation in Evaluation.objects.filter(status="Completed")[:20]:
        assert evaluation.answers.count() == evaluation.assessment.survey.questions.count()
    assert Answer.objects.filter(value=None, text="", question__kind="Text").exists()
    assert Answer.objects.filter(value=None, question__kind="Rating").exists()


@pytest.mark.thorough
def test_the_same_day_gives_the_same_demo(loaded):
    before = list(Answer.objects.order_by("pk").values_list("value", "text"))
    names = list(Evaluation.objects.order_by("pk").values_list("evaluator__email", "relationship", "status"))
    empty()

    load(today=TODAY)

    assert list(Evaluation.objects.order_by("pk").values_list("evaluator__email", "relationship", "status")) == names
    assert list(Answer.objects.order_by("pk").values_list("value", "text")) == before


def test_a_server_with_brands_is_left_alone(loaded):
    with pytest.raises(AlreadyLoadedError):
        load(today=TODAY)

    assert Brand.objects.count() == 3


def test_the_german_brand_is_german_throughout(loaded):
    english = (*(texts()[tone, code] for tone in Tone for code in ("en", "self")),)
    answers = Answer.objects.filter(evaluation__assessment__brand__name="weidenbruch").exclude(text="")
    comments = set(answers.values_list("text", flat=True))

    assert len(comments) > 60
    assert not comments & {text for each in english for text in each}
    subjects = Participant.objects.filter(report_ready=True, assessment__name="Führungsfeedback Frühjahr 2026")
    assert len(subjects) == 7
    for subject in subjects:
        result = aggregate.report(report_source(subject.assessment, subject), Viewer())
        assert (result.language, result.time_zone) == ("de", "Europe/Berlin")
        assert result.scale == ("Fast nie", "Selten", "Manchmal", "Oft", "Fast immer")
        assert [norm.name for norm in result.norms] == ["Unternehmensnorm 2025"]
        assert result.groups[0].label == "Selbstbild"
        assert any(question.blocks for question in result.comments)


def test_germans_of_an_english_brand_have_their_report_in_german(loaded):
    reports: dict[str, ReportData] = {}
    for subject in Participant.objects.filter(report_ready=True, assessment__brand__name="marlstone"):
        code = subject.person.metadata["Language"]
        if code not in reports:
            reports[code] = aggregate.report(report_source(subject.assessment, subject), Viewer())

    assert {code: one.language for code, one in reports.items()} == {code: written(code) for code in reports}
    assert reports["DE"].competencies[0].name == "Orientierung geben"
    assert reports["EN"].competencies[0].name == "Gives direction"
    assert [one.means for one in reports["DE"].norms] == [one.means for one in reports["EN"].norms]


def test_translations_of_the_demo_say_as_much_as_the_surveys(loaded):
    translated = (survey_german, survey_french, survey_spanish)
    pairs = [(survey.LEADERSHIP, each.LEADERSHIP) for each in translated]
    for one, other in (*pairs, *((survey.TEAMWORK, each.TEAMWORK) for each in translated)):
        assert [len(each.statements) for each in one.headings] == [len(each.statements) for each in other.headings]
        assert [tone for tone, _ in one.open_questions] == [tone for tone, _ in other.open_questions]
        assert len(one.scale) == len(other.scale)
    for question in Question.objects.filter(survey__brand__name__in=("marlstone", "weidenbruch")):
        assert len(question.translations) == (3 if question.survey.brand.name == "marlstone" else 1)
        for said in question.translations.values():
            assert said["text"] != question.text
            assert len(said["choices"]) == len(question.choices)
