"""Who fetches, opens and receives reports."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Release
from assessments.receiving import may_receive
from assessments.reports import keep, release
from directory import joins
from directory.models import Person
from qxportal.accounts.commands import remove_member, set_role
from qxportal.accounts.models import AuditEntry, Member, User
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Job
from qxportal.security.key_ring import add_key, keys
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nA report.\n%%EOF\n"


@pytest.fixture
def org(settings, tmp_path):
    settings.REPORTS_ROOT = tmp_path
    if not keys():
        add_key()
    return organisation()


@pytest.fixture
def subject(org):
    return subjects(assessment(org), people(org, 1))[0]


def address(report):
    return f"/o/halden/reports/{report.pk}/download/"


@pytest.mark.parametrize(
    ("role", "viewer", "code"),
    [
        (Role.ADMIN, "Admin", 200),
        (Role.EDITOR, "Admin", 403),
        (Role.EDITOR, "Subject", 200),
        (Role.AUDITOR, "Subject", 403),
        (Role.READER, "Subject", 403),
        (Role.COACH, "Subject", 403),
    ],
)
def test_the_role_decides_which_version_opens_and_openings_are_noted(org, subject, role, viewer, code):
    report, _new = keep(subject, viewer, PDF, by=None)

    answer = browser(org, role).get(address(report))

    assert answer.status_code == code
    assert (answer.content == PDF) == (code == 200)
    assert AuditEntry.objects.filter(verb="report.opened").count() == int(code == 200)


@pytest.mark.parametrize(
    ("role", "viewer", "code"),
    [
        (Role.ADMIN, "Admin", 302),
        (Role.EDITOR, "Subject", 302),
        (Role.EDITOR, "Admin", 403),
        (Role.READER, "Subject", 403),
    ],
)
def test_the_role_decides_what_is_fetched(org, subject, role, viewer, code):
    url = f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/report/"

    assert browser(org, role).post(url, {"viewer": viewer}).status_code == code
    assert Job.objects.count() == int(code == 302)


def test_a_coach_opens_what_was_released_until_it_is_withdrawn(org, subject):
    report, _new = keep(subject, "Admin", PDF, by=None)
    coach, admin = browser(org, Role.COACH), browser(org, Role.ADMIN)
    member = Member.objects.get(org=org, role=Role.COACH)

    admin.post(f"/o/halden/reports/{report.pk}/release/", {"member": member.pk, "confirmed": "on", "unfinished": "on"})

    assert "Leadership review" in coach.get("/o/halden/my-reports/").content.decode()
    assert coach.get(address(report)).content == PDF
    admin.post(f"/o/halden/releases/{member.released_reports.get().pk}/withdraw/")
    assert coach.get(address(report)).status_code == 403


def test_only_admins_release(org, subject):
    report, _new = keep(subject, "Subject", PDF, by=None)

    assert browser(org, Role.EDITOR).get(f"/o/halden/reports/{report.pk}/release/").status_code == 403


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
def test_queries_do_not_grow_with_reports(org, role):
    review = assessment(org)
    client = browser(org, role)
    made = subjects(review, people(org, 12))
    urls = ("/o/halden/reports/", f"/o/halden/assessments/{review.pk}/reports/")
    counts = []
    for batch in (made[:1], made[1:]):
        for subject in batch:
            keep(subject, "Subject", PDF + subject.email.encode(), by=None)
        client.get("/o/halden/")
        with CaptureQueriesContext(connection) as captured:
            for url in urls:
                assert client.get(url).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_keys_verify_names_reports_whose_file_is_missing(org, subject, settings):
    kept, _new = keep(subject, "Subject", PDF, by=None)
    keep(subject, "Admin", PDF, by=None)
    (Path(settings.REPORTS_ROOT) / str(org.pk) / kept.file).unlink()
    out = StringIO()

    with pytest.raises(CommandError, match="Some reports cannot be opened"):
        call_command("keys", "verify", stdout=out, stderr=out)

    said = out.getvalue()
    assert f"reports, report {kept.pk} of halden, version 1: Its file {org.pk}/{kept.file} is missing." in said
    assert "reports: 1 can be opened, 1 cannot." in said


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?")])
def test_a_file_that_is_missing_or_damaged_is_said_and_mended_by_fetching_again(org, subject, spoil, settings):
    report, _new = keep(subject, "Subject", PDF, by=None)
    spoil(settings.REPORTS_ROOT / str(org.pk) / report.file)
    editor = browser(org, Role.EDITOR)

    answer = editor.get(address(report), follow=True)

    assert answer.status_code == 200
    assert "Fetch the report again." in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="report.opened").exists()
    kept, new = keep(subject, "Subject", PDF, by=None)
    assert (kept.pk, new) == (report.pk, False)
    assert editor.get(address(report)).content == PDF


def test_a_report_without_its_key_is_said(org, subject, settings, tmp_path):
    report, _new = keep(subject, "Subject", PDF, by=None)
    settings.KEYS = tmp_path / "lost"

    answer = browser(org, Role.ADMIN).get(address(report))

    assert answer.status_code == 302
    assert AuditEntry.objects.filter(verb="report.opened").count() == 0


def test_a_coach_who_became_a_subject_opens_no_report_of_others(org, subject):
    report, _new = keep(subject, "Admin", PDF, by=None)
    coach = browser(org, Role.COACH)
    member = Member.objects.get(role=Role.COACH)
    release(report, member, by=member)
    assert coach.get(address(report)).status_code == 200

    Member.objects.update(role=Role.SUBJECT)

    assert coach.get(address(report)).status_code == 403
    assert address(report) not in coach.get("/o/halden/my-reports/").content.decode()


@pytest.fixture
def admin(org):
    browser(org, Role.ADMIN)
    return Member.objects.get(org=org, role=Role.ADMIN)


def account(org, email, role=Role.SUBJECT):
    """A new member; joined with the person whose address it is, where that is one person's alone."""
    user = User.objects.create_user(email, name=f"Account {User.objects.count()}")
    made = Member.objects.create(org=org, user=user, role=role)
    joins.prove(org)
    return Member.objects.select_related("user", "org").get(pk=made.pk)


def opens(member, report):
    return signed_in(member.user).get(address(report)).content == PDF


def with_address(person, email):
    Person.objects.filter(pk=person.pk).update(email=email)


def test_a_subject_keeps_the_report_when_the_address_changes(org, subject, admin):
    report, _new = keep(subject, "Subject", PDF, by=None)
    member = account(org, subject.email)
    release(report, member, by=admin)

    with_address(subject.person, "married@halden.example")

    assert opens(member, report)
    assert member not in may_receive(report)  # has it


def test_a_namesake_with_the_freed_address_gets_nothing(org, admin):
    first, second = subjects(assessment(org), people(org, 2))
    was, _new = keep(first, "Subject", PDF, by=None)
    member = account(org, first.email)
    release(was, member, by=admin)
    with_address(first.person, "moved@halden.example")
    with_address(second.person, first.email)
    theirs, _new = keep(second, "Subject", PDF, by=None)

    assert may_receive(theirs) == []
    with pytest.raises(ActionRefused):
        release(theirs, member, by=admin)
    assert (opens(member, was), opens(member, theirs)) == (True, False)


def test_swapped_addresses_swap_no_report(org, admin):
    one, other = subjects(assessment(org), people(org, 2))
    reports = [keep(each, "Subject", PDF, by=None)[0] for each in (one, other)]
    members = [account(org, each.email) for each in (one, other)]
    for report, member in zip(reports, members, strict=True):
        release(report, member, by=admin)

    with_address(one.person, "between@halden.example")
    with_address(other.person, one.email)
    with_address(one.person, other.email)
    joins.prove(org)

    assert [[opens(member, report) for report in reports] for member in members] == [[True, False], [False, True]]


def test_somebody_created_again_is_another_person_until_an_administrator_says_so(org, admin):
    [old] = people(org, 1)
    [subject] = subjects(assessment(org), [old])
    report, _new = keep(subject, "Subject", PDF, by=None)
    member = account(org, old.email)
    [new] = people(org, 2, start=100)[:1]
    Person.objects.filter(pk=new.pk).update(email=old.email, first_name=old.first_name, last_name=old.last_name)
    [subject_again] = subjects(assessment(org, "Second review"), [new])
    theirs, _new = keep(subject_again, "Subject", PDF, by=None)
    release(report, member, by=admin)
    assert member not in may_receive(theirs)

    joins.join(member, Person.objects.get(pk=new.pk), by=admin)
    member = Member.objects.select_related("user", "org").get(pk=member.pk)
    assert not opens(member, report)  # what was the former person's
    release(theirs, member, by=admin)
    assert opens(member, theirs)
    joins.join(member, Person.objects.get(pk=old.pk), by=admin)
    assert not opens(member, report)  # nor does it come back by itself
    assert "No longer available to you" in signed_in(member.user).get("/o/halden/my-reports/").content.decode()


def test_what_a_subject_says_opens_nothing(org, subject, admin):
    report, _new = keep(subject, "Subject", PDF, by=None)
    member = account(org, "private@home.example")
    Member.objects.filter(pk=member.pk).update(person_key=subject.vendor_id, person_state="claimed")
    Release.objects.create(org=org, report=report, member=member)  # as rows of the old form may be
    member.refresh_from_db()

    assert member not in may_receive(report)
    assert not opens(member, report)
    page = signed_in(admin.user).get(f"/o/halden/reports/{report.pk}/release/").content.decode()
    assert "not confirmed which person they are" in page
    joins.join(member, subject.person, by=admin)
    assert opens(member, report)


def test_a_release_ends_with_the_role_and_does_not_come_back(org, subject, admin):
    report, _new = keep(subject, "Admin", PDF, by=None)
    coach = account(org, "coach@home.example", Role.COACH)
    release(report, coach, by=admin)
    assert opens(coach, report)

    set_role(coach, Role.READER, by=admin)
    assert not opens(coach, report)
    set_role(coach, Role.COACH, by=admin)
    assert not opens(coach, report)
    page = signed_in(admin.user).get(f"/o/halden/reports/{report.pk}/release/").content.decode()
    assert "role, or the person that the member is, changed" in page
    assert coach in may_receive(report)  # released once more it opens
    release(report, coach, by=admin)
    assert opens(coach, report)

    remove_member(coach, by=admin)
    assert not Release.objects.exists()


def test_a_managers_version_is_for_the_manager_of_now(org, admin):
    boss, worker, next_boss = people(org, 3)
    worker.manager_email = boss.email
    worker.save()
    [subject] = subjects(assessment(org), [worker])
    report, _new = keep(subject, boss.vendor_id, PDF, by=None)
    coach, other = account(org, boss.email, Role.COACH), account(org, "coach@home.example", Role.COACH)

    assert may_receive(report) == [coach]
    with pytest.raises(ActionRefused, match="Only the manager"):
        release(report, other, by=admin)
    release(report, coach, by=admin)
    assert opens(coach, report)

    Person.objects.filter(pk=worker.pk).update(manager_email=next_boss.email)

    assert not opens(coach, report)
    page = signed_in(coach.user).get("/o/halden/my-reports/").content.decode()
    assert "no longer names this person as the manager" in page


def test_a_manager_with_another_address_is_found_by_the_id(org, admin):
    boss, worker, newcomer = people(org, 3)
    address_then = boss.email
    worker.manager_email = address_then
    worker.save()
    [subject] = subjects(assessment(org), [worker])
    report, _new = keep(subject, boss.vendor_id, PDF, by=None)
    coach = account(org, address_then, Role.COACH)
    release(report, coach, by=admin)

    with_address(boss, "boss@halden.example")
    with_address(newcomer, address_then)  # the directory's word for the manager names somebody else by now
    assert not opens(coach, report)
    Person.objects.filter(pk=worker.pk).update(manager_email="boss@halden.example")
    assert opens(coach, report)


def test_administrators_open_their_own_report_only_when_another_releases_it(org, subject, admin):
    report, _new = keep(subject, "Subject", PDF, by=None)
    own = account(org, subject.email, Role.ADMIN)
    coach = account(org, "coach@home.example", Role.COACH)

    assert not opens(own, report)
    for receiver in (own, coach):
        with pytest.raises(ActionRefused, match="about you"):
            release(report, receiver, by=own)
    release(report, own, by=admin)

    assert opens(own, report)
    assert address(report) in signed_in(own.user).get("/o/halden/my-reports/").content.decode()


def test_a_coach_gets_only_the_subjects_version_about_himself(org, subject, admin):
    for viewer, number in (("Admin", 0), ("Subject", 1)):
        report, _new = keep(subject, viewer, PDF, by=None)
        if number == 0:
            account(org, subject.email, Role.COACH)
        assert len(may_receive(report)) == number


def test_a_released_report_leaves_no_copy_and_comes_whole_or_not_at_all(org, subject, admin):
    report, _new = keep(subject, "Subject", PDF, by=None)
    member = account(org, subject.email)
    release(report, member, by=admin)
    client = signed_in(member.user)

    whole = client.get(address(report), headers={"range": "bytes=0-3", "if-none-match": "*"})
    head = client.head(address(report))
    client.logout()
    after = client.get(address(report))

    assert (whole.status_code, whole.content) == (200, PDF)
    assert whole.headers["Cache-Control"] == "no-store, private"
    assert not {"ETag", "Last-Modified", "Accept-Ranges"} & set(whole.headers)
    assert (head.status_code, head.content) == (405, b"")
    assert after.status_code in (302, 404)
    assert PDF not in after.content
    assert AuditEntry.objects.filter(verb="report.opened").count() == 1


def test_a_release_withdrawn_while_its_page_is_open_opens_nothing(org, subject, admin):
    report, _new = keep(subject, "Subject", PDF, by=None)
    member = account(org, subject.email)
    release(report, member, by=admin)
    client = signed_in(member.user)
    assert address(report) in client.get("/o/halden/my-reports/").content.decode()

    set_role(member, Role.COACH, by=admin)

    assert client.get(address(report)).status_code == 403
    Member.objects.filter(pk=member.pk).delete()
    assert client.get(address(report)).status_code == 404
