"""Reports on the site: closed until released, opened by a button, and by nobody else."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from qxportal.engine.editions import fence
from qxportal.engine.models import Participant, Person, ReportAccess
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.site.conftest import Released, opened
from tests.support.engine_fixture import Engine
from tests.support.site_fixture import words

HOUR = timedelta(hours=1)


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


def test_report_that_ends_at_midnight_names_its_last_day(released: Released, visitor: Any):
    zone = released.assessment.brand.zone
    access = released.give(until_at=datetime(2099, 3, 1, tzinfo=zone))  # as whole days are released

    page = words(visitor(released.anna).get(f"/reports/{access.public_id}/"))

    assert "Can be opened until 28 February 2099 (" in page


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
