"""Jobs and changes as their pages show them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from directory.job_kinds import SYNC
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, JobItem, ResourceSync, SuspectedDeletion
from qxportal.threesixty.calls.base import RetryPolicy
from tests.support.mirrored_rows import browser, organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def job(org, **fields):
    return Job.objects.create(org=org, kind=SYNC.name, **fields)


def change(org, **fields):
    return Change.objects.create(
        org=org,
        title="Set Ines Ferreira to Done",
        expires_at=timezone.now() + timedelta(hours=1),
        **{"request": "setSubjectStatus", "target": f"subject:{uuid.uuid4()}", **fields},
    )


def test_a_running_job_asks_for_itself_and_an_ended_one_does_not(org):
    running = job(org, state=Job.State.RUNNING, total=11, done=6, failed=1)
    reader = browser(org, Role.READER)
    url = f"/o/halden/jobs/{running.pk}/progress/"

    before = reader.get(url).content.decode()
    Job.objects.update(state=Job.State.DONE)
    after = reader.get(url)

    assert "every 1s" in before
    assert "7 of 11" in before
    assert "every 1s" not in after.content.decode()
    assert "HX-Refresh" not in after
    assert reader.get(f"{url}?whole=1")["HX-Refresh"] == "true"


def test_the_items_of_a_job_are_filtered_by_their_result(org):
    row = job(org, state=Job.State.DONE, total=2, done=1, failed=1)
    JobItem.objects.create(job=row, position=1, label="Ines Ferreira", ok=True)
    JobItem.objects.create(job=row, position=2, label="Jonas Novak", ok=False, message="Not a subject any more")

    page = browser(org, Role.READER).get(f"/o/halden/jobs/{row.pk}/?ok=no")

    assert [item.label for item in page.context["page"].rows] == ["Jonas Novak"]


def test_changes_are_filtered_by_state_and_member(org):
    editor = browser(org, Role.EDITOR)
    member = Member.objects.get(org=org)
    change(org, state=Change.State.REFUSED, made_by=member, made_by_name="Rosa Keller")
    change(org, state=Change.State.DONE)

    def found(**query):
        return len(editor.get("/o/halden/changes/", query).context["page"].rows)

    assert found() == 2
    assert found(state="refused") == 1
    assert found(by=str(member.pk)) == 1
    assert found(by="999999") == 2


def test_an_editor_decides_about_a_change_that_needs_a_person(org):
    row = change(org, state=Change.State.PERSON)
    editor, reader = browser(org, Role.EDITOR), browser(org, Role.READER)
    url = f"/o/halden/changes/{row.pk}/decide/"

    assert reader.post(url, {"decision": "drop"}).status_code == 403
    assert editor.post(url, {"decision": "nonsense"}).status_code == 302
    row.refresh_from_db()
    assert row.state == Change.State.PERSON
    editor.post(url, {"decision": "drop"})
    row.refresh_from_db()
    assert row.state == Change.State.REFUSED


def test_an_import_that_clears_is_not_sent_again(org):
    row = change(
        org,
        state=Change.State.PERSON,
        request="importPersons",
        parameters={"assessment_id": "TS_1", "rows": [], "clear": True},
        sent_at=timezone.now(),
    )
    editor = browser(org, Role.EDITOR)

    page = editor.get(f"/o/halden/changes/{row.pk}/").content.decode()
    refused = editor.post(f"/o/halden/changes/{row.pk}/decide/", {"decision": "again"}, follow=True).content.decode()
    row.refresh_from_db()

    assert 'value="done"' in page
    assert 'value="again"' not in page
    assert "cannot be sent again" in refused
    assert row.state == Change.State.PERSON


@pytest.mark.parametrize(
    ("parameters", "policy", "reason"),
    [
        ({"rows": [], "clear": True}, RetryPolicy.DESTRUCTIVE, "the import clears data"),
        ({"update_responses": True}, RetryPolicy.DESTRUCTIVE, "the import also updates finished evaluations"),
        ({"rows": []}, RetryPolicy.NATURAL_KEY, ""),
    ],
)
def test_rows_are_sent_again_only_where_that_is_harmless(org, parameters, policy, reason):
    row = change(
        org,
        state=Change.State.DONE,
        request="importPersons",
        retry_policy=policy.value,
        parameters={"assessment_id": "TS_1", **parameters},
        result={"ignored": [{"row": 2, "reason": "Not clear."}], "ignored_count": 1},
        attention_message="1 row was not imported.",
    )
    editor = browser(org, Role.EDITOR)

    page = editor.get(f"/o/halden/changes/{row.pk}/").content.decode()

    assert ("Send that row again" in page) == (not reason)
    assert ("These rows cannot be sent again" in page) == bool(reason)
    assert reason in page
    if reason:
        answer = editor.post(f"/o/halden/changes/{row.pk}/rest/", follow=True)
        assert reason in answer.content.decode()
        assert Change.objects.count() == 1


def test_home_names_what_needs_somebody(org):
    change(org, state=Change.State.PERSON)
    job(org, state=Job.State.FAILED, finished_at=timezone.now(), outcome="The vendor did not answer")

    page = browser(org, Role.READER).get("/o/halden/").content.decode()

    assert "Set Ines Ferreira to Done" in page
    assert "The vendor did not answer" in page


def test_only_auditors_and_above_read_the_log(org):
    assert browser(org, Role.AUDITOR).get("/o/halden/log/").status_code == 200
    assert browser(org, Role.READER).get("/o/halden/log/").status_code == 403


def test_subjects_are_led_to_their_reports(org):
    subject = browser(org, Role.SUBJECT)

    assert subject.get("/o/halden/")["Location"] == "/o/halden/my-reports/"
    page = subject.get("/o/halden/my-reports/").content.decode()
    assert "/o/halden/people/" not in page
    assert subject.get("/o/halden/jobs/").status_code == 403


def test_only_the_missing_rows_that_were_shown_are_confirmed(org):
    sync = ResourceSync.objects.create(org=org, resource="persons", held=9, held_digest="1" * 32)
    SuspectedDeletion.objects.bulk_create(
        SuspectedDeletion(sync=sync, vendor_id=f"P_{number:015d}") for number in range(9)
    )
    editor, url = browser(org, Role.EDITOR), f"/o/halden/held/{sync.pk}/"
    shown = editor.get(url).context["sync"].held_digest
    SuspectedDeletion.objects.create(sync=sync, vendor_id="P_000000000000009")
    ResourceSync.objects.update(held=10, held_digest="2" * 32)

    late = editor.post(url, {"shown": shown})
    assert late["Location"] == url
    assert not SuspectedDeletion.objects.exclude(confirmed_at=None).exists()

    editor.post(url, {"shown": editor.get(url).context["sync"].held_digest})
    assert SuspectedDeletion.objects.exclude(confirmed_at=None).count() == 10
