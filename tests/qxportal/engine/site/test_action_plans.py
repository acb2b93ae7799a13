"""Action plans: the subject's own words, read by nobody but whom the subject shares them with."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from django.db.models import Q
from django.utils import timezone
from pypdf import PdfReader

from qxportal.engine.editions.erasing import erase
from qxportal.engine.models import ActionPlan, ActionPlanShare, Person, ReportAccess
from qxportal.engine.people import directory
from qxportal.engine.reports import html
from qxportal.engine.reports.fingerprint import rendering_key
from qxportal.engine.reports.results import Goal
from qxportal.engine.site import action_plans
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.site.conftest import Released
from tests.support.engine_fixture import Engine
from tests.support.site_fixture import words

WRITTEN = {"goal-1": "Listen longer", "steps-1": "Ask twice.\r\nThen wait."}


def kept(browser: Any, access: ReportAccess, given: dict[str, str] | None = None, **more: str) -> requests.Response:
    page = browser.get(f"/reports/{access.public_id}/plan/")
    return browser.submit(page, {**(WRITTEN if given is None else given), **more}, action="/plan/")  # type: ignore[no-any-return]


def test_plan_is_written_on_the_report_page_and_kept(released: Released, visitor: Any, engine: Engine):
    access, browser = released.give(), visitor(released.anna)
    report = browser.submit(browser.get(f"/reports/{access.public_id}/"), {}, action="/open/")
    due = (timezone.localdate() + timedelta(days=60)).isoformat()

    page = browser.submit(report, {**WRITTEN, "due-1": due, "goal-3": "Say no"}, action="/plan/")

    assert (page.status_code, "The plan is saved." in words(page)) == (200, True)
    plan = engine.run(ActionPlan.objects.get)
    assert plan.goals == [
        {"goal": "Listen longer", "steps": "Ask twice.\nThen wait.", "due": due},
        {"goal": "Say no", "steps": "", "due": ""},
    ]
    again = browser.get(report.url)
    assert 'value="Listen longer"' in again.text
    assert browser.submit(again, {"goal-1": "", "steps-1": "", "due-1": ""}, action="/plan/").status_code == 200
    assert [goal["goal"] for goal in engine.run(ActionPlan.objects.get).goals] == ["Say no"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"goal-1": "x" * 201}, "201 characters, at most 200"),
        ({"goal-1": "x", "steps-1": "y" * 1001}, "1001 characters, at most 1000"),
        ({"goal-1": "a\x00b"}, "cannot be kept"),
        ({"goal-1": "x", "due-1": "2026-13-01"}, "Enter a date such as"),
        ({"goal-1": "x", "due-1": "9999-01-01"}, "within three years"),
        ({"steps-2": "Only steps"}, "Say what you want to reach."),
    ],
)
def test_plan_is_refused_beside_the_field_and_nothing_is_lost(given, said):
    rows, sound = action_plans.sent(given)

    assert not sound
    assert [said in text for row in rows for text in (row.problems or {}).values()] == [True]
    assert rows[0].goal == given.get("goal-1", "")


def test_page_with_a_refused_plan_keeps_what_was_written(released: Released, visitor: Any, engine: Engine):
    access, browser = released.give(), visitor(released.anna)

    page = kept(browser, access, {"goal-1": "Listen", "due-1": "soon"})

    assert page.status_code == 422
    assert 'value="Listen"' in page.text
    assert "Enter a date such as 2026-11-24." in words(page)
    assert engine.run(ActionPlan.objects.count) == 0


def test_a_second_device_does_not_overwrite_the_first_unasked(released: Released, visitor: Any, engine: Engine):
    access, desk, phone = released.give(), visitor(released.anna), visitor(released.anna)
    page = phone.get(f"/reports/{access.public_id}/plan/")
    kept(desk, access, {"goal-1": "At the desk"})

    late = phone.submit(page, {"goal-1": "On the phone"}, action="/plan/")

    assert (late.status_code, 'value="On the phone"' in late.text) == (409, True)
    assert engine.run(ActionPlan.objects.get).goals[0]["goal"] == "At the desk"
    assert phone.submit(late, {}, action="/plan/").status_code == 200
    assert engine.run(ActionPlan.objects.get).goals[0]["goal"] == "On the phone"


def test_plan_is_read_only_while_it_is_shared(released: Released, visitor: Any, engine: Engine):
    access = released.give()
    coach = released.give(released.peer, "Other")
    anna, boss, peer = visitor(released.anna), visitor(released.boss), visitor(released.peer)
    page = kept(anna, access, {"goal-1": "Listen longer"})
    plan = engine.run(ActionPlan.objects.get)
    path = f"/plans/{plan.public_id}/"
    assert [one.get(path).status_code for one in (anna, boss, peer)] == [404, 404, 404]

    assert f"{released.boss} · Manager" in words(page)
    assert f'value="{released.peer.public_id}"' in page.text
    anna.submit(page, {"person": released.boss.public_id}, action="/share/")

    assert "Listen longer" in words(boss.get(path))
    assert "Action plans shared with you Anna Berger" in words(boss.get("/tasks/"))
    assert peer.get(path).status_code == 404
    assert "Listen longer" not in boss.get(f"/reports/{coach.public_id}/").text
    anna.submit(anna.get(f"/reports/{access.public_id}/plan/"), {"person": "P_guessed"}, action="/share/")
    assert boss.get(path).status_code == 404
    assert engine.run(ActionPlanShare.objects.count) == 0


def test_plan_is_shared_with_nobody_who_was_not_offered(released: Released, visitor: Any, engine: Engine):
    access, anna = released.give(), visitor(released.anna)
    page = kept(anna, access, {"goal-1": "Listen"})
    elsewhere = engine.person("Xaver", "Other", brand=engine.make_brand("other", "Other"))

    for person in (released.peer, released.anna, elsewhere):
        anna.submit(page, {"person": person.public_id}, action="/share/")

    assert engine.run(ActionPlanShare.objects.count) == 0


def test_plan_of_others_is_neither_seen_nor_changed(released: Released, visitor: Any, engine: Engine):
    access, managers = released.give(), released.give(released.boss, "Manager")
    kept(visitor(released.anna), access, {"goal-1": "Listen longer"})
    boss = visitor(released.boss)
    csrf = next(value for name, value in boss.session.cookies.get_dict().items() if name.startswith("csrf"))

    for row in (access, managers):
        for path in ("plan/", "plan/share/"):
            url = f"{boss.url}/reports/{row.public_id}/{path}"
            sent = {"csrfmiddlewaretoken": csrf, "goal-1": "Mine", "revision": "1", "person": released.boss.public_id}
            assert boss.session.post(url, sent, timeout=30).status_code == 404
    report = boss.submit(boss.get(f"/reports/{managers.public_id}/"), {}, action="/open/")
    assert "Listen longer" not in report.text
    assert engine.run(ActionPlan.objects.get).goals[0]["goal"] == "Listen longer"


def test_plan_stays_when_the_report_can_be_opened_no_longer(released: Released, visitor: Any, engine: Engine):
    access, anna = released.give(), visitor(released.anna)
    kept(anna, access, {"goal-1": "Listen longer"})
    anna.submit(anna.get(f"/reports/{access.public_id}/"), {}, action="/open/")

    engine.run(ReportAccess.objects.filter(pk=access.pk).update, until_at=timezone.now())

    ended = anna.get(f"/reports/{access.public_id}/")
    assert (ended.status_code, "/plan/" in ended.text) == (410, True)
    assert 'value="Listen longer"' in anna.get(f"/reports/{access.public_id}/plan/").text


def test_plan_is_printed_for_its_author_alone(released: Released, visitor: Any, call: Caller):
    report = released.report()
    own = replace(report, plan=(Goal(goal="Listen <longer>", steps="Ask\nTwice"), Goal(goal="ثق")))

    document, web = html.html(own), html.web(own)
    assert "Listen &lt;longer&gt;" in document
    assert "Listen &lt;longer&gt;" in web
    assert '<td dir="rtl">ثق</td>' in document
    assert rendering_key(own) != rendering_key(report)
    access, anna = released.give(), visitor(released.anna)
    kept(anna, access, {"goal-1": "Listen longer", "in_pdf": "1"})
    printed = anna.submit(anna.get(f"/reports/{access.public_id}/"), {}, action="/pdf/").content
    both = {"ThreeSixtyID": released.assessment.public_id, "PersonID": released.anna.public_id}
    of_hr = call("getSubjectReportPDF", **both, Viewer="Subject").content
    assert of_hr != printed
    assert "Listen longer" not in str(call.result("getSubjectReport", **both))


@pytest.mark.parametrize("how", ["removed", "erased"])
def test_plan_goes_with_the_person(released: Released, engine: Engine, how: str):
    plan = engine.run(
        ActionPlan.objects.create, brand=engine.brand, subject=released.subject, goals=[{"goal": "x"}], revision=1
    )
    engine.run(ActionPlanShare.objects.create, brand=engine.brand, plan=plan, person=released.boss)

    def leave(person: Person) -> None:
        if how == "erased":
            erase(person)
        else:
            directory.remove(person.org_structure, Q(pk=person.pk))

    engine.run(leave, released.boss)
    assert engine.run(ActionPlanShare.objects.count) == 0
    assert engine.run(ActionPlan.objects.count) == 1
    engine.run(leave, engine.refreshed(released.anna))
    assert engine.run(ActionPlan.objects.count) == 0


def moved(engine: Engine, call: Caller, visitor: Any, person: Person) -> Any:
    """Whoever reads the mailbox that is a person's now."""
    call.result("updatePerson", PersonID=person.public_id, Email="reader@marlstone.example")
    return visitor(engine.refreshed(person))


@pytest.mark.parametrize("in_pdf", [False, True])
def test_plan_is_not_shown_to_who_gave_the_subject_another_address(
    released: Released, visitor: Any, engine: Engine, call: Caller, in_pdf: bool
):
    access, browser = released.give(), visitor(released.anna)
    kept(browser, access, {**WRITTEN, "in_pdf": "on"} if in_pdf else WRITTEN)

    reader = moved(engine, call, visitor, released.anna)

    report = reader.submit(reader.get(f"/reports/{access.public_id}/"), {}, action="/open/")
    assert "Your action plan was saved elsewhere." in words(report)
    assert "Listen longer" not in report.text
    assert reader.get(f"/reports/{access.public_id}/plan/").status_code == 404
    printed = reader.submit(report, {}, action="/pdf/")
    assert "Listen longer" not in "".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages)
    assert engine.run(ActionPlan.objects.get).revision == 1


def test_plan_of_the_new_address_is_written_and_read_there(
    released: Released, visitor: Any, engine: Engine, call: Caller
):
    access = released.give()
    reader = moved(engine, call, visitor, released.anna)

    assert "The plan is saved." in words(kept(reader, access))

    again = visitor(engine.refreshed(released.anna))
    assert 'value="Listen longer"' in again.get(f"/reports/{access.public_id}/plan/").text


def test_plans_shared_before_an_address_was_changed_are_not_shown_at_the_new_one(
    released: Released, visitor: Any, engine: Engine, call: Caller
):
    access, browser = released.give(), visitor(released.anna)
    page = kept(browser, access)
    browser.submit(page, {"person": released.boss.public_id}, action="/share/")
    plan = engine.run(ActionPlan.objects.get)
    assert "Listen longer" in visitor(released.boss).get(f"/plans/{plan.public_id}/").text

    reader = moved(engine, call, visitor, released.boss)

    assert reader.get(f"/plans/{plan.public_id}/").status_code == 404
    assert "Action plan" not in words(reader.get("/tasks/"))
    engine.run(ActionPlanShare.objects.update, shared_at=timezone.now())
    assert "Listen longer" in reader.get(f"/plans/{plan.public_id}/").text
