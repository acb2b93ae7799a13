"""Raters at a phone and at a desk, with scripts and without, offline and on two devices; mail scanners."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from qxportal.engine.models import Answer, Evaluation
from tests.browser.conftest import PATIENCE
from tests.qxportal.engine.site.conftest import Round, round

__all__ = ["round"]

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def device(chromium: Browser, link_of: Callable[..., str]) -> Iterator[Callable[..., Page]]:
    """Opens a browser; with a round its rater comes in by the personal link."""
    contexts: list[BrowserContext] = []

    def start(round: Round | None = None, **options: Any) -> Page:
        context = chromium.new_context(**{**PHONE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        if round is not None:
            page.goto(link_of(round.ben, round.evaluation.public_id))
            page.locator("#address").fill(round.ben.email)
            page.locator("main button.primary").click()
            page.wait_for_url("**/tasks/R_*/")
        return page

    yield start
    for context in contexts:
        context.close()


def saved(engine: Any, round: Round) -> list[int | None]:
    found = Answer.objects.filter(evaluation=round.evaluation, question__kind="Rating").order_by("question__position")
    return engine.run(lambda: list(found.values_list("value", flat=True)))  # type: ignore[no-any-return]


def open_form(page: Page) -> None:
    page.locator("main a.primary").click()
    page.wait_for_url("**/pages/**")


def choose(page: Page, statement: int, point: int) -> None:
    page.locator("fieldset.scale").nth(statement).locator("input").nth(point).check(force=True)


def go_on(page: Page, key: str = "") -> None:
    was = page.url
    if key:
        page.keyboard.press(key)
    else:
        page.locator("form.questions button.primary").click()
    page.wait_for_url(lambda url: url != was)


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(PHONE, "en", id="phone"),
        pytest.param(DESK, "de", id="desk in German", marks=pytest.mark.thorough),
        pytest.param(PHONE, "fr", id="phone in French"),
        pytest.param(PHONE, "es", id="phone in Spanish", marks=pytest.mark.thorough),
    ],
)
def test_rater_answers_and_submits(engine, round, device, check, size, language):
    page = device(round, **size, locale=language)
    check(page)
    open_form(page)
    while "/submit/" not in page.url:
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for statement in range(page.locator("fieldset.scale").count()):
            choose(page, statement, 3)
        for text in page.locator("textarea").all():
            text.fill("Hört zu, bevor sie entscheidet.")
        go_on(page)
    check(page)
    page.locator("main button.primary").click()

    page.locator(".notice.is-good").wait_for()
    assert set(saved(engine, round)) == {4}
    assert engine.refreshed(round.evaluation).status == Evaluation.Status.COMPLETED
    assert page.locator("html").get_attribute("lang") == language


def test_each_answer_is_saved_as_it_is_given(engine, round, device):
    page = device(round)
    open_form(page)

    choose(page, 0, 4)
    expect(page.locator("[data-status]")).to_have_text(re.compile(r"^\s*Saved \d\d:\d\d\s*$"))  # no AM, no PM

    assert saved(engine, round) == [5]


@pytest.mark.thorough
def test_answers_given_offline_are_sent_when_the_connection_is_back(engine, round, device):
    page = device(round)
    open_form(page)
    page.context.set_offline(True)
    choose(page, 0, 0)
    choose(page, 1, 1)
    choose(page, 0, 2)
    expect(page.locator("[data-status]")).to_contain_text("No connection")
    assert saved(engine, round) == []

    page.context.set_offline(False)
    expect(page.locator("[data-status]")).to_contain_text("Saved")

    assert saved(engine, round) == [3, 2]


def test_answers_given_offline_outlive_a_closed_page(engine, round, device):
    page = device(round)
    open_form(page)
    address = page.url
    page.context.set_offline(True)
    choose(page, 0, 1)
    expect(page.locator("[data-status]")).to_contain_text("No connection")
    again = page.context.new_page()
    page.close()
    page.context.set_offline(False)
    again.goto(address)
    expect(again.locator("[data-status]")).to_contain_text("Saved")

    assert saved(engine, round) == [2]


def test_save_that_was_cut_and_comes_late_replaces_no_newer_answer(engine, round, device):
    page = device(round)
    open_form(page)
    cut: list[Request] = []

    def cut_off(route: Route) -> None:
        cut.append(route.request)
        route.abort()

    page.route("**/save/", cut_off, times=1)
    choose(page, 0, 0)
    expect(page.locator("[data-status]")).to_contain_text("No connection")
    choose(page, 0, 4)
    expect(page.locator("[data-status]")).to_contain_text("Saved")

    kind = cut[0].headers["content-type"]
    late = page.request.post(cut[0].url, data=cut[0].post_data_buffer, headers={"Content-Type": kind})

    assert (late.status, late.json()["kept"]) == (200, [])
    assert saved(engine, round) == [5]


@pytest.mark.thorough
def test_second_device_is_told_of_the_newer_answer(engine, round, device):
    phone, desk = device(round), device(round, **DESK)
    open_form(phone)
    open_form(desk)
    choose(phone, 0, 0)
    expect(phone.locator("[data-status]")).to_contain_text("Saved")

    choose(desk, 1, 4)

    expect(desk.locator("[data-status]")).to_contain_text("Changed on another device")
    expect(desk.locator("fieldset.scale").nth(0).locator("input").nth(0)).to_be_checked()


def test_questionnaire_works_without_scripts(engine, round, device):
    page = device(round, java_script_enabled=False)
    open_form(page)
    choose(page, 0, 2)
    page.locator("button[name=stay]").click()
    page.wait_for_load_state()

    assert saved(engine, round)[0] == 3
    expect(page.locator("fieldset.scale").nth(0).locator("input").nth(2)).to_be_checked()


def test_matrix_is_answered_by_keyboard_alone(engine, round, device):
    page = device(round, **DESK)
    open_form(page)
    statements = page.locator("fieldset.scale").count()
    page.locator("fieldset.scale input").first.focus()
    for _statement in range(statements):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
    go_on(page, "Enter")

    assert saved(engine, round)[:statements] == [2] * statements


def test_scanner_that_clicks_everything_changes_nothing(engine, round, device, link_of):
    scanner = device()
    scanner.clock.install()
    scanner.goto(link_of(round.ben, round.evaluation.public_id))
    scanner.clock.run_for(10_000)
    assert scanner.locator("meta[http-equiv=refresh i]").count() == 0  # which no clock of scripts would move
    scanner.wait_for_load_state("networkidle")
    for _round in range(3):
        for button in range(scanner.locator("button").count()):
            scanner.locator("button").nth(button).click()
            scanner.wait_for_load_state()
            assert "Berger" not in scanner.content()
            if "/enter/" not in scanner.url:
                scanner.goto(link_of(round.ben, round.evaluation.public_id))
    scanner.evaluate("for (const form of document.forms) if (form.action.includes('enter')) form.submit()")
    scanner.wait_for_load_state()

    assert "/tasks" not in scanner.url
    assert engine.refreshed(round.evaluation).status == Evaluation.Status.NOT_STARTED
    device(round)
