"""Editors and readers on the newest pages: accessible, fitting a phone, and never led where they may not go."""

import pytest

from tests.browser.conftest import evaluated, resize
from tests.support.samples import sample

pytestmark = pytest.mark.browser
READERS = ["surveys/", "views/", "calendar/", "people/?columns=identifier.manager", "plans/"]
EDITORS = ["surveys/import/", "surveys/library/", "surveys/library/?of=groups"]
OF_AN_ASSESSMENT = ["reports/figures/", "messages/", "nominations/"]
OF_EDITORS = ["progress/days/", "evaluations/compare/", "reports/earlier-round/"]
FORBIDDEN = ("settings/", "/answers/", "reports/who/")


@pytest.mark.thorough
def test_editor_walks_through_the_newest_pages(somebody, check):
    walk(somebody("editor"), check, [*READERS, *EDITORS], [*OF_AN_ASSESSMENT, *OF_EDITORS])


def test_reader_walks_through_the_newest_pages(somebody, check):
    reader = somebody("reader")
    walk(reader, check, sample(READERS, every=3), sample(OF_AN_ASSESSMENT, every=3))


def walk(person, check, paths, of_an_assessment):
    page = person.go("assessments/")
    assessment = page.locator("main a.row-link").first.get_attribute("href").split("/", 3)[3]
    page = person.go("surveys/")
    survey = page.locator("main a.row-link").first.get_attribute("href").split("/", 3)[3]
    for path in [*paths, survey, *(f"{assessment}{each}" for each in of_an_assessment)]:
        resize(page, 1440)
        person.go(path)
        check(page)
        assert page.locator(", ".join(f'main a[href*="{part}"]' for part in FORBIDDEN)).count() == 0, path
        resize(page, 390)
        assert evaluated(page, "document.documentElement.scrollWidth <= innerWidth"), path
    assert person.faults == []
