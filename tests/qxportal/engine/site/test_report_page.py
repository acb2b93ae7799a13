"""The report's page: how few queries it takes, and that its tables say what its charts do."""

import re
from typing import Any

from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import set_urlconf

from qxportal.engine.models import ActionPlan, Person, ReportAccess, ReportOpening
from qxportal.engine.people import devices
from qxportal.engine.people.personal_links import invited, link_for
from qxportal.engine.reports import html
from qxportal.engine.reports.results import ReportData
from qxportal.engine.site import report_views, visitors
from qxportal.engine.site.reports import Reading
from tests.qxportal.engine.site.conftest import Released
from tests.qxportal.engine.site.figures import on_the_web, printed

AT_MOST = 6  # the person, the access, the last edition, the questions, the answers, the people of the report


def tables(report: ReportData) -> list[tuple[str, list[str]]]:
    """Name and figures of every row of the tables of competencies on the web."""
    web = html.web(report)
    found = []
    for table in re.findall(r'<div class="as-table".*?</div>', web[web.index('id="competencies"') :], re.DOTALL):
        for row in re.findall(r"<tr.*?</tr>", table.partition("<tbody>")[2], re.DOTALL):
            name, *cells = [
                " ".join(re.sub("<[^>]+>", " ", one).split()) for one in re.findall(r"<t[hd].*?</t[hd]>", row)
            ]
            found.append((name, [cell for cell in cells if cell not in ("", "–")]))
    return found


def test_tables_on_the_web_say_what_the_charts_say(released: Released):
    report = released.report()

    assert tables(report) == on_the_web(report, "statements") == printed(report, "Competencies and statements")
    web = html.web(report)
    assert len(re.findall(r'<input type="radio" name="view"', web)) == 2
    assert "data:image" not in web
    peers = next(cell for cell in (each.cells.get("group:Peer") for each in report.competencies) if cell)
    assert f"<title>Peers {peers.mean}° ({peers.n})</title>" in web


def _page(access: ReportAccess) -> tuple[HttpResponse, list[str]]:
    """The page as the site gives it, and which queries it took."""
    person = Person.objects.select_related("org_structure__brand").get(pk=access.person_id)
    link = invited(link_for(person).split("/l/")[1].strip("/"))
    request: Any = RequestFactory().get(f"/reports/{access.public_id}/read/")
    device = HttpResponse()
    visitors.let_in(device, link.person, link.generation, devices.by_mail(0, test=False))
    request.COOKIES = {name: cookie.value for name, cookie in device.cookies.items()}
    visitor = visitors.visitor_of(request)
    assert visitor is not None
    found = Reading(access, person)
    found.note(ReportOpening.What.PAGE, found.edition(), visitor)
    set_urlconf("qxportal.engine.site.root_urls")
    try:
        with CaptureQueriesContext(connections["engine"]) as queries:
            page = report_views.read(request, access.public_id)
    finally:
        set_urlconf(None)
    return page, [query["sql"] for query in queries]


def test_page_takes_few_queries_whatever_the_number_of_raters(released: Released):
    access = released.give()
    page, queries = released.engine.run(_page, access)

    assert page.status_code == 200
    assert len(queries) <= AT_MOST, "\n".join(queries)


def test_page_with_a_kept_plan_takes_no_more_queries(released: Released):
    access = released.give()
    released.give(released.boss, "Manager")
    released.engine.run(ActionPlan.objects.create, brand_id=access.brand_id, subject=released.subject, revision=1)
    page, queries = released.engine.run(_page, access)

    assert "Mia Stone" in page.content.decode()
    assert len(queries) <= AT_MOST, "\n".join(queries)


def test_people_of_a_report_are_found_by_their_keys(released: Released):
    access = released.give()
    _response, queries = released.engine.run(_page, access)

    [people] = [sql for sql in queries if '"manages"' in sql]
    by_key = re.search(r'"engine_person"\."id" IN \((.*?) UNION ', people)
    assert by_key is not None, people  # else all people of all brands would be read
