"""The settings, as an administrator walks through them, are accessible in each colour scheme and fit a phone."""

import re

import pytest

from tests.browser.conftest import HEIGHT, evaluated, resize

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
PAGES = [
    "settings/",
    "settings/brand/",
    "settings/credential/",
    "settings/requests/",
    "settings/api/",
    "settings/api/setPredefinedData/",
    "settings/members/",
    "settings/users/",
    "settings/users/new/",
    "settings/divisions/new/",
    "settings/user-data-fields/",
    "settings/answers/",
    "surveys/library/",
    "surveys/library/?of=groups",
    "reports/who/",
]
ANSWERS = ["settings/answers/", "answers/", "answers/import/"]
FURTHER = "main :is(a[href*='/settings/users/'], a[href*='/settings/members/'], a[href*='/surveys/library/'])"


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("de", "light"), ("en", "light"), ("de", "dark")])
def test_admin_walks_through_the_settings(somebody, check, language, scheme):
    admin = somebody("admin", locale=language, color_scheme=scheme, viewport={"width": 1440, "height": HEIGHT})
    page = admin.go("settings/users/")
    admin.reload_until(page.locator("#listing tbody tr").first.is_visible)
    walked = walk(admin, check, PAGES)
    for kind in (
        "users/[0-9]+/",
        "users/[0-9]+/rename/",
        "users/[0-9]+/delete/",
        "members/[0-9]+/person/",
        "surveys/library/[^?]",
    ):
        assert any(re.search(kind, path) for path in walked), (kind, walked)


def test_admin_exports_and_imports_answers(somebody, check):
    owner, admin = somebody("owner"), somebody("admin", viewport={"width": 1440, "height": HEIGHT})
    page = owner.go("settings/answers/")
    page.locator("input[name=told]").check()
    page.locator("input[name=typed]").fill(page.locator(".rail .org-words strong").first.inner_text())
    owner.click("Turn on")
    owner.wait_for("Exports of answers are on")
    try:
        walk(admin, check, ANSWERS)
    finally:
        owner.go("settings/answers/")
        owner.click("Turn off")


def walk(admin, check, pages):
    page, paths = admin.page, list(pages)
    for path in paths:
        admin.go(path)
        check(page)
        if path in pages:  # one page of each kind that it leads to
            paths += further(page, paths)
        resize(page, 390)
        assert evaluated(page, "document.documentElement.scrollWidth <= innerWidth"), path
        check(page)
        resize(page, 1440)
    assert admin.faults == []
    return paths


def further(page, known):
    """One address of each kind that the page links to and that is not known yet."""
    links = [str(link.get_attribute("href")) for link in page.locator(FURTHER).all()]
    found = {re.sub(r"\d+|[A-Z]{2}_\w+", "", link): link.split("/", 3)[3] for link in links if link.startswith("/o/")}
    kinds = {re.sub(r"\d+|[A-Z]{2}_\w+", "", f"/o/marlstone/{path}") for path in known}
    return [path for kind, path in found.items() if kind not in kinds]
