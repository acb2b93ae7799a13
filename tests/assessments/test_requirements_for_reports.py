"""HR requires answers before reports are released: who does not meet that is named, and released only if confirmed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.critical import forget_names, name_evaluators
from assessments.gate import (
    Requirements,
    check_release,
    lacking_of,
    requirements_of,
    rule_of,
    set_rule,
    suggested_rule,
    unmet,
)
from assessments.models import CriticalEvaluator, Evaluation, Release, Subject
from assessments.reports import keep
from assessments.schedules import mirror_schedules
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.security.key_ring import add_key
from qxportal.threesixty.records.schedules import ScheduleRecord
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
    found = unmet(admin, review, Requirements({"Manager": 1, "Peer": 3}))

    assert [(str(one.subject), str(one.missing)) for one in found] == [
        ("Amara Okoro", "Manager: 0 of 1 finished."),
        ("Bastian Okoro", "Manager: 0 of 1 finished. Peer: 2 of 3 finished."),
    ]
    assert unmet(admin, review, Requirements({})) == []


def test_everyone_in_a_relationship_has_to_finish(org, review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    editor, page = browser(org, Role.EDITOR), page_of(review)

    saved = editor.post(page, {**{f"least_{place}": "0" for place in range(4)}, "everyone": ["Peer"]}, follow=True)

    assert "Peer: 2 of 3 finished, and everyone has to." in text(saved)
    ticks = re.findall(r'name="everyone" value="(\w+)"[^>]*?( checked)?>', saved.content.decode())
    assert [(name, bool(tick)) for name, tick in ticks if name in ("Peer", "Manager")] == [
        ("Manager", False),
        ("Peer", True),
    ]
    assert [one.subject for one in unmet(admin, review, requirements_of(review))] == [thin]
    with pytest.raises(ActionRefused, match="everyone has to"):
        check_release(thin, unfinished=False)
    Evaluation.objects.update(status="Completed")
    check_release(thin, unfinished=False)


def named_page(subject):
    return f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/named/"


def test_report_waits_for_named_evaluators(org, review, admin):
    thin = Subject.objects.select_related("assessment__org", "org").get(first_name="Bastian")
    late = Evaluation.objects.get(subject=thin, status="InProgress")
    editor = browser(org, Role.EDITOR)

    saved = editor.post(named_page(thin), {"evaluator": [late.evaluator_key], "seen": "0.0"}, follow=True)

    words = f"{late.evaluator_name} has to answer and has not finished."
    assert words in text(saved)
    assert words in text(editor.get(f"/o/halden/assessments/{review.pk}/close/"))
    with pytest.raises(ActionRefused, match="has to answer"):
        check_release(thin, unfinished=False)
    check_release(thin, unfinished=True)
    assert "checked" in editor.get(named_page(thin)).content.decode()
    Evaluation.objects.filter(pk=late.pk).update(status="Completed")
    check_release(thin, unfinished=False)
    assert AuditEntry.objects.get(verb="report.evaluators-named").details == {"about": [thin.vendor_id]}


def test_plans_of_releases_name_no_evaluator(review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    late = Evaluation.objects.get(subject=thin, status="InProgress")
    name_evaluators(thin, [late.evaluator_key], by=admin)

    [kept] = lacking_of([thin], requirements_of(review), names=False).values()

    assert str(kept) == "0 of 1 named evaluator finished."


def test_named_evaluators_who_left_are_told_and_taken_off(org, review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    late = Evaluation.objects.get(subject=thin, status="InProgress")
    name_evaluators(thin, [late.evaluator_key], by=admin)
    Evaluation.objects.filter(pk=late.pk).update(gone_at=timezone.now())
    editor = browser(org, Role.EDITOR)

    assert "has to answer and is no longer an evaluator." in text(editor.get(page_of(review)))
    [seen] = re.findall(r'name="seen" value="([^"]+)"', editor.get(named_page(thin)).content.decode())
    unknown = editor.post(named_page(thin), {"evaluator": ["P_nobody"], "seen": seen})
    editor.post(named_page(thin), {"seen": seen})

    assert (unknown.status_code, "Choose evaluators of this subject." in text(unknown)) == (422, True)
    check_release(thin, unfinished=False)


def test_names_of_evaluators_are_current_and_forgotten_with_their_evaluations(org, review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    row = Evaluation.objects.filter(subject=thin, status="InProgress")
    name_evaluators(thin, [row.get().evaluator_key], by=admin)
    row.update(evaluator_last_name="Newname")
    editor = browser(org, Role.EDITOR)
    assert "Newname has to answer and has not finished." in text(editor.get(page_of(review)))
    row.update(gone_at=timezone.now() - timedelta(days=1))
    forget_names(org)
    assert CriticalEvaluator.objects.get().evaluator_name

    row.delete()
    forget_names(org)

    assert CriticalEvaluator.objects.get().evaluator_name == ""
    assert "A named evaluator who left has to answer." in text(editor.get(page_of(review)))
    assert "Name deleted" in text(editor.get(named_page(thin)))


def test_evaluator_in_another_relationship_by_now_is_offered_once(org, review):
    thin = Subject.objects.get(first_name="Bastian")
    moved = Evaluation.objects.get(subject=thin, status="InProgress")
    evaluations(thin, list(Person.objects.filter(vendor_id=moved.evaluator_key)), "Customer", "InProgress")
    Evaluation.objects.filter(pk=moved.pk).update(missing_since=timezone.now())

    page = browser(org, Role.EDITOR).get(named_page(thin)).content.decode()

    assert page.count(f'value="{moved.evaluator_key}"') == 1


def test_names_that_another_member_saved_meanwhile_are_kept(org, review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    first, second, _third = thin.evaluations.order_by("pk")
    editor = browser(org, Role.EDITOR)
    name_evaluators(thin, [first.evaluator_key], by=admin)

    answer = editor.post(named_page(thin), {"evaluator": [second.evaluator_key], "seen": "0.0"})

    assert answer.status_code == 422
    assert "Another member has named evaluators in the meantime." in text(answer)
    assert [one.evaluator_key for one in CriticalEvaluator.objects.all()] == [first.evaluator_key]


def test_schedule_says_that_requirements_are_not_known_at_its_times(org, review, admin):
    thin = Subject.objects.select_related("assessment").get(first_name="Bastian")
    editor, page = browser(org, Role.EDITOR), f"/o/halden/assessments/{review.pk}/schedule/"
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5")
    record = ScheduleRecord(assessment_id=review.vendor_id, time_zone="UTC")
    mirror_schedules(org, [record], as_of=timezone.now())
    words = "without the requirements for reports"
    before = text(editor.get(page))

    name_evaluators(thin, [thin.evaluations.earliest("pk").evaluator_key], by=admin)

    assert "Save schedule" in before
    assert words not in before
    assert words in text(editor.get(page))
    own = Member.objects.get(role=Role.EDITOR)
    Person.objects.filter(first_name="Bastian").update(email=own.user.email)
    assert words not in text(editor.get(page))


def test_subject_names_nobody_about_himself(org, review):
    editor = browser(org, Role.EDITOR)
    own = Member.objects.get(role=Role.EDITOR)
    Person.objects.filter(first_name="Bastian").update(email=own.user.email)
    thin = Subject.objects.get(first_name="Bastian")
    keys = list(thin.evaluations.values_list("evaluator_key", flat=True))

    assert editor.post(named_page(thin), {"evaluator": keys}).status_code == 403
    assert not CriticalEvaluator.objects.exists()
    assert "Bastian" not in text(editor.get(page_of(review)))


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
    assert client.get(named_page(review.subjects.earliest("pk"))).status_code == code
    assert rule_of(review) == {}
