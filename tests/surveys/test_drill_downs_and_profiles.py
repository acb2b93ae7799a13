"""Pages of surveys with drill-downs and profiles: short lists of them, and previews."""

import re
from dataclasses import replace

import pytest

from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.run import run_next
from qxportal.threesixty.records.survey_definition import ChoiceRecord, QuestionRecord, SurveyDefinition
from surveys.content import facts_of
from surveys.models import Survey
from tests.qxportal.engine.site.conftest import survey_of
from tests.qxportal.engine.surveys.survey_files import drill_down as whole_drill_down
from tests.qxportal.engine.surveys.survey_files import leadership
from tests.qxportal.engine.surveys.survey_files import profile as whole_profile
from tests.support.mirrored_rows import browser, text
from tests.support.tenants import signed_in
from tests.surveys.survey_pages import form, matrix, org, page, told

__all__ = ["form", "org"]

pytestmark = pytest.mark.django_db


def drill_down(map: bool = True) -> QuestionRecord:
    above = {"Tyrol": "1", "Bavaria": "2"} if map else {}
    places = enumerate(("Austria", "Germany", "Tyrol", "Bavaria"), start=1)
    return QuestionRecord(
        id="Q7",
        type="DD",
        text="Place of work",
        choices=(ChoiceRecord(id="1", description="Country"), ChoiceRecord(id="2", description="Region")),
        answers=tuple(
            ChoiceRecord(id=str(n), description=word, recode=str(n), parent=above.get(word, "")) for n, word in places
        ),
    )


def profile() -> QuestionRecord:
    scales = {"Pace": ("Slow", "Fast"), "Care": ("None", "Some", "Much", "All")}
    statements = tuple(
        ChoiceRecord(
            id=str(number),
            description=statement,
            answers=tuple(ChoiceRecord(id=str(n), description=word, recode=str(n)) for n, word in enumerate(words, 1)),
        )
        for number, (statement, words) in enumerate(scales.items(), start=1)
    )
    return QuestionRecord(id="Q8", type="Matrix", selector="Profile", text="Ways of working", choices=statements)


def test_preview_of_a_drill_down_groups_each_list_by_the_one_before(org, form):
    told(form, drill_down())

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert shown.count("<select") == 2
    assert re.findall(r'<optgroup label="([^"]+)" data-below="(\d)">', shown) == [("Austria", "1"), ("Germany", "2")]
    assert shown.count(">Bavaria</option>") == 1


def test_preview_of_a_drill_down_that_says_no_order_offers_all_answers_in_each_list(org, form):
    told(form, drill_down(map=False))

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert shown.count(">Bavaria</option>") == 2
    assert "<optgroup" not in shown


def test_preview_of_a_profile_has_the_scale_of_each_statement(org, form):
    told(form, profile())

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert [shown.count(f'name="try-Q8-{number}"') for number in (1, 2)] == [2, 4]


def test_preview_of_a_profile_in_lists_has_a_list_for_each_statement(org, form):
    told(form, replace(profile(), sub_selector="DL"))

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert [shown.count(f'id="try-Q8-{number}"') for number in (1, 2)] == [1, 1]
    assert ">Slow</option>" in shown
    assert 'name="try-Q8' not in shown


def test_questions_of_both_kinds_are_listed_in_short_and_have_no_wrong_scale(org, form):
    told(form, matrix("Q1", "One"), drill_down(), profile())

    shown = page(browser(org, Role.READER), form)

    assert "Country: 2 answers · Region: 2 answers" in text(shown)
    assert "Pace Slow (1), Fast (2)" in text(shown)
    assert shown.context["findings"] == []


def test_what_new_kinds_say_changes_no_question_without_it(org, form):
    known = facts_of(SurveyDefinition(name="Form", questions=(matrix("Q1", "One"),)), {})["questions"]

    assert {key for one in known for listed in (one["choices"], one["answers"]) for each in listed for key in each} == {
        "id",
        "text",
        "recode",
        "text_entry",
    }


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_lists_and_own_scales_are_read_from_the_engine_and_can_be_tried(connected):
    asked = leadership()
    whole_drill_down(asked)
    whole_profile(asked, "QID16")
    there = survey_of(connected.engine, asked)
    connected.sync()
    form = Survey.objects.select_related("org").get(vendor_id=there.public_id)
    client = signed_in(connected.admin.user)
    page(client, form, "refresh/", back="/")
    run_next()

    shown = page(client, form, "?preview=1").content.decode()

    groups = re.findall(r'<optgroup label="([^"]+)" data-below="(\d)">', shown)
    assert groups == [("Austria", "1"), ("Germany", "2"), ("Bavaria", "5"), ("Saxony", "6"), ("Tyrol", "4")]
    assert [shown.count(f'name="try-QID16-{number}"') for number in (1, 2)] == [3, 5]
    assert "Country: 3 answers · Region: 3 answers · Town: 4 answers" in text(page(client, form))
