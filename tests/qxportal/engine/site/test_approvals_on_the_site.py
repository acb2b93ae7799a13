"""Reports that a manager approves or sends back on the site before the subject opens them."""

from typing import Any

import pytest

from qxportal.engine.editions import report_access
from qxportal.engine.models import Assessment, ReportAccess
from tests.qxportal.engine.site.conftest import Released, opened
from tests.support.engine_fixture import Engine
from tests.support.site_fixture import words


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


def test_only_the_manager_approves_a_report(released: Released, approving: ReportAccess, visitor: Any, engine: Engine):
    for person in (released.anna, released.peer):
        browser = visitor(person)
        csrf = next(value for name, value in browser.session.cookies.get_dict().items() if name.startswith("csrf"))
        url = f"{browser.url}/reports/{approving.public_id}/approval/"
        assert browser.session.get(url, timeout=30).status_code == 404
        assert browser.session.post(url, {"csrfmiddlewaretoken": csrf}, timeout=30).status_code == 404
    assert engine.refreshed(approving).approved_edition is None
    assert engine.run(lambda: report_access.state(report_access.accesses().get())) == "WaitsForApproval"
