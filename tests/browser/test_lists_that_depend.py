"""Drill-downs and profiles on a phone and at a desk: lists follow the answers, by keyboard, saved as they are given."""

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from qxportal.engine.models import Answer
from surveys.content import lists_of
from tests.browser.test_answering_on_the_site import DESK, PHONE, device, go_on, open_form
from tests.qxportal.engine.site.conftest import Round, round_of
from tests.qxportal.engine.site.test_lists_that_depend import COUNTRY, LISTS, REGION, TOWN, alone
from tests.qxportal.engine.site.test_questionnaire import block
from tests.qxportal.engine.surveys.survey_files import drill_down, elements, profile, question

__all__ = ["device"]

pytestmark = pytest.mark.browser


@pytest.fixture
def both(engine) -> Round:
    """A page with a drill-down and a profile."""
    form = alone(drill_down, required=True)
    profile(form, "QID13")
    block(form, "QID15")["BlockElements"].insert(1, {"Type": "Question", "QuestionID": "QID13"})
    for one in elements(form, "BL")[0]["Payload"]:
        if one["ID"] != block(form, "QID15")["ID"]:
            one["BlockElements"] = [each for each in one["BlockElements"] if each.get("QuestionID") != "QID13"]
    return round_of(engine, form)


def offered(page: Page, name: str) -> list[str]:
    return page.locator(f"#input-{name} option").all_inner_texts()


def kept(engine, round: Round, *names: str) -> list[int | None]:
    found = Answer.objects.filter(evaluation=round.evaluation).values_list("question__public_id", "value")
    known = engine.run(lambda: dict(found))
    return [known.get(name) for name in names]


@pytest.mark.parametrize("size", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_lists_follow_the_answers_and_are_saved(engine, both, device, check, size):
    page = device(both, **size)
    open_form(page)
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert offered(page, REGION) == ["First choose: Country"]

    page.locator(f"#input-{COUNTRY}").select_option(label="Germany")
    expect(page.locator(f"#input-{REGION} option")).to_have_text(["Choose…", "Bavaria", "Saxony"])
    page.locator(f"#input-{REGION}").select_option(label="Saxony")
    expect(page.locator(f"#input-{TOWN} option")).to_have_text(["Choose…", "Neustadt"])
    page.locator(f"#input-{TOWN}").select_option(label="Neustadt")
    expect(page.locator("[data-status]")).to_contain_text("Saved")
    assert kept(engine, both, *LISTS) == [2, 3, 3]

    page.locator(f"#input-{COUNTRY}").select_option(label="Singapore")
    expect(page.locator(f"#input-{REGION} option")).to_have_text(["Nothing to choose here"])
    expect(page.locator(f"#input-{TOWN} option")).to_have_text(["Nothing to choose here"])
    assert kept(engine, both, *LISTS) == [3, None, None]
    check(page)


def test_lists_and_scales_are_answered_by_keyboard_alone(engine, both, device):
    page = device(both)
    open_form(page)
    page.locator(f"#input-{COUNTRY}").focus()

    page.keyboard.type("Aus")
    expect(page.locator(f"#input-{REGION} option")).to_have_text(["Choose…", "Tyrol"])
    assert page.evaluate("document.activeElement.id") == f"input-{COUNTRY}"
    page.keyboard.press("Tab")
    page.keyboard.type("Ty")
    expect(page.locator(f"#input-{TOWN} option")).to_have_text(["Choose…", "Innsbruck"])
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[data-status]")).to_contain_text("Saved")
    go_on(page, "Enter")

    assert "/pages/QID16/" in page.url
    assert kept(engine, both, *LISTS, "QID13_1", "QID13_2") == [1, 1, 4, 2, 1]


def test_lists_open_without_script_by_the_button_of_the_question(both, device):
    page = device(both, java_script_enabled=False)
    open_form(page)
    page.locator(f"#input-{COUNTRY}").select_option(label="Germany")

    page.get_by_role("button", name="Show the next list").click()

    page.wait_for_url("**/pages/QID15/**")
    assert offered(page, REGION) == ["Choose…", "Bavaria", "Saxony"]


def test_lists_without_a_map_are_answered_one_after_another(engine, device):
    form = alone(drill_down)
    question(form, "QID15")["AnswerMap"] = {}
    round = round_of(engine, form)
    page = device(round)
    open_form(page)

    for name, label in zip(LISTS, ("Munich", "Austria", "Tyrol"), strict=True):
        expect(page.locator(f"#input-{name} option")).to_have_count(11)
        page.locator(f"#input-{name}").select_option(label=label)
    expect(page.locator("[data-status]")).to_contain_text("Saved")
    page.reload()

    assert [page.locator(f"#input-{name} option:checked").inner_text() for name in LISTS] == [
        "Munich",
        "Austria",
        "Tyrol",
    ]


def test_answers_given_offline_bring_the_next_list_when_the_connection_is_back(engine, both, device):
    page = device(both)
    open_form(page)
    page.locator(f"#input-{COUNTRY}").select_option(label="Germany")
    expect(page.locator(f"#input-{REGION} option")).to_have_text(["Choose…", "Bavaria", "Saxony"])
    page.context.set_offline(True)
    page.locator(f"#input-{REGION}").select_option(label="Bavaria")
    page.locator(f"#input-{COUNTRY}").select_option(label="Austria")
    expect(page.locator("[data-status]")).to_contain_text("No connection")

    page.context.set_offline(False)

    expect(page.locator(f"#input-{REGION} option")).to_have_text(["Choose…", "Tyrol"])
    assert kept(engine, both, *LISTS) == [1, None, None]


def test_answer_of_another_device_brings_its_lists(both, device):
    phone, desk = device(both), device(both, **DESK)
    for page in (phone, desk):
        open_form(page)
    phone.locator(f"#input-{COUNTRY}").select_option(label="Austria")
    expect(phone.locator(f"#input-{REGION} option")).to_have_text(["Choose…", "Tyrol"])
    phone.locator(f"#input-{REGION}").select_option(label="Tyrol")
    expect(phone.locator(f"#input-{TOWN} option")).to_have_text(["Choose…", "Innsbruck"])

    desk.locator("fieldset.scale input").first.check(force=True)

    expect(desk.locator(f"#input-{REGION}")).to_have_value("1")
    expect(desk.locator(f"#input-{TOWN} option")).to_have_text(["Choose…", "Innsbruck"])


def test_preview_of_the_portal_narrows_the_lists_too(chromium):
    answers = [
        ("1", "Austria", ""),
        ("2", "Germany", ""),
        ("3", "Tyrol", "1"),
        ("4", "Bavaria", "2"),
        ("5", "Ulm", "4"),
    ]
    question = {
        "id": "Q7",
        "type": "DD",
        "text": "Place of work",
        "choices": [{"id": id, "text": words} for id, words in (("1", "Country"), ("2", "Region"), ("3", "Town"))],
        "answers": [{"id": id, "text": words, "parent": above} for id, words, above in answers],
    }
    page = chromium.new_page()
    page.set_content(
        render_to_string("surveys/_survey_question_preview.html", {"question": question | lists_of(question)})
    )
    page.add_script_tag(path="qxportal/static/portal/portal.js")
    country, region, town = page.locator("select").all()

    expect(region).to_be_disabled()
    country.select_option(label="Germany")
    assert region.locator("optgroup:not([hidden])").evaluate_all("all => all.map(one => one.label)") == ["Germany"]
    expect(town).to_be_disabled()
    region.select_option(label="Bavaria")
    town.select_option(label="Ulm")
    country.select_option(label="Austria")

    expect(region).to_have_value("")
    expect(town).to_be_disabled()
    page.close()
