"""Group reports on screens: choosing units, the preview, the heat map, the file, and permissions."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from assessments import unit_reports
from assessments.models import Release as ReleaseToMember
from assessments.models import Report, ReportLink, Subject, UnitReport
from directory.models import Person as DirectoryPerson
from qxportal.accounts.audit import note
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Edition, GroupFigures, Person
from tests.support.built_once import built_once
from tests.support.given_editions import enlist_done
from tests.support.mirrored_rows import browser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
NUMBER = 13


def words(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
@built_once
def scene(connected):
    """Six people in Finance, five in Sales, two in Legal; all Done, with an edition, and read by the portal."""
    review = connected.engine.assessment("Leadership review")
    people = connected.engine.people(NUMBER)
    for place, person in enumerate(people):
        unit = "Finance" if place < 6 else "Sales" if place < 11 else "Legal"
        told = {"Department": unit, "Cost centre": unit[:1]}
        connected.engine.run(Person.objects.filter(pk=person.pk).update, metadata=told)
    connected.engine.run(enlist_done, review, people)
    connected.sync()
    return people


@pytest.fixture
def page(connected, scene):
    return f"/o/{connected.org.slug}/assessments/{connected.assessment().pk}/reports/groups/"


@pytest.fixture
def hr(connected):
    return browser(connected.org, Role.ADMIN)


def test_units_are_looked_at_before_anything_is_given(connected, page, hr):
    assert "Group reports made so far" not in words(hr.get(page))

    seen = words(hr.post(page, {"field": "department"}))

    assert "Finance" in seen and "Sales" in seen
    assert "1 unit has fewer than 5 subjects and is not in the report." in seen
    assert "Make the report" in seen
    assert not connected.engine.run(GroupFigures.objects.exists)
    assert not UnitReport.objects.exists()


def test_a_report_shows_the_heat_map_and_every_statement(connected, page, hr):
    made = hr.post(page, {"field": "department", "make": "1"}, follow=True)

    seen = words(made)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store, private"
    for each in ('<th scope="row"> Finance', '<th scope="row"> Sales', "All that is shown", "<caption"):
        assert each in seen
    assert "<strong>2.7</strong>" in seen  # (1 + 2 + 3 + 4 + 5 + 1) / 6
    assert "<strong>3.0</strong>" in seen
    assert '<th scope="row"> Legal' not in seen
    assert "Department" in words(hr.get(page))
    assert sorted(AuditEntry.objects.filter(verb__startswith="unit-report").values_list("verb", flat=True)) == [
        "unit-report.made",
        "unit-report.opened",
    ]


def test_the_same_figures_are_kept_once(connected, page, hr):
    first = hr.post(page, {"field": "department", "make": "1"})
    again = hr.post(page, {"field": "department", "make": "1"})

    assert again.url == first.url
    assert UnitReport.objects.count() == 1


def test_the_file_has_a_line_for_each_unit_and_statement(connected, page, hr):
    made = hr.post(page, {"field": "Cost centre", "make": "1"})

    file = hr.get(made.url, {"file": "csv"})

    heads, *lines = csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")), delimiter=",")
    assert heads[:5] == ["Unit", "Competency", "Statement", "Mean", "Subjects"]
    assert {line[0] for line in lines} == {"F", "S", "All that is shown"}
    assert {tuple(line[3:5]) for line in lines if line[0] == "F"} == {("2.7", "6")}


def test_the_pdf_is_downloaded_and_noted_like_an_opening(connected, page, hr):
    made = hr.post(page, {"field": "department", "make": "1"})
    opened = AuditEntry.objects.filter(verb="unit-report.opened").count()

    file = hr.get(f"{made.url}?file=pdf")

    assert (file.status_code, file.content[:5], file["Content-Type"]) == (200, b"%PDF-", "application/pdf")
    assert file.headers["Cache-Control"] == "no-store, private"
    assert AuditEntry.objects.filter(verb="unit-report.opened").count() == opened + 1


def test_a_selection_is_one_unit(connected, page, hr):
    chosen = [str(pk) for pk in Subject.objects.order_by("pk").values_list("pk", flat=True)]
    form = words(hr.post(page, {"scope": "ticked", "subject": chosen[:7]}))
    assert "Name of the group" in form
    assert form.count('name="subject"') == 7

    few = words(hr.post(page, {"scope": "ticked", "subject": chosen[:4]}))
    made = hr.post(page, {"field": "selection", "subject": chosen[:7], "name": "Pilot", "make": "1"}, follow=True)

    assert "Select at least 5 subjects for a group report." in few
    assert "Pilot" in words(made)
    assert UnitReport.objects.get().persons == sorted(
        Subject.objects.filter(pk__in=chosen[:7]).values_list("vendor_id", flat=True)
    )


def test_withheld_figures_state_their_reason(connected, page, hr):
    hr.post(page, {"field": "all-subjects", "make": "1"})

    seen = words(hr.post(page, {"field": "department", "make": "1"}, follow=True))

    assert "Too close to an earlier report" in seen  # Legal would be left over
    assert "would reveal the figures of fewer than 5 subjects" in seen


def test_members_with_released_reports_count_as_readers(connected, page, hr):
    coach = Member.objects.get(pk=connected.admin.pk)
    for subject in Subject.objects.filter(person__department="Finance")[:2]:
        report = Report.objects.create(
            org=connected.org, assessment=subject.assessment, subject=subject, viewer="Subject", version=1, size=1
        )
        ReleaseToMember.objects.create(org=connected.org, report=report, member=coach)

    seen = words(hr.post(page, {"field": "department", "make": "1"}, follow=True))

    assert "Readers of single reports" in seen
    assert "could derive the figures of fewer than 5 other subjects" in seen


def test_members_who_opened_reports_count_as_readers(connected, page, hr):
    browser(connected.org, Role.COACH)
    coach, admin = Member.objects.get(org=connected.org, role=Role.COACH), connected.admin
    target, (one, other) = connected.assessment().vendor_id, Subject.objects.filter(person__department="Finance")[:2]
    note(connected.org, by=admin, verb="report.opened", target=target, about=[one.vendor_id])

    assert "Readers of single reports" not in words(hr.post(page, {"field": "department"}))

    for subject in (one, other):
        note(connected.org, by=coach, verb="report.opened", target=target, about=[subject.vendor_id])
    assert "Readers of single reports" in words(hr.post(page, {"field": "department"}))


def test_members_who_open_reports_by_their_role_are_left_out(connected, page, hr):
    browser(connected.org, Role.EDITOR)
    editor = Member.objects.select_related("user").get(org=connected.org, role=Role.EDITOR)
    own = Subject.objects.filter(person__department="Finance").latest("pk")
    DirectoryPerson.objects.filter(subjects=own).update(email=editor.user.email)

    assert "1 subject is left out, because this person can open" in words(hr.post(page, {"field": "department"}))
    hr.post(page, {"field": "department", "make": "1"})

    persons = UnitReport.objects.get().persons
    assert own.vendor_id not in persons
    assert len(persons) == 10


@pytest.mark.parametrize(("openings", "ended", "withheld"), [(0, False, True), (1, True, True), (0, True, False)])
def test_people_with_report_links_count_as_readers(connected, page, hr, openings, ended, withheld):
    now, org = timezone.now(), connected.org
    reader = DirectoryPerson.objects.filter(department="Sales")[0]
    for subject in Subject.objects.filter(person__department="Finance")[:2]:
        report = Report.objects.create(
            org=connected.org,
            assessment=subject.assessment,
            subject=subject,
            viewer=reader.vendor_id,
            version=1,
            size=1,
        )
        ReportLink.objects.create(
            org=org,
            report=report,
            person=reader,
            address_key="x",
            until=now + timedelta(days=30),
            ended_at=now if ended else None,
            openings=openings,
        )

    seen = words(hr.post(page, {"field": "department"}))

    assert ("Readers of single reports" in seen) is withheld


def test_subjects_without_report_are_left_out(connected, page, hr, scene):
    finance = scene[0].public_id
    connected.engine.run(Edition.objects.filter(series__person_key=finance).delete)

    seen = words(hr.post(page, {"field": "department"}))

    assert "no report yet: 1" in seen


def test_nothing_is_made_where_nothing_could_be_shown(connected, page, hr):
    connected.engine.run(Edition.objects.all().delete)

    seen = words(hr.post(page, {"field": "department"}))

    assert "None of these figures can be shown at present" in seen
    assert "Make the report" not in seen


def test_member_sees_no_group_report_that_contains_the_member(connected, page, hr):
    hr.post(page, {"field": "all-subjects", "make": "1"})
    report = UnitReport.objects.get()
    subject = Subject.objects.get(vendor_id=report.persons[0])
    myself = Member.objects.get(user__pk=hr.session["_auth_user_id"])
    Member.objects.filter(pk=myself.pk).update(person_key=subject.vendor_id, person_state=Member.PersonState.CONFIRMED)

    assert hr.get(f"{page}{report.pk}/").status_code == 404
    assert "Group reports made so far" not in words(hr.get(page))
    assert "You are a subject here and are left out" in words(hr.post(page, {"field": "all-subjects"}))


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR, Role.AUDITOR])
def test_others_get_none(connected, page, role):
    client = browser(connected.org, role)

    assert client.get(page).status_code == 403
    assert client.post(page, {"field": "all-subjects", "make": "1"}).status_code == 403
    assert not UnitReport.objects.exists()


def test_a_server_that_gives_none_is_not_asked(connected, page, hr):
    heard = {"qxGetGroupReport": {"outcome": "unknown", "name": "qxGetGroupReport", "at": "2999-01-01T00:00:00+00:00"}}
    Credential.objects.update(heard=heard)

    assert "does not offer this" in words(hr.get(page))
    assert hr.post(page, {"field": "all-subjects", "make": "1"}).status_code == 422


def test_the_words_of_a_refusal_are_shown(connected, page, hr):
    connected.engine.fault("500-before", request="qxGetGroupReport", times=None)

    assert hr.post(page, {"field": "all-subjects", "make": "1"}).status_code == 422
    assert hr.post(page, {"field": "nonsense"}).status_code == 422


def test_a_report_can_be_in_a_language_that_the_portal_does_not_speak(connected, page, hr):
    made = hr.post(page, {"field": "all-subjects", "language": "fr", "make": "1"}, follow=True)

    report = UnitReport.objects.get()
    assert report.title == "Toutes les personnes évaluées en une seule unité"
    assert report.content["Language"] == "fr"
    assert "Toutes les personnes évaluées" in words(made)
    assert "Download this report" in words(made)  # around it the page stays in the language of the portal
    assert '<th scope="row" lang="fr">' in made.content.decode()
    pdf = hr.get(made.request["PATH_INFO"], {"file": "pdf"})
    assert "Rapport de groupe" in "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.content)).pages)
    assert hr.post(page, {"field": "all-subjects", "language": "pl", "make": "1"}).status_code == 422


def test_refusals_are_in_the_language_of_the_portal(connected, page, hr, monkeypatch):
    monkeypatch.setattr(unit_reports, "MOST_UNITS", 1)

    answer = hr.post(page, {"field": "department", "language": "es"})

    assert "has too many values for one report. Choose another field." in words(answer)
