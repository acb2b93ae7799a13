"""Reports are released on the server's site from a subject's page, followed there, and withdrawn."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assessments.editions import mirror_editions
from assessments.models import ReportAccess, Subject
from assessments.report_access import has_site, mirror_access, site_readers
from assessments.report_access_commands import (
    candidates,
    candidates_among,
    reader_of,
    release_on_site,
    withdraw_on_site,
)
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Participant as EngineSubject
from qxportal.engine.models import Person as EnginePerson
from qxportal.engine.models import ReportAccess as EngineAccess
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.threesixty.records.editions import EditionRecord
from qxportal.threesixty.records.report_access import ApprovalRecord, ReportAccessRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

BOSS = f"P_{20:015}"


@pytest.fixture
def subject(db):
    org = organisation()
    subjects(assessment(org), people(org, 1))
    found = Subject.objects.select_related("assessment__org", "org", "person").get()
    evaluations(found, people(org, 1, start=20), "Manager")
    return found


def told(subject, *records):
    mirror_access(subject.assessment, records, as_of=timezone.now())


def reader(subject, **fields: Any) -> ReportAccessRecord:
    values = {"person_id": BOSS, "first_name": "Mia", "last_name": "Stone", "viewer": "Manager", **fields}
    values.setdefault("from_at", timezone.now() - timedelta(days=1))
    return ReportAccessRecord(subject_id=subject.vendor_id, **values)


def place(subject, path: str = "") -> str:
    return f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/{path}"


def page(subject, role=Role.ADMIN, path: str = "") -> str:
    return str(browser(subject.org, role).get(place(subject, path)).content.decode())


def test_nothing_is_offered_where_the_server_has_no_site(subject):
    assert not has_site(subject.assessment)
    assert "Report on the site" not in page(subject)
    client = browser(subject.org, Role.OWNER)

    answer = client.post(place(subject, "site-release/"), {"reader": BOSS, "first": "2026-12-01", "unfinished": "on"})

    assert answer.status_code == 422
    assert "Reports cannot be released on a site here." in answer.content.decode()
    assert not Change.objects.exists()


def test_subject_and_manager_can_be_chosen_with_a_look_at_what_is_shown(subject):
    told(subject)

    shown = page(subject, path="site-release/")

    assert [(one.key, one.viewer) for one in candidates(subject)] == [
        (subject.vendor_id, "Subject"),
        (BOSS, "Manager"),
    ]
    for key in (subject.vendor_id, BOSS):
        assert f'value="{key}"' in shown
    assert "Release it although the subject is not done" in shown


def test_release_records_a_change_for_each_reader_and_is_audited(subject):
    told(subject)
    Subject.objects.update(status="Done")
    client = browser(subject.org, Role.ADMIN)
    first = timezone.localdate() + timedelta(days=3)
    form = {"reader": [subject.vendor_id, BOSS], "first": first.isoformat(), "last": "", "intent": INTENT}

    for _time in range(2):  # the same form sent twice
        answer = client.post(place(subject, "site-release/"), form)
        assert answer.status_code == 302

    changes = Change.objects.order_by("pk")
    assert [change.request for change in changes] == ["qxSetReportAccess"] * 2
    assert {change.parameters["person_id"] for change in changes} == {subject.vendor_id, BOSS}
    assert len({change.parameters["idempotency_key"] for change in changes}) == 2
    assert {change.parameters["from_at"][:10] for change in changes} == {first.isoformat()}
    assert {change.parameters.get("until_at") for change in changes} == {None}
    assert AuditEntry.objects.filter(verb="report.released-on-site").count() == 2


INTENT = "0b9a52f4-6d0e-4b8a-9d3e-5c1b6f0e2a77"


def test_release_is_refused_beside_the_field(subject):
    told(subject)
    client = browser(subject.org, Role.ADMIN)
    today = timezone.localdate()
    good = {"reader": BOSS, "first": today.isoformat(), "unfinished": "on"}
    for change, words in (
        ({"reader": ""}, "Choose at least one person."),
        ({"first": "soon"}, "Enter a valid date."),
        ({"last": (today - timedelta(days=1)).isoformat()}, "The last day is before the first one, or over."),
        ({"unfinished": ""}, "Confirm that you want to release the report all the same."),
    ):
        answer = client.post(place(subject, "site-release/"), good | change)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    assert not Change.objects.exists()


def test_other_people_are_chosen_by_address_and_read_one_edition(subject):
    told(subject)
    Subject.objects.update(status="Done")
    coach, boss = people(subject.org, 1, start=30)[0], Person.objects.get(vendor_id=BOSS)
    mirror_editions(subject.assessment, [EditionRecord(subject_id=subject.vendor_id, edition=2)], as_of=timezone.now())
    client = browser(subject.org, Role.ADMIN)
    shown = client.get(place(subject, "site-release/")).content.decode()
    form = {"reader": BOSS, "addresses": f"{coach.email}, {boss.email}", "edition": "1", "intent": INTENT}

    answer = client.post(place(subject, "site-release/"), {**form, "first": timezone.localdate().isoformat()})

    assert answer.status_code == 302
    assert ("Edition 2" in shown, "Edition 3" in shown) == (True, False)
    sent = [(one.parameters["person_id"], one.parameters["viewer"]) for one in Change.objects.order_by("pk")]
    assert sorted(sent) == [(BOSS, "Manager"), (coach.vendor_id, "Other")]
    assert {one.parameters["edition"] for one in Change.objects.all()} == {1}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"addresses": "nobody@halden.example"}, "No unique match for 1 address: nobody@halden.example."),
        ({"addresses": "a coach"}, "contains no e-mail address"),
        ({"reader": BOSS, "edition": "3"}, "Select a valid choice."),
        ({}, "Choose at least one person."),
    ],
)
def test_readers_and_editions_that_there_are_not_are_refused(subject, given, words):
    told(subject)
    mirror_editions(subject.assessment, [EditionRecord(subject_id=subject.vendor_id, edition=2)], as_of=timezone.now())
    form = {"first": timezone.localdate().isoformat(), "unfinished": "on", **given}

    answer = browser(subject.org, Role.ADMIN).post(place(subject, "site-release/"), form)

    assert (answer.status_code, words in answer.content.decode()) == (422, True), answer.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize(("role", "code"), [(Role.READER, 403), (Role.EDITOR, 403), (Role.ADMIN, 302)])
def test_only_administrators_release_and_withdraw(subject, role, code):
    told(subject, reader(subject))
    client = browser(subject.org, role)
    form = {"reader": BOSS, "first": timezone.localdate().isoformat(), "unfinished": "on"}

    assert client.post(place(subject, "site-release/"), form).status_code == code
    assert client.post(place(subject, "site-withdraw/"), form).status_code == code


def test_another_organisations_subject_is_not_found(subject):
    told(subject, reader(subject))
    rival = organisation("rival")
    client: Client = browser(rival, Role.OWNER)
    for path in ("site-release/", "site-withdraw/"):
        own = place(subject, path).replace("/halden/", "/rival/")
        assert client.post(own, {"reader": BOSS, "first": "2026-12-01"}).status_code == 404
        assert client.post(place(subject, path), {"reader": BOSS}).status_code == 404
    assert not Change.objects.exists()


def test_card_says_who_can_open_it_who_did_and_why_not(subject):
    now = timezone.now()
    approval = ApprovalRecord(name="Mia Stone", reason="Let us talk first.")
    told(
        subject,
        reader(subject, opened_at=now, opened_edition=2),
        reader(
            subject,
            person_id=subject.vendor_id,
            first_name="Own",
            viewer="Subject",
            state="SentBack",
            approval=approval,
        ),
        reader(subject, person_id="P_coach", first_name="Cora", viewer="Other", until_at=now - timedelta(days=1)),
        reader(subject, person_id="P_left", first_name="Lea", viewer="Other", left=True, state="Planned"),
    )

    shown = page(subject)

    assert "(edition 2)" in shown
    assert "Mia Stone sent it back: Let us talk first." in shown
    assert "This person left the directory and cannot come in." in shown
    assert shown.count("Not opened yet") == 3
    assert [one.shown_state for one in site_readers(subject)] == ["SentBack", "Open", "Open", "Ended"]
    assert shown.count("Withdraw the report on the site from") == 3
    assert "Withdraw the report on the site from" not in page(subject, Role.EDITOR)
    assert "Report on the site" not in page(subject, Role.READER)


def test_withdrawing_ends_the_access_now_and_once(subject):
    told(subject, reader(subject))
    client = browser(subject.org, Role.ADMIN)

    answer = client.post(place(subject, "site-withdraw/"), {"reader": BOSS}, follow=True)

    change = Change.objects.get()
    assert "Withdrawing the report from Mia Stone…" in answer.content.decode()
    assert change.parameters["until_at"]
    assert change.parameters.get("from_at") is None
    assert AuditEntry.objects.filter(verb="report.withdrawn-on-site").count() == 1
    told(subject, reader(subject, until_at=timezone.now() - timedelta(seconds=1), state="Ended"))
    ended = reader_of(subject, BOSS)
    assert ended is not None
    with pytest.raises(ActionRefused, match="can no longer open it"):
        withdraw_on_site(subject, ended, by=Member.objects.get())
    gone = client.post(place(subject, "site-withdraw/"), {"reader": "P_nobody"}, follow=True)
    assert "This person has no access that could be withdrawn." in gone.content.decode()


def test_older_answer_replaces_no_newer_one(subject):
    early = timezone.now()
    told(subject, reader(subject))

    mirror_access(subject.assessment, [], as_of=early)

    assert len(site_readers(subject)) == 1
    told(subject)
    assert site_readers(subject) == []


# -- with the engine


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_release_and_withdrawal_reach_the_site_and_openings_come_back(connected, visitor):
    engine = connected.engine
    boss, anna = engine.person("Mia", "Stone"), engine.person("Anna", "Berger")
    engine.run(EnginePerson.objects.filter(pk=anna.pk).update, manager=boss)
    rated = engine.subject(engine.assessment("Leadership review"), anna)
    engine.evaluation(rated, boss, "Manager", "Completed")
    engine.run(EngineSubject.objects.filter(pk=rated.pk).update, status="Done", report_ready=True)
    connected.sync()
    subject = connected.subject()
    assert has_site(subject.assessment)
    assert [one.name for one in candidates(subject)] == ["Anna Berger", "Mia Stone"]

    changes = release_on_site(
        subject, candidates(subject), by=connected.admin, from_at=timezone.now(), until_at=None, unfinished=False
    )
    for _time in changes:
        connected.send()
    assert [connected.settled(change).state for change in changes] == ["done", "done"]
    reading = visitor(anna)
    page = reading.get(f"/reports/{engine.run(EngineAccess.objects.get, person=anna).public_id}/")
    assert "How to read this report" in reading.submit(page, {}, action="/open/").text
    connected.sync()
    own, managers = site_readers(subject)
    assert (own.viewer, own.shown_state, own.opened_edition) == ("Subject", "Open", 1)
    assert (managers.viewer, managers.opened_at) == ("Manager", None)

    coach = engine.person("Cora", "Lind")
    connected.sync()
    given = candidates_among(subject, Person.objects.filter(first_name="Cora"))
    (released,) = release_on_site(
        subject, given, by=connected.admin, from_at=timezone.now(), until_at=None, unfinished=False, edition=1
    )
    connected.send()
    assert connected.settled(released).state == "done"
    access = engine.run(EngineAccess.objects.get, person=coach)
    assert (access.viewer, access.edition) == ("Other", 1)

    withdrawn = withdraw_on_site(subject, managers, by=connected.admin)
    connected.send()
    assert connected.settled(withdrawn).state == "done"
    connected.sync()
    assert {one.viewer: one.shown_state for one in site_readers(subject)} == {
        "Subject": "Open",
        "Other": "Open",
        "Manager": "Ended",
    }
    managing = visitor(boss)
    gone = managing.get(f"/reports/{engine.run(EngineAccess.objects.get, person=boss).public_id}/")
    assert (gone.status_code, "Anna" in gone.text) == (410, False)


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_server_without_a_site_is_read_all_the_same(connected):
    engine = connected.engine
    engine.subject(engine.assessment("Leadership review"), engine.person("Anna", "Berger"))
    connected.sync()
    assert has_site(connected.assessment())
    Credential.objects.update(names={"qxGetReportAccess": "noSuchRequest"})

    job = connected.sync()

    assert (job.state, job.failed) == ("done", 0)
    assert not has_site(connected.assessment())
    assert not ReportAccess.objects.exists()
