"""Changing roles and removing members; owners look after owners, and one always stays."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from qxportal.accounts.commands import NotAllowed, add_member, create_organisation, remove_member, set_role
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import RANKS, Role
from tests.support.tenants import new_member, new_user, signed_in


@pytest.fixture
def owner(org):
    """The organisation's first owner."""
    return new_member(org, Role.OWNER)


@pytest.fixture
def admin(org):
    """An admin, who is no owner."""
    return new_member(org, Role.ADMIN)


def post_role(browser, member, role):
    return browser.post(f"/o/{member.org.slug}/settings/members/{member.pk}/role/", {"role": role}, follow=True)


def post_removal(browser, member):
    return browser.post(f"/o/{member.org.slug}/settings/members/{member.pk}/remove/", follow=True)


def role_of(member):
    return Member.objects.get(pk=member.pk).role


def test_every_role_has_a_rank_and_coach_and_subject_have_the_least():
    assert set(RANKS) == set(Role)
    assert [role for role in Role if not role.reaches(Role.READER)] == [Role.COACH, Role.SUBJECT]


def test_a_new_organisation_has_its_owner(db):
    founder = new_user("Priya Raman")

    org = create_organisation("Coldwater Bearings", "coldwater", founder)
    add_member(org, new_user(), Role.READER)

    assert Member.objects.get(org=org, user=founder).role == Role.OWNER
    assert AuditEntry.objects.filter(org=org, verb="organisation.created").exists()


def test_an_admin_changes_a_role_and_the_log_says_so(admin, org):
    reader = new_member(org, Role.READER, "Stefan Ilic")

    page = post_role(signed_in(admin.user), reader, Role.EDITOR)

    assert "Stefan Ilic now has the role Editor" in page.content.decode()
    assert role_of(reader) == Role.EDITOR
    entry = AuditEntry.objects.get(org=org, verb="member.role-changed")
    assert (entry.by, str(entry.words)) == (admin, "From Reader to Editor")


def test_an_unknown_role_changes_nothing(admin, org):
    reader = new_member(org, Role.READER)

    page = post_role(signed_in(admin.user), reader, "emperor")

    assert "Choose a role from the list" in page.content.decode()
    assert role_of(reader) == Role.READER


def test_an_admin_makes_no_owners(admin, org):
    post_role(signed_in(admin.user), admin, Role.OWNER)

    assert role_of(admin) == Role.ADMIN


def test_an_admin_does_not_touch_an_owner(owner, admin):
    browser = signed_in(admin.user)

    post_role(browser, owner, Role.READER)
    post_removal(browser, owner)

    assert role_of(owner) == Role.OWNER


def test_an_owner_makes_another_owner_who_may_then_go(owner, admin):
    browser = signed_in(owner.user)

    post_role(browser, admin, Role.OWNER)
    assert role_of(admin) == Role.OWNER

    post_role(browser, admin, Role.EDITOR)
    assert role_of(admin) == Role.EDITOR


@pytest.mark.parametrize("act", [lambda browser, owner: post_role(browser, owner, Role.ADMIN), post_removal])
def test_the_last_owner_stays(owner, act):
    page = act(signed_in(owner.user), owner)

    assert page.status_code == 422
    assert "needs at least one owner" in page.content.decode()
    assert role_of(owner) == Role.OWNER


def test_removing_asks_first_and_names_the_person(admin, org):
    reader = new_member(org, Role.READER, "Stefan Ilic")
    browser = signed_in(admin.user)

    question = browser.get(f"/o/{org.slug}/settings/members/{reader.pk}/remove/")
    assert "Remove Stefan Ilic?" in question.content.decode()
    assert Member.objects.filter(pk=reader.pk).exists()

    post_removal(browser, reader)
    assert not Member.objects.filter(pk=reader.pk).exists()


def test_who_is_removed_keeps_the_account_and_the_log_keeps_the_name(admin, org):
    editor = new_member(org, Role.EDITOR, "Stefan Ilic")
    post_role(signed_in(editor.user), editor, Role.OWNER)  # refused, but he was here
    set_role(editor, Role.ADMIN, by=admin)
    set_role(admin, Role.EDITOR, by=editor)
    set_role(admin, Role.ADMIN, by=editor)

    remove_member(editor, by=admin)

    editor.user.refresh_from_db()
    assert editor.user.is_active
    assert AuditEntry.objects.filter(org=org, by=None, by_name="Stefan Ilic").count() == 2
    assert AuditEntry.objects.get(org=org, verb="member.removed").target == editor.user.email


def test_who_gives_up_a_role_is_led_somewhere_that_opens(owner, org):
    other = new_member(org, Role.OWNER)

    page = post_role(signed_in(other.user), other, Role.READER)

    assert page.status_code == 200
    assert page.redirect_chain[-1][0] == f"/o/{org.slug}/"


def test_who_leaves_is_led_somewhere_that_opens(owner, org):
    other = new_member(org, Role.OWNER)

    page = post_removal(signed_in(other.user), other)

    assert page.status_code == 200
    assert "not a member of any organisation yet" in page.content.decode()


def test_a_role_that_was_taken_a_moment_ago_does_nothing_more(admin, owner, org):
    reader = new_member(org, Role.READER)
    Member.objects.filter(pk=admin.pk).update(role=Role.READER)  # `admin` here still believes in the old one

    with pytest.raises(NotAllowed):
        set_role(reader, Role.EDITOR, by=admin)
    with pytest.raises(NotAllowed):
        remove_member(reader, by=admin)

    assert role_of(reader) == Role.READER


def test_a_member_of_another_organisation_is_out_of_reach(owner, org, rival_org):
    foreign = new_member(rival_org, Role.READER)
    browser = signed_in(owner.user)

    for part in ("role", "remove"):
        answer = browser.post(f"/o/{org.slug}/settings/members/{foreign.pk}/{part}/", {"role": "editor"})
        assert answer.status_code == 404
    with pytest.raises(NotAllowed):
        set_role(foreign, Role.EDITOR, by=owner)

    assert role_of(foreign) == Role.READER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one(org):
    owners = [new_member(org, Role.OWNER), new_member(org, Role.OWNER)]
    start = Barrier(2)

    def demote(by, member):
        try:
            start.wait(10)
            set_role(member, Role.READER, by=by)
        except NotAllowed:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(demote, owners, reversed(owners)))

    assert sorted(done) == [False, True]
    assert Member.objects.filter(org=org, role=Role.OWNER).count() == 1


def test_the_list_of_members_costs_the_same_however_long(owner, org, django_assert_num_queries):
    browser = signed_in(owner.user)
    address = f"/o/{org.slug}/settings/members/"
    browser.get(address)
    with django_assert_num_queries(7):  # session, user, membership, members, invitations, switcher, whether a copy
        browser.get(address)
    for _ in range(12):
        new_member(org, Role.READER)

    with django_assert_num_queries(7):
        browser.get(address)
