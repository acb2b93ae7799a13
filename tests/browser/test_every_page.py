"""Every page is accessible in light and dark, fits a phone, and runs without a script error."""

import pytest

pytestmark = pytest.mark.browser

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
    "settings/",
    "settings/credential/",
    "settings/members/",
    "people/?on=2026-11-20",
    "people/compare/",
    "changes/at-the-vendor/",
    "settings/requests/",
    "search/?q=kok",
    "assessments/new/",
]
OF_AN_ASSESSMENT = [
    "",
    "subjects/",
    "evaluations/",
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


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_every_page_is_accessible_and_fits(somebody, check, scheme, width):
    owner = somebody("owner", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = owner.page
    owner.go("assessments/")
    one = page.get_by_role("main").get_by_role("link", name="Leadership 360 autumn 2026", exact=True)
    number = str(one.get_attribute("href")).rstrip("/").rsplit("/", 1)[1]
    owner.go(f"assessments/{number}/subjects/")
    subject = page.locator("tr[id^=subject-] a.row-link").first.get_attribute("href")
    owner.go("jobs/")
    job = page.get_by_role("main").locator("a.row-link").first.get_attribute("href")
    inside = [f"assessments/{number}/{path}" for path in OF_AN_ASSESSMENT]
    for path in [*PAGES, *inside]:
        owner.go(path)
        _fits(page, path)
        check(page)
    for path in [*ACCOUNT, str(job), str(subject), f"{subject}evaluators/"]:
        page.goto(owner.demo.known()["portal"] + path)
        _fits(page, path)
        check(page)
    assert owner.faults == []


def test_the_pages_for_those_who_are_not_signed_in(running_demo, chromium, check):
    context = chromium.new_context()
    page = context.new_page()
    for path in SIGNED_OUT:
        page.goto(running_demo.known()["portal"] + path)
        check(page)
    context.close()


def test_the_smaller_organisation_sees_nothing_of_the_larger(somebody):
    owner = somebody("owner", "fennmoor")
    for path in ("", "people/", "assessments/"):
        owner.go(path)
        assert "arlstone" not in owner.page.content()
    answer = owner.page.goto(owner.home.replace("fennmoor", "marlstone"))
    assert answer is not None and answer.status == 404


def _fits(page, path):
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{path} is {wider} pixels wider than the window"
