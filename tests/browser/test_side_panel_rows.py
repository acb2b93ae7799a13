"""The panel beside a list in which several rows lead to the same page: portal.js alone, on a page of its own."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
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
    page.set_content(PAGE)
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
    page.evaluate("late()")

    assert page.locator("#panel").is_hidden()
    assert page.evaluate("document.activeElement.id") == "row1"
    assert page.url == "about:blank"
    page.close()
