"""The page of a row in a panel beside its list: opened, walked through, closed by keyboard; a plain link on a phone."""

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
