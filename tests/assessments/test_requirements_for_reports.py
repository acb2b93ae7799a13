"""HR requires answers before reports are released: who does not meet that is named, and released only if confirmed."""

import pytest

from assessments.gate import check_release, rule_of, set_rule, suggested_rule, unmet
from assessments.models import Release, Subject
from assessments.reports import keep
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.security.key_ring import add_key
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    """Two subjects, one with three finished peers, the other with two."""
    review, crew = assessment(org), people(org, 6)
    first, second = subjects(review, crew[:2], status="Done")
    evaluations(first, crew[2:5], "Peer")
    evaluations(second, crew[2:4], "Peer")
    evaluations(second, crew[4:5], "Peer", "InProgress")
    return review


@pytest.fixture
def admin(org):
    browser(org, Role.ADMIN)
    return Member.objects.get(role=Role.ADMIN)


def page_of(review):
    return f"/o/halden/assessments/{review.pk}/reports/requirements/"


def test_suggestion_requires_self_manager_and_the_minimum_of_peers(review):
    assert rule_of(review) == {}
    assert suggested_rule(review) == {"Self": 1, "Manager": 1, "Peer": 3}


def test_each_clause_that_fails_is_named(review, admin):
    found = unmet(admin, review, {"Manager": 1, "Peer": 3})

    assert [(str(one.subject), str(one.missing)) for one in found] == [
        ("Amara Okoro", "Manager: 0 of 1 finished."),
        ("Bastian Okoro", "Manager: 0 of 1 finished. Peer: 2 of 3 finished."),
    ]
    assert unmet(admin, review, {}) == []


def test_rule_is_set_shown_and_dropped(org, review):
    editor = browser(org, Role.EDITOR)
    page = page_of(review)

    nothing = editor.post(page, {f"least_{place}": "0" for place in range(4)})
    saved = editor.post(page, {"least_0": "0", "least_1": "0", "least_2": "3", "least_3": "0"}, follow=True)

    assert nothing.status_code == 422
    assert rule_of(review) == {"Peer": 3}
    assert "Not met by 1" in text(saved)
    assert "Peer: 2 of 3 finished." in text(saved)
    assert "Bastian Okoro" in text(editor.get(f"/o/halden/assessments/{review.pk}/close/"))
    editor.post(page, {"drop": "1"})
    assert rule_of(review) == {}
    assert AuditEntry.objects.filter(verb="report.gate-set").count() == 2


def test_release_below_the_requirements_is_confirmed(org, review, admin, tmp_path, settings):
    settings.KEYS, settings.REPORTS_ROOT = tmp_path / "keys", tmp_path / "reports"
    add_key()
    client = browser(org, Role.OWNER)
    browser(org, Role.COACH)
    coach = Member.objects.get(role=Role.COACH)
    thin = Subject.objects.select_related("assessment__org", "org", "person").get(first_name="Bastian")
    report, _new = keep(thin, "Admin", b"%PDF-1.7", by=None)
    set_rule(review, {"Peer": 3}, by=admin)
    url = f"/o/halden/reports/{report.pk}/release/"

    shown = text(client.get(url, {"member": str(coach.pk), "continue": "1"}))
    once = client.post(url, {"member": coach.pk, "confirmed": "on"})
    assert not Release.objects.exists()
    twice = client.post(url, {"member": coach.pk, "confirmed": "on", "unfinished": "on"})

    assert "Bastian Okoro does not meet the requirements for reports. Peer: 2 of 3 finished." in shown
    assert "Release it although not all requirements are met" in shown
    assert (once.status_code, twice.status_code) == (422, 302)
    assert Release.objects.get().member == coach


def test_without_requirements_or_with_them_met_nothing_is_confirmed(review, admin):
    full, thin = Subject.objects.select_related("assessment__org").order_by("pk")

    check_release(thin, unfinished=False)
    set_rule(review, {"Peer": 3}, by=admin)
    check_release(full, unfinished=False)
    with pytest.raises(ActionRefused, match="Peer: 2 of 3 finished"):
        check_release(thin, unfinished=False)


def test_member_sees_nothing_of_the_own_answers(org, review):
    editor = browser(org, Role.EDITOR)
    own = Member.objects.get(role=Role.EDITOR)
    Person.objects.filter(first_name="Bastian").update(email=own.user.email)

    assert "Bastian" not in text(editor.get(page_of(review)))
    assert "Bastian" not in text(editor.get(f"/o/halden/assessments/{review.pk}/close/"))


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_set_no_requirements(org, review, role, code):
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)

    assert client.get(page_of(review)).status_code == code
    assert client.post(page_of(review), {"least_2": "3"}).status_code == code
    assert rule_of(review) == {}
