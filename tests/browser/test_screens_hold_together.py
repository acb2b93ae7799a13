"""Small things that make a screen usable: nothing covers anything, nothing scrolls for nothing, Back goes back."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HEIGHT, evaluated, resize
from tests.support.samples import sample

pytestmark = pytest.mark.browser

PAGES = ("", "assessments/", "people/", "jobs/", "changes/", "reports/", "settings/members/")


def first_assessment(person, which="status=Active"):
    person.go(f"assessments/?{which}")
    return person.page.locator("main a.row-link").first.get_attribute("href").split("/", 3)[3]


def fits_at(page, width):
    resize(page, width)
    wide = evaluated(page, "document.documentElement.scrollWidth")
    assert wide <= width, f"{page.url} is {wide} pixels wide in a window of {width}"


def test_no_page_is_wider_than_the_window(somebody):
    admin = somebody("admin", viewport={"width": 390, "height": HEIGHT})
    for path in sample((*PAGES, f"{first_assessment(admin)}subjects/"), every=4, first=3):
        page = admin.go(path)
        for width in (390, 900, 960, 1200):
            fits_at(page, width)
        resize(page, 390)
    assert admin.faults == []


@pytest.mark.thorough
def test_a_word_without_an_end_widens_no_page(somebody):
    admin = somebody("admin")
    for path in ("people/", f"{first_assessment(admin)}subjects/"):
        page = admin.go(path)
        page.locator("main tbody a").first.evaluate("(link) => { link.textContent = 'x'.repeat(400); }")
        page.locator("main h1").evaluate("(title) => { title.textContent = 'x'.repeat(400); }")
        for width in (390, 1440):
            fits_at(page, width)


@pytest.mark.parametrize("size", [(960, 900), pytest.param((1440, 700), marks=pytest.mark.thorough)])
def test_a_short_page_has_no_scroll_bar(somebody, size):
    admin = somebody("admin", viewport={"width": size[0], "height": size[1]})
    page = admin.go("assessments/new/")

    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_form_that_comes_back_with_errors_has_the_first_one_in_focus(somebody):
    admin = somebody("admin")
    page = admin.go(f"{first_assessment(admin)}subjects/add/")
    page.locator("summary").filter(has_text="Paste e-mail addresses").click()
    page.locator("textarea[name=addresses]").fill("nobody@x.example")

    page.locator("textarea[name=addresses]").evaluate("field => field.form.requestSubmit()")

    expect(page.get_by_text("No unique match for 1 address")).to_be_visible()
    expect(page.locator("textarea[name=addresses]")).to_be_focused()


def test_messages_cover_no_button(somebody):
    admin = somebody("admin")
    page = admin.go("settings/")
    admin.click("Save")
    message = page.locator(".toast-message").first
    expect(message).to_contain_text("saved")
    covered = page.evaluate(
        """() => {
            const message = document.querySelector(".toast-message").getBoundingClientRect();
            return [...document.querySelectorAll("main button, main a, main input, main select")].filter((each) => {
                const box = each.getBoundingClientRect();
                return !each.closest(".toasts") && box.width && box.left < message.right && box.right > message.left
                    && box.top < message.bottom && box.bottom > message.top;
            }).map((each) => each.outerHTML);
        }"""
    )
    assert covered == []


def test_back_undoes_a_search_in_one_step(somebody):
    admin = somebody("admin")
    page = admin.go("people/")
    steps = page.evaluate("history.length")
    words = page.locator("#filter-words")
    words.press_sequentially("brandt")
    page.wait_for_url("**/people/?q=brandt")
    words.press("Enter")
    page.wait_for_load_state("networkidle")
    words.blur()
    page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    page.wait_for_url("**/people/")


def test_a_menu_above_a_list_stays_as_it_is_and_sends_what_is_shown(somebody):
    admin = somebody("admin")
    page = admin.go("people/")
    menu, name = page.locator(".list-tool").first, page.locator("#list-view-new [name=name]")
    menu.locator("summary").click()
    name.fill("Colleagues")
    page.locator("#filter-words").evaluate(
        "(box) => { box.value = 'brandt'; box.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(page.locator("#listing input[form=list-view-new]")).to_have_value("q=brandt")

    expect(name).to_be_focused()
    expect(name).to_have_value("Colleagues")
    sent = page.evaluate("Object.fromEntries(new FormData(document.getElementById('list-view-new')))")
    assert (sent["query"], sent["name"]) == ("q=brandt", "Colleagues")
    assert sent["path"].endswith("/people/") and sent["csrfmiddlewaretoken"]
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    assert admin.faults == []


@pytest.mark.thorough
def test_cards_on_a_phone_label_dates_and_lie_under_no_bar(somebody):
    admin = somebody("admin", viewport={"width": 390, "height": 800})
    answered = first_assessment(admin, "q=Leadership+360+spring+2026")
    page = admin.go(f"{answered}evaluations/?status=Completed")
    label = page.locator("tbody td:has(time)").first.evaluate("(cell) => getComputedStyle(cell, '::before').content")
    assert label == '"Finished"'

    page = admin.go(f"{first_assessment(admin)}subjects/")
    assert page.locator("#selection").evaluate("(bar) => getComputedStyle(bar).position") == "static"


@pytest.mark.thorough
def test_readers_are_not_led_to_settings(somebody):
    page = somebody("reader").go("")

    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)


@pytest.mark.thorough
def test_a_day_before_the_first_reading_shows_no_list_of_today(somebody):
    admin = somebody("admin")
    assessment = first_assessment(admin)
    for path in ("people/", "assessments/", f"{assessment}subjects/"):
        page = admin.go(f"{path}?on=2026-01-05")
        expect(page.get_by_role("main")).to_contain_text("There are no data of that day")
        expect(page.locator("main tbody tr")).to_have_count(0)
        expect(page.locator("#selection")).to_have_count(0)


def test_a_status_for_no_subject_asks_to_select(somebody):
    admin = somebody("admin")
    page = admin.go(f"{first_assessment(admin)}subjects/")
    page.get_by_role("button", name="Mark as done").last.click()

    expect(page.locator(".toast-message")).to_contain_text("No subject is selected")
