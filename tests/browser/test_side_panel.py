"""The page of a row in a panel beside its list: opened, walked through, closed by keyboard; a plain link on a phone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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
