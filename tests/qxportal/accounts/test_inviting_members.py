"""Inviting people, accepting, taking back; what an invitation cannot be used for."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from qxportal.accounts.commands import NotAllowed, accept, invite
from qxportal.accounts.models import AuditEntry, Invitation, Member, User
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, new_user, signed_in

PASSWORD = "nine-copper-lanterns"
ADDRESS = "tova.berg@ashgrove.example"


@pytest.fixture
def owner(org):
    """The organisation's first owner."""
    return new_member(org, Role.OWNER)


def post_invitation(browser, org, email=ADDRESS, role=Role.EDITOR):
    return browser.post(f"/o/{org.slug}/settings/members/invite/", {"email": email, "role": role})


def link():
    """Where the link of the last mail leads."""
    found = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found[0]).path


def join(browser, address, **fields):
    return browser.post(address, {"name": "Tova Berg", "password": PASSWORD, **fields})


def test_an_invitation_is_mailed_and_noted(owner, org):
    browser = signed_in(owner.user)

    post_invitation(browser, org)

    (message,) = mail.outbox
    assert message.to == [ADDRESS]
    assert org.name in message.subject
    assert "Editor" in message.body
    entry = AuditEntry.objects.get(org=org, verb="member.invited")
    assert (entry.by, entry.target) == (owner, ADDRESS)
    assert ADDRESS in browser.get(f"/o/{org.slug}/settings/members/").content.decode()


def test_the_link_itself_is_kept_nowhere(owner, org):
    post_invitation(signed_in(owner.user), org)
    token = link().split("/")[-2]

    assert token not in str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))
    assert token not in signed_in(owner.user).get(f"/o/{org.slug}/settings/members/").content.decode()


def test_somebody_new_joins_with_a_name_and_a_password(client, owner, org):
    post_invitation(signed_in(owner.user), org)

    assert org.name in client.get(link()).content.decode()
    answer = join(client, link())

    assert answer["Location"] == f"/o/{org.slug}/"
    member = Member.objects.get(org=org, user__email=ADDRESS)
    assert (member.role, member.user.name) == (Role.EDITOR, "Tova Berg")
    assert client.get(f"/o/{org.slug}/").status_code == 200
    assert Client().post("/account/login/", {"login": ADDRESS, "password": PASSWORD}).status_code == 302
    assert AuditEntry.objects.filter(org=org, verb="member.joined", by=member).exists()


def test_opening_the_link_alone_joins_nobody(client, owner, org):
    post_invitation(signed_in(owner.user), org)

    client.get(link())
    client.head(link())

    assert not User.objects.filter(email=ADDRESS).exists()


def test_somebody_with_an_account_signs_in_and_accepts(owner, org):
    known = new_user("Tova Berg", password=PASSWORD)
    post_invitation(signed_in(owner.user), org, email=known.email.upper())
    browser = Client()

    page = browser.get(link()).content.decode()
    assert "Sign in to accept" in page
    assert 'type="password"' not in page
    browser.post("/account/login/", {"login": known.email, "password": PASSWORD})
    browser.post(link())

    assert Member.objects.get(org=org, user=known).role == Role.EDITOR


def test_the_link_does_not_set_a_password_for_an_account_that_exists(owner, org):
    known = new_user("Tova Berg", password=PASSWORD)
    post_invitation(signed_in(owner.user), org, email=known.email)

    join(Client(), link(), password="another-long-password")

    known.refresh_from_db()
    assert known.check_password(PASSWORD)
    assert not Member.objects.filter(user=known).exists()


def test_nobody_accepts_the_invitation_of_another(owner, org):
    post_invitation(signed_in(owner.user), org)
    other = new_user("Oskar Lind")

    page = signed_in(other).post(link())

    assert "You are signed in as" in page.content.decode()
    assert not Member.objects.filter(user=other).exists()


def test_a_link_works_once(client, owner, org):
    post_invitation(signed_in(owner.user), org)
    join(client, link())

    again = Client().get(link())

    assert again.status_code == 410
    assert "no longer valid" in again.content.decode()


def test_accepting_twice_at_once_makes_one_member(owner, org):
    known = new_user("Tova Berg")
    invitation = invite(org, known.email, Role.EDITOR, by=owner)

    accept(invitation, known)
    with pytest.raises(NotAllowed):
        accept(invitation, known)

    assert Member.objects.filter(org=org, user=known).count() == 1


@pytest.mark.parametrize("password", ["short", "1234567890123", "tova-berg-1", ADDRESS])
def test_a_weak_password_does_not_join(client, owner, org, password):
    post_invitation(signed_in(owner.user), org)

    assert join(client, link(), password=password).status_code == 422
    assert not User.objects.filter(email=ADDRESS).exists()


def test_an_old_link_has_ended(client, owner, org):
    post_invitation(signed_in(owner.user), org)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.get(link()).status_code == 410
    assert join(client, link()).status_code == 410
    assert "Editor, expired on" in signed_in(owner.user).get(f"/o/{org.slug}/settings/members/").content.decode()


def test_an_invented_link_has_ended_too(client, db):
    assert client.get("/join/not-a-token-of-ours/").status_code == 410


def test_an_invitation_taken_back_ends(client, owner, org):
    browser = signed_in(owner.user)
    post_invitation(browser, org)

    browser.post(f"/o/{org.slug}/settings/invitations/{Invitation.objects.get().pk}/revoke/")

    assert client.get(link()).status_code == 410
    assert AuditEntry.objects.filter(org=org, verb="member.invitation-revoked", target=ADDRESS).exists()


def test_mailing_again_ends_the_link_before(client, owner, org):
    browser = signed_in(owner.user)
    post_invitation(browser, org)
    first = link()

    browser.post(f"/o/{org.slug}/settings/invitations/{Invitation.objects.get().pk}/resend/")

    assert client.get(first).status_code == 410
    assert client.get(link()).status_code == 200
    assert Invitation.objects.get().role == Role.EDITOR


def test_a_member_is_not_invited_again(owner, org):
    known = new_member(org, Role.READER)

    page = post_invitation(signed_in(owner.user), org, email=known.user.email.upper())

    assert page.status_code == 422
    assert "is already a member" in page.content.decode()
    assert mail.outbox == []


def test_a_mail_that_cannot_be_sent_is_told_and_can_be_sent_later(owner, org, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    browser = signed_in(owner.user)

    page = browser.post(f"/o/{org.slug}/settings/members/invite/", {"email": ADDRESS, "role": "editor"}, follow=True)

    assert "the e-mail could not be sent" in page.content.decode()
    assert Invitation.objects.filter(email=ADDRESS).exists()


def test_a_line_break_in_a_name_does_not_reach_the_mail_head(owner, org):
    org.name = "Ashgrove\nBcc: everybody@people.example"
    org.save()

    post_invitation(signed_in(owner.user), org)

    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == [ADDRESS]


def test_an_admin_does_not_invite_owners(org):
    browser = signed_in(new_member(org, Role.ADMIN).user)

    assert post_invitation(browser, org, role=Role.OWNER).status_code == 422
    assert 'value="owner"' not in browser.get(f"/o/{org.slug}/settings/members/").content.decode()
    assert mail.outbox == []


def test_an_admin_does_not_touch_the_invitation_of_an_owner(owner, org):
    post_invitation(signed_in(owner.user), org, role=Role.OWNER)
    invitation = Invitation.objects.get()
    browser = signed_in(new_member(org, Role.ADMIN).user)

    browser.post(f"/o/{org.slug}/settings/invitations/{invitation.pk}/revoke/")
    browser.post(f"/o/{org.slug}/settings/invitations/{invitation.pk}/resend/")
    post_invitation(browser, org, role=Role.READER)

    invitation.refresh_from_db()
    assert invitation.role == Role.OWNER
    assert len(mail.outbox) == 1


def test_an_unknown_role_is_refused(owner, org):
    assert post_invitation(signed_in(owner.user), org, role="emperor").status_code == 422


def test_a_rival_does_not_reach_our_invitations(owner, org, member, rival_org):
    post_invitation(signed_in(owner.user), org)
    invitation = Invitation.objects.get()
    rival = member(Role.OWNER, org=rival_org)

    for verb in ("revoke", "resend"):
        answer = rival.post(f"/o/{rival_org.slug}/settings/invitations/{invitation.pk}/{verb}/")
        assert answer.status_code == 404

    assert Invitation.objects.filter(pk=invitation.pk).exists()
    assert len(mail.outbox) == 1
