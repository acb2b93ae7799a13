"""Subjects, managers and customers on the demo's site, HR at Messages and Nominations; each page looked at by axe."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser.conftest import PATIENCE, visit
from tests.browser.test_answering_on_the_site import DESK, PHONE
from tests.browser.test_the_main_job import open_assessment
from tests.support.demo_process import Demo

pytestmark = pytest.mark.browser
LOADS = 5  # Messages loads itself anew once the server has told them


@pytest.fixture
def guest(running_demo: Demo, chromium: Browser) -> Iterator[Callable[..., tuple[Page, dict[str, str]]]]:
    """Lets one of those whose personal links the demo prints in, at a browser."""
    contexts: list[BrowserContext] = []

    def start(who: str, **options: Any) -> tuple[Page, dict[str, str]]:
        one = next(each for each in running_demo.known()["invited"] if each["who"] == who)
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(one["link"])
        page.locator("#address").fill(one["email"])
        page.locator("main button.primary").click()
        page.wait_for_url("**/tasks/**")
        return page, one

    yield start
    for context in contexts:
        context.close()


def seen(page: Page, check: Callable[[Page], None]) -> None:
    """The page as it is now: without violations, and not wider than the window."""
    for _time in range(LOADS):
        try:
            check(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        except Error as problem:
            if "navigation" not in str(problem):
                raise
            page.wait_for_load_state()
        else:
            return
    pytest.fail(f"{page.url} was loaded anew again and again")


def test_subject_chooses_evaluators_on_a_phone_in_german(guest, check):
    page, _one = guest("Subject who chooses evaluators", **PHONE, locale="de")
    seen(page, check)
    page.get_by_role("link", name="Wählen Sie, wer Ihnen Feedback gibt").click()
    seen(page, check)
    listed = page.locator("main form button[value=remove]")
    before = listed.count()

    page.locator("#q").fill("an")
    page.locator("#search button").click()
    seen(page, check)
    page.locator("main button[value=add]").first.click()
    expect(listed).to_have_count(before + 1)
    page.locator("main button[value=submit]").click()

    expect(page.locator(".notice.is-good")).to_contain_text("Die Liste ist abgegeben.")
    seen(page, check)


@pytest.mark.thorough
def test_manager_approves_evaluators_at_a_desk_in_english(guest, check):
    page, one = guest("Manager who approves evaluators", **DESK, locale="en")
    seen(page, check)
    page.get_by_role("link", name=f"Approve who gives feedback on {one['about']}").click()
    seen(page, check)

    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.locator(".notice.is-good")).to_contain_text("Everybody on the list is asked for feedback now.")
    seen(page, check)


def test_customer_answers_on_a_phone(guest, check):
    page, one = guest("Rater (external)", **PHONE, locale="en")
    expect(page.locator("main")).to_contain_text(one["about"])
    seen(page, check)
    page.locator("main a.primary").click()
    page.wait_for_url("**/pages/**")
    seen(page, check)

    page.locator("fieldset.scale").first.locator("input").nth(3).check(force=True)

    expect(page.locator("[data-status]")).to_contain_text("Saved")


@pytest.mark.thorough
def test_hr_previews_and_sends_a_mailing_and_looks_at_nominations(somebody, check):
    editor = somebody("editor", **DESK)
    page = editor.page
    home = open_assessment(editor, "Expert feedback winter 2026")

    visit(page, f"{home}nominations/")
    editor.wait_for("8 lists")
    seen(page, check)
    page.locator("main table tbody a").first.click()
    page.wait_for_url("**/nominations/")
    editor.wait_for("Nominees")
    seen(page, check)

    visit(page, f"{home}messages/")
    editor.wait_for("Mailings")
    seen(page, check)
    visit(page, f"{home}messages/new/?kind=Nominate")
    editor.wait_for("Please choose who gives feedback")
    seen(page, check)
    editor.click("Send requests")
    page.wait_for_url("**/messages/")
    editor.reload_until(lambda: page.get_by_role("row").filter(has_text="Choosing evaluators").count())
    editor.wait_for("Choosing evaluators")
    assert editor.faults == []


def test_what_hr_types_outlives_a_refresh_of_the_page(somebody):
    hr = somebody("owner")
    page = hr.go("settings/brand/")
    page.get_by_label("Reply-to address").fill("hr@marlstone-instruments.example")

    again = page.get_by_role("button", name="Refresh", exact=True)
    if again.is_visible():  # else it is being read, as the page was opened
        again.click()

    expect(page.get_by_text("There are newer data.")).to_be_visible()
    expect(page.get_by_label("Reply-to address")).to_have_value("hr@marlstone-instruments.example")
    page.get_by_role("link", name="Load them").click()
    expect(page.get_by_label("Reply-to address")).to_have_value("")


@pytest.mark.thorough
def test_hr_looks_at_messages_in_german(somebody, check):
    owner = somebody("owner", "weidenbruch", **PHONE)
    page = owner.page
    home = open_assessment(owner, "Führungsfeedback Herbst 2026")

    for path, words in (("messages/", "Mailings"), ("messages/new/?kind=Reminder", "Vorschau")):
        visit(page, f"{home}{path}")
        owner.wait_for(words)
        seen(page, check)
