"""Reports on the site: closed until released, opened by a button, and the same figures as the PDF."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from django.db import transaction
from django.utils import timezone

from qxportal.engine.editions import fence, report_access
from qxportal.engine.models import Assessment, Participant, Person, ReportAccess
from qxportal.engine.reports import html
from qxportal.engine.reports.results import ReportData
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.site.conftest import Released
from tests.support.engine_fixture import Engine
from tests.support.site_fixture import words

HOUR = timedelta(hours=1)


def opened(browser: Any, access: ReportAccess) -> requests.Response:
    page = browser.get(f"/reports/{access.public_id}/")
    return browser.submit(page, {}, action="/open/")  # type: ignore[no-any-return]


# -- opening


def test_report_is_closed_until_it_is_released(released: Released, visitor: Any):
    browser = visitor(released.anna)
    assert "Your reports" not in words(browser.get("/tasks/"))

    access = released.give()

    page = browser.get("/tasks/")
    assert "Your reports Your feedback report Leadership 360 spring Ready" in words(page)
    assert f"/reports/{access.public_id}/" in page.text


def test_only_the_button_opens_it_and_is_noted(released: Released, visitor: Any):
    access, browser = released.give(), visitor(released.anna)

    page = browser.get(f"/reports/{access.public_id}/")
    direct = browser.get(f"/reports/{access.public_id}/read/")
    assert "Open the report" in words(page)
    assert direct.url.endswith(f"/reports/{access.public_id}/")
    assert (released.openings(), released.editions()) == ([], 0)

    report = browser.submit(page, {}, action="/open/")

    assert report.url.endswith("/read/")
    assert "How to read this report" in words(report)
    assert released.openings() == [("Anna", "page", 1)]
    assert browser.get(report.url).url == report.url  # reloading it is no further opening
    assert len(released.openings()) == 1
    assert visitor(released.anna).get(report.url).url != report.url  # on another device it is opened anew


def test_pdf_is_the_one_that_the_api_gives(released: Released, visitor: Any, engine: Engine):
    access, browser = released.give(), visitor(released.anna)
    page = browser.get(f"/reports/{access.public_id}/")

    answer = browser.submit(page, {}, action="/pdf/")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "no-store" in answer.headers["Cache-Control"]
    both = {"ThreeSixtyID": released.assessment.public_id, "PersonID": released.anna.public_id}
    assert answer.content == Caller(engine)("getSubjectReportPDF", **both, Viewer="Subject").content
    assert released.openings() == [("Anna", "pdf", 1)]


def test_who_else_can_open_it_and_until_when_is_said(released: Released, visitor: Any):
    access = released.give(until_at=timezone.now() + timedelta(days=3))
    released.give(released.boss, "Manager")
    released.give(released.peer, "Other", until_at=timezone.now() - HOUR)

    page = words(visitor(released.anna).get(f"/reports/{access.public_id}/"))

    assert "Can be opened until" in page
    assert "Mia Stone · Manager" in page
    assert str(released.peer) not in page
    assert "They also see when you opened the report last." in page


def test_managers_find_reports_about_their_people(released: Released, visitor: Any):
    access, browser = released.give(released.boss, "Manager"), visitor(released.boss)

    assert "Reports about your people Anna Berger Leadership 360 spring" in words(browser.get("/tasks/"))
    report = opened(browser, access)

    assert "Feedback report on Anna Berger" in words(report)
    assert "Please do not pass it on" in words(report)
    assert released.openings() == [("Mia", "page", 1)]


def test_report_without_figures_is_not_ready_and_makes_none(released: Released, visitor: Any, engine: Engine):
    engine.run(Participant.objects.filter(pk=released.subject.pk).update, status="Waiting", report_ready=False)
    access, browser = released.give(), visitor(released.anna)

    page = browser.get(f"/reports/{access.public_id}/")

    assert "The report is not ready yet." in words(page)
    assert "Open the report" not in words(page)
    token = browser.session.cookies.get_dict()
    csrf = next(value for name, value in token.items() if name.startswith("csrf"))
    for what in ("open", "pdf"):
        url = f"{browser.url}/reports/{access.public_id}/{what}/"
        assert browser.session.post(url, {"csrfmiddlewaretoken": csrf}, timeout=30).status_code == 409
    assert (released.openings(), released.editions()) == ([], 0)


def test_after_a_restore_no_first_edition_is_made_and_that_is_said(released: Released, visitor: Any, engine: Engine):
    access, browser = released.give(), visitor(released.anna)
    page = browser.get(f"/reports/{access.public_id}/")
    engine.run(_told_of_more_editions_than_there_are)

    answer = browser.submit(page, {}, action="/open/")

    assert answer.status_code == 409
    assert "The report cannot be opened at the moment. Try again later." in words(answer)
    assert (released.openings(), released.editions()) == ([], 0)
    engine.run(_confirmed)
    assert opened(browser, access).url.endswith("/read/")


def _told_of_more_editions_than_there_are() -> None:
    with transaction.atomic(using="engine"):
        row = fence.row()
        row.given += 5
        fence.tell(row)


def _confirmed() -> None:
    with transaction.atomic(using="engine"):
        fence.confirm()


def test_link_to_a_report_leads_to_its_page(released: Released, link_of: Any, visitor: Any):
    access = released.give()
    browser = visitor(released.anna)

    assert browser.get(link_of(released.anna, access.public_id)).url.endswith(f"/reports/{access.public_id}/")
    assert released.openings() == []


# -- nobody else


def test_strangers_revoked_expired_planned_and_foreign_rows_open_nothing(
    released: Released, visitor: Any, engine: Engine
):
    now = timezone.now()
    planned = released.give(from_at=now + HOUR)
    managers = released.give(released.boss, "Manager")
    ended = released.give(released.peer, "Other", until_at=now - HOUR)
    elsewhere = engine.person("Xaver", "Other", brand=engine.make_brand("other", "Other"))
    anna, boss, peer, stranger = (visitor(one) for one in (released.anna, released.boss, released.peer, elsewhere))
    expected = [
        (anna, planned, 404),
        (anna, managers, 404),  # another viewer's row about herself
        (anna, ended, 404),
        (boss, planned, 404),
        (peer, managers, 404),
        (peer, ended, 410),
        *((stranger, each, 404) for each in (planned, managers, ended)),
    ]
    for browser, access, code in expected:
        token = browser.session.cookies.get_dict()
        csrf = next((value for name, value in token.items() if name.startswith("csrf")), "")
        for path in ("", "read/", "open/", "pdf/", "approval/"):
            url = f"{browser.url}/reports/{access.public_id}/{path}"
            if path in ("open/", "pdf/", "approval/"):
                page = browser.session.post(url, {"csrfmiddlewaretoken": csrf}, timeout=30)
            else:
                page = browser.session.get(url, timeout=30)
            assert page.status_code == (404 if path == "approval/" else code), (access.viewer, path)
            assert "Berger" not in page.text or browser is anna
    assert anna.get("/reports/RA_000000000000000/").status_code == 404
    assert (released.openings(), released.editions()) == ([], 0)
    assert visitor().get(f"/reports/{managers.public_id}/").url.endswith("/")  # a stranger comes to the front page


def test_withdrawn_report_ends_on_an_open_device(released: Released, visitor: Any, engine: Engine):
    access, browser = released.give(), visitor(released.anna)
    report = opened(browser, access)

    engine.run(ReportAccess.objects.filter(pk=access.pk).update, until_at=timezone.now())

    assert browser.get(report.url).status_code == 410
    assert browser.submit(report, {}, action="/pdf/").status_code == 410
    assert "You can no longer open this report" in words(browser.get(report.url))


def test_nobody_who_left_opens_a_report_and_none_about_who_left(released: Released, visitor: Any, engine: Engine):
    own, managers = released.give(), released.give(released.boss, "Manager")
    anna, boss = visitor(released.anna), visitor(released.boss)
    engine.run(Person.objects.filter(pk=released.anna.pk).update, removed_at=timezone.now())

    assert "Open the report" not in words(anna.get(f"/reports/{own.public_id}/"))
    assert boss.get(f"/reports/{managers.public_id}/").status_code == 404
    engine.run(Person.objects.filter(pk=released.anna.pk).update, removed_at=None)
    engine.run(Participant.objects.filter(pk=released.subject.pk).update, removed_at=timezone.now())
    assert boss.get(f"/reports/{managers.public_id}/").status_code == 404


def test_forwarded_link_of_a_manager_asks_for_the_managers_address(released: Released, visitor: Any, link_of: Any):
    access, stranger = released.give(released.boss, "Manager"), visitor()

    page = stranger.get(link_of(released.boss, access.public_id))
    refused = stranger.submit(page, {"address": released.peer.email})

    assert "Hello Mia" in words(page)
    assert refused.status_code == 422
    assert "Berger" not in page.text + refused.text
    assert stranger.get(f"/reports/{access.public_id}/").url.rstrip("/") == stranger.url
    assert released.openings() == []


def test_namesake_with_the_freed_address_of_a_manager_opens_nothing(
    released: Released, visitor: Any, link_of: Any, engine: Engine
):
    access = released.give(released.boss, "Manager")
    old_link = link_of(released.boss, access.public_id)
    engine.run(Person.objects.filter(pk=released.boss.pk).update, removed_at=timezone.now())
    namesake = engine.person("Mia", "Stone", email=released.boss.email, user_name="mia.stone.2")
    browser = visitor(namesake)

    assert "Reports about your people" not in words(browser.get("/tasks/"))
    assert browser.get(f"/reports/{access.public_id}/").status_code == 404
    assert visitor().get(old_link).status_code == 410
    assert released.openings() == []


# -- the same figures


class Rows(HTMLParser):
    """Figures of a page, row by row, as (name, value) pairs: of tables as printed, of lists as on the web."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("tr", "li", "th", "td", "dt", "dd", "strong"):
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td", "dt", "dd", "strong"):
            self.texts.append(("", ""))  # what follows belongs to no cell

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = tag, " ".join(f"{text} {data}".split())


def printed(report: ReportData, section: str) -> list[tuple[str, list[str]]]:
    """Name and figures of every row of a section of the PDF's document."""
    return _rows(html.html(report), section, starts="tr", name="th", value="td")


def on_the_web(report: ReportData, kind: str) -> list[tuple[str, list[str]]]:
    """Name and figures of every row of one kind of lists on the web."""
    lists = re.findall(rf'<ol class="rows" data-rows="{kind}">(.*?)</ol>', html.web(report), re.DOTALL)
    return _rows("".join(lists), "", starts="li", name="strong", value="dd")


def _rows(document: str, section: str, *, starts: str, name: str, value: str) -> list[tuple[str, list[str]]]:
    if section:
        start = document.index(f"<h2>{section}</h2>")
        document = document[start : document.index("</section>", start)]
    found: list[tuple[str, list[str]]] = []
    for tag, text in Rows(document).texts:
        if tag == starts:
            found.append(("", []))
        elif tag == name and found and not found[-1][1]:
            found[-1] = (text, [])
        elif tag == value and found and text not in ("", "–"):
            found[-1][1].append(text)
    return [(label, values) for label, values in found if values]


def test_every_cell_on_the_web_is_that_of_the_pdf(released: Released):
    report = released.report()

    statements = on_the_web(report, "statements")
    assert statements == printed(report, "Competencies and statements")
    assert len(statements) == 4 + 12  # competencies and their statements
    assert {len(values) for _name, values in statements} == {6}  # self, manager, two groups, others, spread
    overview = [(name, values[:2]) for name, values in printed(report, "Summary") if len(values) > 1]
    assert on_the_web(report, "overview") == overview
    insights = [(name, values[:2]) for name, values in printed(report, "How you and others see you")]
    assert on_the_web(report, "insights") == insights


def test_texts_counts_and_lists_on_the_web_are_those_of_the_pdf(released: Released, visitor: Any):
    report = released.report()
    page = opened(visitor(released.anna), released.give())

    document, web = html.html(report), html.web(report)
    assert web in page.text
    for kind in ("quotes", "ranked"):
        lists = [
            [
                " ".join(re.sub(r"<[^>]+>", " ", one).split())
                for one in re.findall(rf'class="{kind}">(.*?)</[uo]l>', text, re.DOTALL)
            ]
            for text in (document, web)
        ]
        assert lists[0] == lists[1] != []
    answered = [re.search(r'<table class="answered">.*?</table>', text, re.DOTALL) for text in (document, web)]
    assert all(answered)
    assert len({re.sub(r"</?span[^>]*>", "", found[0]) for found in answered if found}) == 1


@pytest.mark.parametrize(
    ("minimums", "groups", "blocks"),
    [
        ((4, 5, 6), ["Peers", "Direct reports"], [None]),  # four of each; their comments are mixed
        ((5, 6, 8), ["All others"], [None]),
        ((5, 6, 9), ["All others"], [None]),
        ((9, 9, 10), [], []),
    ],
)
def test_larger_minimums_hold_on_the_web_in_the_pdf_and_in_the_data(
    released: Released, call: Caller, minimums: tuple[int, int, int], groups: list[str], blocks: list[str | None]
):
    names = ("min_group", "min_comments", "min_spread")
    row = Assessment.objects.filter(pk=released.assessment.pk)
    released.engine.run(row.update, **dict(zip(names, minimums, strict=True)))
    released.engine.run(released.assessment.refresh_from_db)
    report = released.report()

    statements = on_the_web(report, "statements")
    assert statements == printed(report, "Competencies and statements") != []
    assert [group.label for group in report.groups if group.kind is None or not group.kind.exempt] == groups
    spread = len(groups) and minimums[2] <= 8  # eight others; the manager is shown alone
    assert {len(values) for _name, values in statements} == {2 + len(groups) + 1 + bool(spread)}
    document, web = html.html(report), html.web(report)
    for text in (" ".join(document.split()), " ".join(web.split())):
        assert f"at least {minimums[0]} of its members have answered" in text
        assert f"at least {minimums[1]} of its members wrote one" in text
        assert f"from {minimums[2]} ratings on" in text
    which = {"ThreeSixtyID": released.assessment.public_id, "PersonID": released.anna.public_id}
    told = call.result("getSubjectReport", **which)["Report"]
    kept = {group["Label"] for group in told["Groups"]} - {"Self", "Manager"}
    assert kept == set(groups)
    for question in told["Comments"]:
        labels = [block.get("Group") for block in question["Blocks"]]
        assert [label for label in labels if label not in ("Self", "Manager")] == blocks
    for result in (one for each in told["Competencies"] for one in (each, *each["Items"])):
        assert all("Spread" not in cell or cell["Count"] >= minimums[2] for cell in result["Results"].values())


def test_nothing_tells_when_anybody_answered(released: Released, visitor: Any, engine: Engine):
    page = opened(visitor(released.anna), released.give())

    about = re.sub(r'src="data:[^"]+"', "", page.text)
    assert not re.search(r"\b\d{1,2}:\d{2}\b", about)
    for evaluator in engine.run(lambda: [str(one.evaluator) for one in released.subject.evaluations.all()]):
        if evaluator != "Anna Berger":
            assert evaluator not in about


# -- approval


@pytest.fixture
def approving(released: Released, engine: Engine) -> ReportAccess:
    engine.run(Assessment.objects.filter(pk=released.assessment.pk).update, options={"ReportApproval": True})
    return released.give()


def test_manager_reads_and_approves_before_the_subject_opens(
    released: Released, approving: ReportAccess, visitor: Any, engine: Engine
):
    anna, boss, path = visitor(released.anna), visitor(released.boss), f"/reports/{approving.public_id}/"
    assert anna.get(path).status_code == 404
    assert "Your reports" not in words(anna.get("/tasks/"))
    assert "Reports to approve Anna Berger Leadership 360 spring Waits for your approval" in words(boss.get("/tasks/"))

    task = boss.get(f"{path}approval/")
    unread = boss.submit(task, {}, action="/approval/")
    assert (unread.status_code, "Read the report before you approve it." in words(unread)) == (422, True)
    report = boss.submit(task, {}, action="/open/")
    assert "Approve or send back" in words(report)
    approved = boss.submit(task, {}, action="/approval/")

    assert "You approved the report" in words(approved)
    assert boss.get(path).status_code == 404
    assert "Open the report" in words(anna.get(path))
    assert "Mia Stone has read and approved it." in words(anna.get(path))
    assert opened(anna, approving).url.endswith("/read/")
    row = engine.refreshed(approving)
    assert (row.approved_edition, row.decided_by_id) == (1, released.boss.pk)
    assert released.openings() == [("Mia", "page", 1), ("Anna", "page", 1)]


def test_manager_sends_back_with_a_reason(released: Released, approving: ReportAccess, visitor: Any, engine: Engine):
    boss, path = visitor(released.boss), f"/reports/{approving.public_id}/approval/"
    task = boss.get(path)

    empty = boss.submit(task, {"back": "1", "reason": ""}, action="/approval/")
    assert (empty.status_code, "Say why you send it back." in words(empty)) == (422, True)
    sent = boss.submit(task, {"back": "1", "reason": "Let us talk first."}, action="/approval/")

    assert "You sent the report back" in words(sent)
    assert engine.refreshed(approving).sent_back_because == "Let us talk first."
    assert boss.get(path).status_code == 404
    assert visitor(released.anna).get(f"/reports/{approving.public_id}/").status_code == 404
    assert "Reports to approve" not in words(boss.get("/tasks/"))


def test_nobody_but_the_manager_approves(released: Released, approving: ReportAccess, visitor: Any, engine: Engine):
    for person in (released.anna, released.peer):
        browser = visitor(person)
        csrf = next(value for name, value in browser.session.cookies.get_dict().items() if name.startswith("csrf"))
        url = f"{browser.url}/reports/{approving.public_id}/approval/"
        assert browser.session.get(url, timeout=30).status_code == 404
        assert browser.session.post(url, {"csrfmiddlewaretoken": csrf}, timeout=30).status_code == 404
    assert engine.refreshed(approving).approved_edition is None
    assert engine.run(lambda: report_access.state(report_access.accesses().get())) == "WaitsForApproval"
