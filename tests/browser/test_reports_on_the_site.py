"""Reports on the site at a phone and at a desk, light and dark, in each language, without scripts, on paper."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from qxportal.engine.models import Assessment, Person, ReportAccess
from tests.browser.conftest import PATIENCE
from tests.browser.test_answering_on_the_site import DESK, PHONE
from tests.qxportal.engine.site.conftest import Released, released

__all__ = ["released"]

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(chromium: Browser, link_of: Callable[..., str]) -> Iterator[Callable[..., Page]]:
    """Opens a browser in which somebody came in by the personal link."""
    contexts: list[BrowserContext] = []

    def start(person: Person, **options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(link_of(person))
        page.locator("#address").fill(person.email)
        page.locator("main button.primary").click()
        page.wait_for_url("**/tasks/")
        return page

    yield start
    for context in contexts:
        context.close()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(
    ("size", "scheme", "locale", "scripts", "words"),
    [
        (PHONE, "dark", "de", True, ("Bericht öffnen", "Ihr Feedbackbericht")),
        (PHONE, "light", "es", True, ("Abrir el informe", "Su informe de feedback")),
        *(
            pytest.param(*others, marks=pytest.mark.thorough)
            for others in (
                (PHONE, "light", "en", True, ("Open the report", "Your feedback report")),
                (PHONE, "dark", "fr", True, ("Ouvrir le rapport", "Votre rapport de feedback")),
                (DESK, "light", "de", True, ("Bericht öffnen", "Ihr Feedbackbericht")),
                (DESK, "dark", "en", False, ("Open the report", "Your feedback report")),
            )
        ),
    ],
)
def test_subject_opens_the_report(released: Released, reader: Any, check: Any, size, scheme, locale, scripts, words):
    released.give()
    page = reader(released.anna, **size, color_scheme=scheme, locale=locale, java_script_enabled=scripts)
    pages = [("link", words[1]), ("button", words[0])]

    for role, name in pages:
        if scripts:
            check(page)
            assert fits(page)
        page.get_by_role("main").get_by_role(role, name=name).click()
    page.wait_for_url("**/read/")

    assert fits(page)
    assert page.locator("article.report ol.rows > li").count() > 20
    charts, tables = page.locator("article .as-chart").first, page.locator("article .as-table").first
    assert (charts.is_visible(), tables.is_visible()) == (True, False)
    page.locator("input[name=view][value=charts]").focus()
    page.keyboard.press("ArrowRight")
    tables.wait_for()
    assert not charts.is_visible()
    if scripts:
        check(page)
        assert fits(page)
        assert page.pdf().startswith(b"%PDF-")
    assert released.openings() == [("Anna", "page", 1)]


def test_scanner_that_clicks_links_opens_no_report(released: Released, reader: Any):
    access = released.give()
    page = reader(released.anna, **PHONE)
    page.get_by_role("main").get_by_role("link", name="Your feedback report").click()
    page.goto(f"{page.url}read/")

    assert page.url.endswith(f"/reports/{access.public_id}/")
    assert released.openings() == []


@pytest.mark.thorough
def test_manager_approves_at_a_phone(released: Released, reader: Any, check: Any, engine: Any):
    engine.run(Assessment.objects.filter(pk=released.assessment.pk).update, options={"ReportApproval": True})
    released.give()
    page = reader(released.boss, **PHONE, locale="de")
    page.locator('a[href$="/approval/"]').click()
    check(page)
    assert fits(page)

    page.get_by_role("button", name="Bericht lesen").click()
    page.wait_for_url("**/read/")
    check(page)
    page.get_by_role("link", name="Genehmigen oder zurücksenden").click()
    page.get_by_role("button", name="Genehmigen", exact=True).click()

    page.get_by_role("heading", name="Sie haben den Bericht genehmigt").wait_for()
    assert engine.run(ReportAccess.objects.get).approved_edition == 1
