"""Surveys that change while an assessment collects answers: shown, acknowledged, told by mail, read again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.models import Assessment
from assessments.survey_alerts import KIND, read_surveys_in_use, survey_alerts, tell_of_changes, write_survey_mail
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import AuditEntry, Member, Organisation, PortalMail
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Job
from surveys.alerts import changed_since
from surveys.job_kinds import SYNC_SURVEY
from surveys.models import Survey, SurveyContent
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db


def changed_survey(org: Organisation, *, ago: timedelta = timedelta(0)) -> SurveyContent:
    """A survey of which two questions changed so long ago."""
    now = timezone.now()
    form = Survey.objects.create(org=org, vendor_id=f"SV_{org.slug}", name="Leadership form", seen_at=now)
    lines = [{"what": "changed", "name": "Q1: Listens"}, {"what": "removed", "name": "Q2: Decides"}]
    changes = [{"at": (now - ago).isoformat(), "lines": lines}]
    return SurveyContent.objects.create(org=org, survey=form, seen_at=now, facts={}, changes=changes)


def review(org: Organisation, **fields: Any) -> Assessment:
    """An active assessment that has used the survey for ten days."""
    began = timezone.now() - timedelta(days=10)
    made = assessment(org, "Spring review", survey_id=f"SV_{org.slug}", activated_at=began, **fields)
    staff = people(org, 4)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:4], "Peer", "Completed")
    return made


@pytest.fixture
def org() -> Organisation:
    return organisation()


def test_home_and_assessment_show_alert_until_acknowledged(org):
    content, made = changed_survey(org), review(org)
    editor = browser(org, Role.EDITOR)
    said = "2 questions changed while “Spring review” is active; 3 evaluations are finished."

    assert said in text(editor.get("/o/halden/"))
    assert said in text(editor.get(f"/o/halden/assessments/{made.pk}/"))
    [alert] = editor.get("/o/halden/").context["survey_alerts"]
    assert f'name="until" value="{alert.at.isoformat()}"' in editor.get("/o/halden/").content.decode()
    acknowledge(editor, content, alert.at)
    assert said not in text(editor.get("/o/halden/"))
    assert AuditEntry.objects.get(verb="survey.acknowledged").words == "Leadership form"


def acknowledge(client, content, until):
    time = until if isinstance(until, str) else until.isoformat()
    return client.post(f"/o/halden/surveys/{content.survey_id}/acknowledge/", {"until": time})


def test_changes_found_after_page_load_stay_unacknowledged(org):
    content, made = changed_survey(org), review(org)
    editor = browser(org, Role.EDITOR)
    [alert] = editor.get("/o/halden/").context["survey_alerts"]
    later = {"at": timezone.now().isoformat(), "lines": [{"what": "added", "name": "Q3: Plans"}]}
    SurveyContent.objects.update(changes=[later, *content.changes])

    acknowledge(editor, content, alert.at)

    [left] = editor.get("/o/halden/").context["survey_alerts"]
    assert (left.assessment, left.questions) == (made, 1)


@pytest.mark.parametrize("until", ["", "soon", "2026-03-02", "2026-03-02T10:00:00"])
def test_nothing_is_acknowledged_without_a_time(org, until):
    content = changed_survey(org)
    review(org)

    assert acknowledge(browser(org, Role.EDITOR), content, until).status_code == 302
    content.refresh_from_db()
    assert content.acknowledged_at is None


def test_later_changes_are_not_acknowledged_in_advance(org):
    content = changed_survey(org)
    review(org)

    acknowledge(browser(org, Role.EDITOR), content, timezone.now() + timedelta(days=900))

    content.refresh_from_db()
    assert content.acknowledged_at
    assert content.acknowledged_at <= timezone.now()


def test_readers_see_alerts_but_cannot_acknowledge_them(org):
    content = changed_survey(org)
    review(org)
    reader = browser(org, Role.READER)

    assert "Survey changed" in text(reader.get("/o/halden/"))
    assert "survey-acknowledge" not in reader.get("/o/halden/").content.decode()
    assert reader.post(f"/o/halden/surveys/{content.survey_id}/acknowledge/").status_code == 403


@pytest.mark.parametrize("why", ["before it began", "closed", "another survey", "another organisation"])
def test_unrelated_changes_raise_no_alert(org, why):
    rival = organisation("rival", "Rival Works")
    changed_survey(rival if why == "another organisation" else org, ago=timedelta(days=30 * (why == "before it began")))
    made = review(org, status="Closed" if why == "closed" else "Active")
    if why == "another survey":
        Assessment.objects.filter(pk=made.pk).update(survey_id="SV_other")
    browser(org, Role.OWNER)

    assert survey_alerts(Member.objects.select_related("org").get(org=org)) == []
    assert tell_of_changes() == 0


def test_owners_and_admins_get_one_mail_for_each_change(org):
    content = changed_survey(org)
    review(org)
    for role in (Role.OWNER, Role.ADMIN, Role.EDITOR):
        browser(org, role)

    assert (tell_of_changes(), tell_of_changes()) == (1, 0)

    mails = PortalMail.objects.filter(kind=KIND)
    assert {mail.member.role for mail in mails if mail.member} == {Role.OWNER, Role.ADMIN}
    words = write_survey_mail(mails[0])
    assert words
    assert words.subject == "“Leadership form” changed while answers come in"
    assert f"/o/halden/surveys/{content.survey_id}/" in words.link
    SurveyContent.objects.update(acknowledged_at=timezone.now())
    assert write_survey_mail(mails[0]) is None


def test_acknowledged_changes_do_not_count():
    now = timezone.now()
    content = SurveyContent(changes=[{"at": (now - timedelta(days=day)).isoformat(), "lines": []} for day in (1, 3)])

    assert len(changed_since(content, None)) == 2
    assert len(changed_since(content, now - timedelta(days=2))) == 1
    content.acknowledged_at = now
    assert not changed_since(content, now - timedelta(days=2))


def test_organisations_without_a_credential_are_not_read(org):
    changed_survey(org)
    review(org)
    SurveyContent.objects.update(seen_at=timezone.now() - timedelta(days=1))

    assert read_surveys_in_use() == 0


def test_surveys_in_use_are_read_again_when_it_is_time(org, key_ring):
    save_credential(org, by=None, host="eu.qualtrics.com", api_user="api", version="2.5", token="a-token")
    content = changed_survey(org)
    review(org)

    assert read_surveys_in_use() == 0
    SurveyContent.objects.update(seen_at=timezone.now() - timedelta(days=1))
    assert (read_surveys_in_use(), read_surveys_in_use()) == (1, 0)  # tried a moment ago
    assert [job.target for job in Job.objects.filter(kind=SYNC_SURVEY.name)] == [content.survey.vendor_id]
