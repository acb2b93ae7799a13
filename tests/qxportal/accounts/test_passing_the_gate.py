"""Who gets through to an organisation's pages."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, new_user, signed_in

ADMIN_PAGES = ("settings/", "settings/credential/", "settings/members/")


@pytest.mark.parametrize("page", ADMIN_PAGES)
@pytest.mark.parametrize(
    ("role", "code"),
    [
        (None, 404),
        (Role.SUBJECT, 403),
        (Role.COACH, 403),
        (Role.READER, 403),
        (Role.AUDITOR, 403),
        (Role.EDITOR, 403),
        (Role.ADMIN, 200),
        (Role.OWNER, 200),
    ],
)
def test_only_admins_and_owners_open_the_settings(member, org, page, role, code):
    assert member(role).get(f"/o/{org.slug}/{page}").status_code == code


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_an_owner_of_another_organisation_is_a_stranger_here(member, org, rival_org, page):
    browser = member(Role.OWNER, org=rival_org)

    assert browser.get(f"/o/{rival_org.slug}/{page}").status_code == 200
    assert browser.get(f"/o/{org.slug}/{page}").status_code == 404


def test_a_foreign_organisation_looks_like_none_at_all(member, org, rival_org):
    browser = member(Role.OWNER, org=rival_org)

    foreign = browser.get(f"/o/{org.slug}/settings/")
    nothing = browser.get("/o/no-such-place/settings/")

    assert (foreign.status_code, foreign.content) == (nothing.status_code, nothing.content)
    assert org.name not in foreign.content.decode()


def test_who_is_not_signed_in_signs_in_first_and_comes_back(client, org):
    answer = client.get(f"/o/{org.slug}/settings/?tab=1")

    assert answer.status_code == 302
    assert answer["Location"] == f"/account/login/?next=/o/{org.slug}/settings/%3Ftab%3D1"


def test_the_sign_in_page_tells_nothing_about_organisations(client, org):
    assert client.get(f"/o/{org.slug}/settings/").status_code == client.get("/o/no-such-place/settings/").status_code


def test_a_fragment_sends_the_whole_page_to_sign_in(client, org):
    page = f"http://testserver/o/{org.slug}/settings/members/"

    answer = client.get(f"/o/{org.slug}/settings/", headers={"HX-Request": "true", "HX-Current-URL": page})

    assert answer["HX-Redirect"] == f"/account/login/?next=%2Fo%2F{org.slug}%2Fsettings%2Fmembers%2F"


def test_a_lost_form_does_not_come_back_as_a_page(client, org):
    answer = client.post(f"/o/{org.slug}/settings/", {"name": "Ashgrove"})

    assert answer["Location"] == "/account/login/?next=/"


def test_rights_end_with_the_next_request(org):
    admin = new_member(org, Role.ADMIN)
    browser = signed_in(admin.user)
    assert browser.get(f"/o/{org.slug}/settings/").status_code == 200

    Member.objects.filter(pk=admin.pk).update(role=Role.READER)
    assert browser.get(f"/o/{org.slug}/settings/").status_code == 403

    admin.delete()
    assert browser.get(f"/o/{org.slug}/settings/").status_code == 404


def test_a_closed_account_gets_nowhere(org):
    owner = new_member(org, Role.OWNER)
    browser = signed_in(owner.user)
    owner.user.is_active = False
    owner.user.save()

    assert browser.get(f"/o/{org.slug}/settings/").status_code == 302


def test_the_last_visit_is_noted_but_not_on_every_page(org):
    reader = new_member(org, Role.ADMIN)
    browser = signed_in(reader.user)
    browser.get(f"/o/{org.slug}/settings/")
    reader.refresh_from_db()
    first = reader.last_seen_at

    browser.get(f"/o/{org.slug}/settings/")
    reader.refresh_from_db()

    assert first is not None
    assert reader.last_seen_at == first


def test_the_gate_needs_one_query(org, django_assert_num_queries):
    admin = new_member(org, Role.ADMIN)
    Member.objects.filter(pk=admin.pk).update(last_seen_at=timezone.now())
    browser = signed_in(admin.user)
    browser.get(f"/o/{org.slug}/settings/")
    cache.clear()

    with django_assert_num_queries(5) as queries:  # session, user, membership, switcher, whether this is a copy
        browser.get(f"/o/{org.slug}/settings/")

    assert sum("accounts_member" in query["sql"] for query in queries.captured_queries) == 2


def test_the_start_page_leads_to_the_organisation_used_last(org, rival_org):
    first = new_member(org, Role.READER)
    Member.objects.create(org=rival_org, user=first.user, role=Role.READER)
    browser = signed_in(first.user)

    browser.get(f"/o/{rival_org.slug}/")

    assert browser.get("/")["Location"] == f"/o/{rival_org.slug}/"


def test_the_start_page_of_somebody_without_organisation_says_what_to_do(db):
    page = signed_in(new_user()).get("/")

    assert page.status_code == 200
    assert "Ask an administrator" in page.content.decode()


def test_the_start_page_asks_strangers_to_sign_in(client: Client):
    assert client.get("/")["Location"] == "/account/login/?next=/"
