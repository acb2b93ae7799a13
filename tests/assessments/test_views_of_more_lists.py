"""Saved views and chosen columns of the lists of plans, of nominations and of mails."""

import csv
import io

import pytest
from django.utils import timezone

from assessments.models import Mail, Nominations
from qxportal.accounts.lists import KINDS
from qxportal.accounts.models import Credential, Member, SavedView
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects

pytestmark = pytest.mark.django_db
NO_FACTS = {"changed_at": "", "reason": "", "minimum": 1, "maximum": 9, "chosen": 4, "nominees": []}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def admin(org):
    return browser(org, Role.ADMIN)


@pytest.fixture
def lists(org, admin):
    """The address of each list, with one row."""
    made, now = assessment(org), timezone.now()
    Credential.objects.create(org=org, host="eu.qualtrics.com", api_user="hr#halden")
    [subject] = subjects(made, people(org, 1))
    Nominations.objects.create(
        org=org, assessment=made, subject=subject, seen_at=now, state="Open", turn="Subject", facts=NO_FACTS
    )
    Mail.objects.create(
        org=org, assessment=made, vendor_id="1", kind="Invite", state="sent", address="a@halden.example", created_at=now
    )
    Plan.objects.create(org=org, kind="statuses", made_by=Member.objects.get(org=org), state=Plan.State.READY)
    below = f"/o/halden/assessments/{made.pk}"
    return {"plans": "/o/halden/plans/", "nominations": f"{below}/nominations/", "mails": f"{below}/messages/"}


@pytest.mark.parametrize("kind", ["plans", "nominations", "mails"])
def test_list_opens_with_a_saved_view(admin, lists, kind):
    path = lists[kind]
    admin.post("/o/halden/views/new/", {"path": path, "query": "state=nothing-such&sort=-name", "name": "Mine"})

    view = SavedView.objects.get()
    page = admin.get(f"/o/halden/views/{view.pk}/", follow=True)

    assert view.kind == kind
    assert page.context["list_state"].view == view and page.context["page"].count == 1
    assert "View: Mine" in page.content.decode()


@pytest.mark.parametrize(
    ("kind", "column", "heading"),
    [("plans", "by", "Made by"), ("nominations", "turn", "Whose turn"), ("mails", "time", "Time")],
)
def test_list_leaves_out_columns_that_were_not_chosen(admin, lists, kind, column, heading):
    path = lists[kind]
    before = admin.get(path).content.decode()
    shown = [name for name in KINDS[kind].columns if name != column]

    admin.post("/o/halden/views/columns/", {"path": path, "column": shown})
    after = admin.get(path).content.decode()

    assert f'data-label="{heading}"' in before and f'data-label="{heading}"' not in after
    assert before.count('<th scope="col"') == after.count('<th scope="col"') + 1


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("nominations", ["Subject", "E-mail address", "Chosen"]), ("mails", ["Person", "E-mail address", "Day"])],
)
def test_file_has_the_chosen_columns(admin, lists, kind, columns):
    [chosen] = [name for name in KINDS[kind].columns if name in ("chosen", "time")]

    answer = admin.get(lists[kind], {"columns": chosen, "file": "csv"})

    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == columns and len(lines) == 2
