"""The panel beside a list: rows that lead to the same page, and requests within it; on pages of their own."""

import re
from pathlib import Path

import django_htmx
import pytest

pytestmark = pytest.mark.browser
HTMX_ITSELF = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
BASE = Path(__file__).parents[2] / "templates" / "base.html"
SCRIPT = Path(__file__).parents[2] / "qxportal" / "static" / "portal" / "portal.js"
ROWS = "".join(
    f'<tr><th><a class="row-link" id="row{number}" href="http://portal.test/people/{person}/">x</a></th></tr>'
    for number, person in enumerate((1, 1, 1, 2))
)
PAGE = f"""<main id="content" tabindex="-1"><table data-rows data-panel><tbody>{ROWS}</tbody></table></main>
<section id="panel" hidden></section>"""
# Answers at once where it is not told to wait; what it answers late is swapped by `late()`.
HTMX = """
const panel = document.getElementById("panel");
const page = '<h2 id="panel-title" tabindex="-1">x</h2>';
window.asked = [];
window.late = () => {
  const detail = {target: panel, shouldSwap: true, xhr: {responseText: page}};
  document.dispatchEvent(new CustomEvent("htmx:beforeSwap", {detail}));
  if (!detail.shouldSwap) return;
  panel.innerHTML = page;
  document.dispatchEvent(new CustomEvent("htmx:afterSwap", {detail: {target: panel}}));
};
window.htmx = {ajax: (verb, url) => { window.asked.push(url); if (!window.wait) window.late(); }};
"""


def test_rows_that_lead_to_the_same_page_are_told_apart(chromium):
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.route("http://portal.test/people/", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.goto("http://portal.test/people/")
    page.evaluate(HTMX)
    page.add_script_tag(path=SCRIPT)

    page.locator("#row1").press("Enter")
    assert page.locator("[aria-current]").get_attribute("id") == "row1"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("asked.map((url) => url.at(-2))") == ["1", "1", "2"]
    page.keyboard.press("k")
    page.evaluate("wait = true")
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    page.locator("#panel").wait_for(state="hidden")
    page.evaluate("late()")

    assert page.locator("#panel").is_hidden()
    assert page.evaluate("document.activeElement.id") == "row1"
    assert page.url == "http://portal.test/people/"
    page.close()


def test_requests_within_the_panel_do_not_end_each_other(chromium):
    [panel] = re.findall('<section id="panel"[^>]*>', BASE.read_text())
    within = "".join(
        f'<button id="{name}" hx-get="/{name}/" hx-target="#of-{name}">x</button><p id="of-{name}"></p>'
        for name in ("first", "second")
    )
    page, waiting = chromium.new_page(), []
    page.route("http://portal.test/", lambda route: route.fulfill(content_type="text/html", body=f"{panel}{within}"))
    page.route("http://portal.test/*/", lambda route: waiting.append(route))
    page.goto("http://portal.test/")
    page.add_script_tag(path=HTMX_ITSELF)
    page.evaluate("htmx.process(document.body); document.getElementById('panel').hidden = false")

    for name in ("first", "second"):
        with page.expect_request(f"**/{name}/"):
            page.locator(f"#{name}").click()
    while len(waiting) < 2:
        page.wait_for_timeout(20)
    for route in waiting:
        route.fulfill(body="answered")

    page.locator("#of-second", has_text="answered").wait_for()
    page.locator("#of-first", has_text="answered").wait_for(timeout=10_000)
    page.close()
