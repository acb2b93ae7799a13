"""Every page is accessible in light and dark, fits a phone, and runs without a script error.

Each run opens each page once, in one of the settings, which take turns; the thorough run opens it in all of them.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HEIGHT, PATIENCE, evaluated, resize, visit
from tests.support.samples import thorough

pytestmark = pytest.mark.browser
DESK, PHONE = 1440, 390
SETTINGS = [  # language, width, colours
    ("en", DESK, "light"),
    ("de", PHONE, "dark"),
    ("en", PHONE, "light"),
    ("de", DESK, "dark"),
    ("en", PHONE, "dark"),
    ("de", DESK, "light"),
    ("en", DESK, "dark"),
    ("de", PHONE, "light"),
]

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
    owners = {
        language: somebody("owner", locale=language, color_scheme="light", viewport={"width": DESK, "height": HEIGHT})
        for language in ("en", "de")
    }
    for place, path in enumerate(pages_of(owners["en"])):
        for language, width, scheme in SETTINGS if thorough() else [SETTINGS[place % len(SETTINGS)]]:
            owner = owners[language]
            show(owner.page, width, scheme)
            if path.startswith("/"):
                visit(owner.page, owner.demo.known()["portal"] + path)
            else:
                owner.go(path)
            root = owner.page.locator("html")
            expect(root).to_have_attribute("data-bs-theme", scheme)
            expect(root).to_have_attribute("lang", language)
            _fits(owner.page)
            check(owner.page)
    assert [owner.faults for owner in owners.values()] == [[], []]


def pages_of(owner):
    """Where all pages are, with the numbers of one assessment, subject and job."""
    page = owner.page
    owner.go("assessments/")
    one = page.get_by_role("main").get_by_role("link", name="Leadership 360 autumn 2026", exact=True)
    number = str(one.get_attribute("href")).rstrip("/").rsplit("/", 1)[1]
    owner.go(f"assessments/{number}/subjects/")
    subject = page.locator("tr[id^=subject-] a.row-link").first.get_attribute("href")
    owner.go("jobs/")
    job = page.get_by_role("main").locator("a.row-link").first.get_attribute("href")
    inside = [f"assessments/{number}/{path}" for path in OF_AN_ASSESSMENT]
    return [*PAGES, *inside, *ACCOUNT, str(job), str(subject), f"{subject}evaluators/"]


def show(page, width, scheme):
    """From now on the window is that wide and its colours are those."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    if page.viewport_size["width"] != width:
        resize(page, width)


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
    wider = evaluated(page, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} pixels wider than the window of {page.viewport_size}"
