"""The page of a row in a panel beside its list: opened, walked through, closed by keyboard; a plain link on a phone."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CUT_SHORT = re.compile("htmx:(afterRequest|sendAbort)")  # a request that ended as the page was loaded anew


def test_rows_open_beside_their_list_and_give_the_focus_back(somebody, check):
    admin = somebody("admin", viewport={"width": 1440, "height": 900})
    page = admin.go("people/")
    rows, panel = page.locator("#listing a.row-link"), page.locator("#panel")
    first, second = rows.nth(0), rows.nth(1)

    first.press("Enter")
    title = panel.locator("#panel-title")
    expect(title).to_be_focused()
    check(page)
    page.keyboard.press("j")
    expect(panel.get_by_role("link", name="Open page")).to_have_attribute("href", second.get_attribute("href"))
    expect(second).to_have_attribute("aria-current", "true")
    expect(title).to_be_focused()
    page.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(second).to_be_focused()
    assert page.url.endswith("/people/")
    page.set_viewport_size({"width": 390, "height": 800})
    first.click()
    page.wait_for_url("**/people/*/")
    assert admin.faults == []


def test_the_address_names_what_is_open_beside_a_list(somebody):
    admin = somebody("admin", viewport={"width": 1440, "height": 900})
    page = admin.go("people/")
    rows, panel = page.locator("#listing a.row-link"), page.locator("#panel")
    title, entries = panel.locator("#panel-title"), page.evaluate("history.length")
    first, second = (rows.nth(number).get_attribute("href") for number in (0, 1))

    rows.nth(0).click()
    expect(title).to_be_focused()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/people/#panel={second}$"))
    assert page.evaluate("history.length") == entries + 1
    page.reload()
    expect(title).to_be_focused()
    page.go_back()
    expect(panel).to_be_hidden()
    expect(page).to_have_url(re.compile("/people/$"))
    page.go_forward()
    expect(title).to_be_visible()
    page.get_by_role("searchbox").last.fill("a")
    expect(page).to_have_url(re.compile(f"[?]q=a#panel={second}$"))
    panel.get_by_role("button", name="Close").click()
    expect(page).to_have_url(re.compile("/people/[?]q=a$"))
    expect(panel).to_be_hidden()

    copied = page.url.split("?")[0] + f"#panel={first}"
    page.goto("about:blank")
    page.goto(copied)
    expect(panel.get_by_role("link", name="Open page")).to_have_attribute("href", first)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(re.compile("/people/$"))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("about:blank")
    page.goto(copied)
    page.wait_for_url(f"**{first}")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("about:blank")
    page.goto(copied.replace(first, f"{first}9999999/"))
    expect(page.locator(".toast-message")).to_contain_text("404")
    expect(page).to_have_url(re.compile("/people/$"))
    assert [fault for fault in admin.faults if "404" not in fault] == []


def test_closing_beside_another_fragment_and_by_a_double_press(somebody):
    admin = somebody("admin", viewport={"width": 1440, "height": 900})
    page = admin.go("people/")
    rows, panel = page.locator("#listing a.row-link"), page.locator("#panel")

    page.locator("a.skip").press("Enter")
    expect(page).to_have_url(re.compile("/people/#content$"))
    rows.nth(0).press("Enter")
    expect(panel.locator("#panel-title")).to_be_focused()
    page.go_back()
    expect(panel).to_be_hidden()
    page.go_forward()
    expect(panel.locator("#panel-title")).to_be_focused()
    page.evaluate(
        """() => { for (const _time of [1, 2]) document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Escape", bubbles: true })) }"""
    )
    expect(panel).to_be_hidden()
    expect(page).to_have_url(re.compile("/people/#content$"))
    expect(rows.nth(0)).to_be_focused()
    assert admin.faults == []


def test_lists_and_their_panel_go_through_the_history_together(somebody):
    admin = somebody("admin", viewport={"width": 1440, "height": 900})
    page = admin.go("people/")
    rows, search = page.locator("#listing a.row-link"), page.get_by_role("searchbox").last
    every = rows.all_inner_texts()

    rows.nth(0).click()
    expect(page.locator("#panel-title")).to_be_focused()
    search.fill(rows.nth(0).inner_text().split(",")[0])
    expect(page).to_have_url(re.compile("[?]q=[^#]+#panel="))
    expect(rows).not_to_have_count(len(every))
    entries = page.evaluate("history.length")
    with page.expect_response(re.compile("[?]q=")):
        search.press("Enter")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    assert page.evaluate("history.length") == entries
    page.evaluate("history.go(-2)")
    expect(page).to_have_url(re.compile("/people/$"))
    expect(rows).to_have_text(every)
    expect(page.locator("#panel")).to_be_hidden()
    assert [fault for fault in admin.faults if not CUT_SHORT.match(fault)] == []


def test_addresses_that_name_what_no_panel_shows(somebody):
    admin = somebody("admin", viewport={"width": 1440, "height": 900})
    page = admin.go("people/")
    listed, panel = page.url, page.locator("#panel")

    page.goto("about:blank")
    page.goto(f"{listed}#panel={urlsplit(listed).path}import/")
    expect(page.get_by_role("heading", name="Import people")).to_be_visible()  # the first address ends alike
    page.go_back()
    expect(page).to_have_url("about:blank")

    page.goto(f"{listed}#panel=/o/elsewhere/people/1/")
    page.locator("#listing a.row-link").first.click()
    expect(panel.locator("#panel-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(listed)
    assert admin.faults == []
