"""Every page is accessible in light and dark, fits a phone, and runs without a script error."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HEIGHT, PATIENCE, resize, visit
from tests.support.samples import sample

pytestmark = pytest.mark.browser
DESK, PHONE = 1440, 390

PAGES = [
    "",
    "assessments/",
    "assessments/?state=Active",
    "people/",
    "people/?q=nobody-of-this-name",
    "people/new/",
    "people/import/",
    "reports/",
    "jobs/",
    "changes/",
    "log/",
    "my-reports/",
    "views/",
    "calendar/",
    "settings/",
    "settings/credential/",
    "settings/members/",
    "people/?on=2026-11-20",
    "people/compare/",
    "changes/at-the-vendor/",
    "settings/requests/",
    "settings/api/",
    "settings/api/importPersons/",
    "search/?q=kok",
    "assessments/new/",
]
OF_AN_ASSESSMENT = [
    "",
    "subjects/",
    "evaluations/",
    "progress/days/",
    "relationships/",
    "reports/",
    "activity/",
    "history/",
    "subjects/add/",
    "subjects/import/",
    "evaluations/import/",
    "subjects/compare/",
]
ACCOUNT = ["/account/", "/account/password/change/", "/account/2fa/"]
SIGNED_OUT = ["/account/login/", "/account/password/reset/", "/account/signup/"]


def test_every_page_is_accessible_and_fits(somebody, check):
    owner = somebody("owner", color_scheme="light", viewport={"width": DESK, "height": HEIGHT})
    page = owner.page
    owner.go("assessments/")
    one = page.get_by_role("main").get_by_role("link", name="Leadership 360 autumn 2026", exact=True)
    number = str(one.get_attribute("href")).rstrip("/").rsplit("/", 1)[1]
    owner.go(f"assessments/{number}/subjects/")
    subject = page.locator("tr[id^=subject-] a.row-link").first.get_attribute("href")
    owner.go("jobs/")
    job = page.get_by_role("main").locator("a.row-link").first.get_attribute("href")
    inside = [f"assessments/{number}/{path}" for path in OF_AN_ASSESSMENT]
    paths = [*PAGES, *inside, *ACCOUNT, str(job), str(subject), f"{subject}evaluators/"]
    on_a_phone = sample(paths, every=3)
    for path in paths:
        if path.startswith("/"):
            visit(page, owner.demo.known()["portal"] + path)
        else:
            owner.go(path)
        _is_accessible_and_fits(page, check, on_a_phone=path in on_a_phone)
    assert owner.faults == []


def _is_accessible_and_fits(page, check, *, on_a_phone):
    """Looks at the page at a desk, in light and in dark, and at the width of a phone; leaves it as it was."""
    _fits(page)
    check(page)
    _show(page, "dark")
    check(page, colours_alone=True)
    _show(page, "light")
    resize(page, PHONE)
    _fits(page)
    if on_a_phone:
        check(page)
    resize(page, DESK)


def _show(page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)


def test_the_pages_for_those_who_are_not_signed_in(running_demo, chromium, check):
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    for path in SIGNED_OUT:
        visit(page, running_demo.known()["portal"] + path)
        check(page)
    context.close()


def test_the_smaller_organisation_sees_nothing_of_the_larger(somebody):
    owner = somebody("owner", "fennmoor")
    for path in ("", "people/", "assessments/"):
        owner.go(path)
        assert "arlstone" not in owner.page.content()
    answer = visit(owner.page, owner.home.replace("fennmoor", "marlstone"))
    assert answer is not None and answer.status == 404


def _fits(page):
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} pixels wider than the window of {page.viewport_size}"
