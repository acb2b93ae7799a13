"""Pages that release many reports: from a selection over the steps to the plan, and who can open what."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import ReleaseSchedule, Subject
from assessments.report_access import mirror_access
from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from qxportal.threesixty.records.report_access import ReportAccessRecord
from qxportal.ui.dates import short_date
from tests.assessments.releases.readers import BOSS, COACH, DAY
from tests.support.mirrored_rows import browser


def form(review, **fields: Any) -> dict[str, Any]:
    numbers = list(Subject.objects.filter(assessment=review).values_list("pk", flat=True))
    values = {"scope": "ticked", "subject": numbers, "first": timezone.localdate().isoformat(), "days": "90"}
    return {**values, "to_manager": "on", "manager_day": "2", "subject_day": "5", "coach_day": "0", **fields}


def place(review, path: str = "") -> str:
    return f"/o/halden/assessments/{review.pk}/reports/releases/{path}"


def test_pages_lead_from_a_selection_to_the_plan_and_keep_the_steps(review):
    client = browser(review.org, Role.ADMIN)
    chosen = client.post(place(review, "new/"), {"scope": "all"})
    coach = Person.objects.get(vendor_id=COACH)
    fields = form(review, to_coach="on", coaches_from="people", addresses=coach.email)

    answer = client.post(place(review, "new/"), fields)

    assert chosen.status_code == 200
    assert "Release 3 reports on the site" in " ".join(chosen.content.decode().split())
    plan = Plan.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/o/halden/plans/{plan.pk}/")
    assert sorted(line.data.get("viewer", "") for line in plan.lines.filter(action="add")) == [
        *["Manager"] * 2,
        *["Other"] * 3,
    ]
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "Release to 5 readers" in shown
    first, last = timezone.localdate() + 2 * DAY, timezone.localdate() + (2 + 90 - 1) * DAY
    assert {short_date(first), short_date(last)} <= set(re.findall(r"\d+ \w+ \d{4}", shown))
    assert first.isoformat() not in shown
    assert ReleaseSchedule.objects.get().steps["coaches"] == [COACH]
    again = client.post(place(review, "new/"), {"scope": "all"}).content.decode()
    assert f'name="person" value="{coach.pk}" checked' in again


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to_manager": ""}, "Choose at least one kind of reader."),
        ({"first": "2020-01-01"}, "Choose today or a later day."),
        ({"to_coach": "on"}, "Name at least one coach."),
        ({"to_coach": "on", "addresses": "nobody@halden.example"}, "No unique match for 1 address"),
    ],
)
def test_form_refuses_beside_the_field(review, fields, words):
    answer = browser(review.org, Role.ADMIN).post(place(review, "new/"), form(review, **fields))

    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Plan.objects.exists()


def test_page_shows_readers_and_offers_releases_to_admins(review):
    now, key = timezone.now(), f"P_{0:015}"
    record = ReportAccessRecord(
        subject_id=key, person_id=BOSS, first_name="Mia", last_name="Stone", viewer="Manager", from_at=now - DAY
    )
    mirror_access(review, [record], as_of=now)

    shown = {role: browser(review.org, role).get(place(review)).content.decode() for role in (Role.READER, Role.ADMIN)}

    assert all("Mia Stone" in page and "Not opened yet" in page for page in shown.values())
    assert ("Hold…" in shown[Role.ADMIN], "Hold…" in shown[Role.READER]) == (True, False)


@pytest.mark.parametrize("path", ["new/", "hold/", "withdraw/"])
def test_editors_release_nothing(review, path):
    client: Client = browser(review.org, Role.EDITOR)

    assert client.post(place(review, path), form(review)).status_code == 403
    assert not Plan.objects.exists()
