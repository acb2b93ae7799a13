"""Changing an organisation's name, zone, words and pause."""

from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role

FORM = {"name": "Ashgrove Optics AG", "time_zone": "Europe/Zurich", "language": "de"}


def test_an_admin_changes_name_zone_words_and_pause(member, org):
    browser = member(Role.ADMIN)

    answer = browser.post(
        f"/o/{org.slug}/settings/",
        {**FORM, "paused": "on", "term_Subject": "Feedback recipient", "term_Evaluator": "  "},
    )

    assert answer.status_code == 302
    org.refresh_from_db()
    assert (org.name, org.time_zone, org.paused) == ("Ashgrove Optics AG", "Europe/Zurich", True)
    assert org.terms == {"Subject": "Feedback recipient"}
    assert AuditEntry.objects.filter(org=org, verb="organisation.changed").count() == 1
    assert "paused" in browser.get(f"/o/{org.slug}/settings/").content.decode()


def test_the_form_shows_what_is_kept(member, org):
    org.terms = {"Subject": "Feedback recipient"}
    org.save()

    page = member(Role.ADMIN).get(f"/o/{org.slug}/settings/").content.decode()

    assert 'value="Ashgrove Optics"' in page
    assert 'value="Feedback recipient"' in page
    assert '<option value="Europe/Vienna" selected>' in page


def test_an_unknown_zone_or_an_empty_name_is_refused(member, org):
    browser = member(Role.ADMIN)

    assert browser.post(f"/o/{org.slug}/settings/", {**FORM, "time_zone": "Mars/Olympus"}).status_code == 422
    assert browser.post(f"/o/{org.slug}/settings/", {**FORM, "name": " "}).status_code == 422

    org.refresh_from_db()
    assert (org.name, org.time_zone) == ("Ashgrove Optics", "Europe/Vienna")


def test_the_address_of_an_organisation_is_not_among_what_a_form_sets(member, org):
    member(Role.OWNER).post(f"/o/{org.slug}/settings/", {**FORM, "slug": "brackwater", "id": "7"})

    org.refresh_from_db()
    assert org.slug == "ashgrove"


def test_what_members_type_is_shown_as_text(member, org):
    browser = member(Role.ADMIN)
    browser.post(f"/o/{org.slug}/settings/", {**FORM, "name": "<script>alert(1)</script>"})

    page = browser.get(f"/o/{org.slug}/settings/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
