"""The portal's own mail: queued, tried again with the same link, replaced, and never sent by a copy."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from qxportal.accounts import portal_mail
from qxportal.accounts.commands import accept_as_new, invite, revoke
from qxportal.accounts.invitation_mail import NotMailed
from qxportal.accounts.models import Invitation, PortalMail
from qxportal.accounts.portal_mail import purge_mails, send_due
from qxportal.accounts.roles import Role
from qxportal.ledger.outbox.fencing import resume
from qxportal.mail.transport import Delivery, deliver
from qxportal.security import instance
from qxportal.security.models import Instance
from tests.support.tenants import new_member, new_user, signed_in

ADDRESS = "tova.berg@ashgrove.example"
BUSY = Delivery(False, temporary=True, reply="421 Too busy")
UNKNOWN = Delivery(False, reply="550 No such user")


@pytest.fixture
def owner(org):
    return new_member(org, Role.OWNER)


@pytest.fixture
def answers(monkeypatch):
    """What the mail server answers to the next mails, after which it takes all; and the mails that were tried."""
    waiting: list[Delivery] = []
    tried: list[EmailMultiAlternatives] = []

    def answer(composed):
        tried.append(composed)
        return waiting.pop(0) if waiting else deliver(composed)

    monkeypatch.setattr(portal_mail, "deliver", answer)
    return waiting, tried


def link_in(composed):
    return re.findall(r"http://\S+", composed.body)[0]


def members_page(owner):
    return signed_in(owner.user).get(f"/o/{owner.org.slug}/settings/members/").content.decode()


def invite_in_vain(owner, address=ADDRESS, match="tried again"):
    with pytest.raises(NotMailed, match=match):
        invite(owner.org, address, Role.EDITOR, by=owner)


def let_time_pass():
    PortalMail.objects.update(not_before=timezone.now())


def test_mail_that_was_put_off_is_tried_again_with_the_same_link(owner, answers):
    waiting, tried = answers
    waiting.append(BUSY)

    invite_in_vain(owner, match="tried again: 421 Too busy")
    assert "421 Too busy" in members_page(owner)
    assert send_due() == 0
    let_time_pass()
    assert send_due() == 1

    first, second = tried
    assert link_in(first) == link_in(second)
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert Client().get(link_in(second)).status_code == 200
    assert "E-mail sent" in members_page(owner)


def test_refused_mail_is_shown_and_sent_anew(owner, answers):
    waiting, tried = answers
    waiting.append(UNKNOWN)

    invite_in_vain(owner, match="refused: 550 No such user")
    assert "550 No such user" in members_page(owner)
    browser, invitation = signed_in(owner.user), Invitation.objects.get()
    browser.post(f"/o/{owner.org.slug}/settings/invitations/{invitation.pk}/resend/")

    old, new = tried
    assert link_in(old) != link_in(new)
    assert Client().get(link_in(old)).status_code == 410
    assert Client().get(link_in(new)).status_code == 200


def test_another_mail_replaces_the_one_that_waits(owner, answers):
    answers[0].append(BUSY)
    invite_in_vain(owner)

    invite(owner.org, ADDRESS, Role.READER, by=owner)
    let_time_pass()

    assert send_due() == 0
    found = PortalMail.objects.order_by("pk").values_list("state", "why")
    assert list(found) == [("cancelled", "replaced"), ("sent", "")]


def test_nobody_is_mailed_who_has_joined_or_is_invited_no_longer(owner, answers):
    answers[0].extend([BUSY, BUSY])
    invite_in_vain(owner)
    invite_in_vain(owner, "bo@ashgrove.example")
    joined, revoked = Invitation.objects.order_by("pk")
    accept_as_new(joined, name="Tova Berg", password="nine-copper-lanterns")
    revoke(revoked, by=owner)
    let_time_pass()

    send_due()

    assert len(answers[1]) == 2
    assert PortalMail.objects.get().why == "ended"


def test_no_link_is_kept(owner):
    invite(owner.org, ADDRESS, Role.EDITOR, by=owner)
    token = link_in(mail.outbox[0]).rstrip("/").rsplit("/", 1)[1]

    assert len(token) > 40
    assert token not in f"{list(PortalMail.objects.values())} {list(Invitation.objects.values())}"


@pytest.mark.django_db(transaction=True)
def test_copy_sends_nothing_and_once_resumed_nothing_of_before(owner, settings, tmp_path):
    settings.INSTANCE = tmp_path / "instance"
    assert instance.may_call()
    Instance.objects.update(epoch=Instance.objects.get().epoch)  # as a restore does: by another transaction
    invite_in_vain(owner, match="this portal is a copy")
    assert send_due() == 0

    resume()
    send_due()

    assert not mail.outbox
    assert "copied or restored" in members_page(owner)


def test_all_mail_goes_to_the_one_address(owner, settings):
    settings.MAIL_ONLY_TO = "everything@ashgrove.example"
    user = new_user("Tova Berg")

    invite(owner.org, ADDRESS, Role.EDITOR, by=owner)
    Client().post("/account/password/reset/", {"email": user.email})

    assert [message.to for message in mail.outbox] == [["everything@ashgrove.example"]] * 2


def test_mail_speaks_the_language_of_the_organisation_or_of_the_invited_user(owner):
    owner.org.language = "de"
    owner.org.save()
    known = new_user("Oskar Lind")
    known.language = "en"
    known.save()

    invite(owner.org, ADDRESS, Role.EDITOR, by=owner)
    invite(owner.org, known.email, Role.EDITOR, by=owner)

    german, english = (message.subject for message in mail.outbox)
    assert english == f"Invitation to {owner.org.name}"
    assert german != english
    assert owner.org.name in german


def test_mail_that_cannot_be_written_does_not_stop_the_others(owner, answers):
    answers[0].extend([BUSY, BUSY])
    invite_in_vain(owner)
    invite_in_vain(owner, "bo@ashgrove.example")
    PortalMail.objects.filter(invitation__email=ADDRESS).update(kind="kind-of-a-newer-release")
    let_time_pass()

    assert send_due() == 2

    assert [message.to for message in mail.outbox] == [["bo@ashgrove.example"]]
    assert PortalMail.objects.get(kind="kind-of-a-newer-release").state == "queued"


def test_settled_mails_are_deleted_in_time(owner):
    invite(owner.org, ADDRESS, Role.EDITOR, by=owner)
    assert purge_mails() == 0
    PortalMail.objects.update(settled_at=timezone.now() - portal_mail.KEPT)

    assert purge_mails() == 1
