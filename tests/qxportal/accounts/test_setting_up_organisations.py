"""The first organisation of an installation and its owner, made on the command line."""

import io
import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from qxportal.accounts.models import AuditEntry, Invitation, Member, Organisation, User
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, new_user

pytestmark = pytest.mark.django_db

OWNER = "ines.ferreira@halden.example"


def manage(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def create(*more, name="Halden Group", slug="halden", owner=OWNER):
    return manage("organisation", "create", name, "--slug", slug, "--owner", owner, *more)


def link_in(text):
    found = re.search(r"http://\S+/join/\S+", text)
    assert found
    return urlsplit(found[0]).path


def test_a_new_owner_gets_a_link_by_mail_and_sets_the_password(client):
    said = create("--time-zone", "Europe/Oslo")

    assert "Created the organisation Halden Group at /o/halden/." in said
    assert "/join/" not in said
    (message,) = mail.outbox
    assert message.to == [OWNER]
    page = client.get(link_in(message.body))
    assert "is invited to join Halden Group. Role: Owner." in " ".join(page.content.decode().split())
    client.post("/join/", {"name": "Ines Ferreira", "password": "nine-copper-lanterns"})
    member = Member.objects.get(org__slug="halden")
    assert (member.role, member.user.email, member.org.time_zone) == (Role.OWNER, OWNER, "Europe/Oslo")
    assert client.get("/o/halden/settings/credential/").status_code == 200
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs == {"organisation.created", "member.invited", "member.joined"}


def test_the_link_is_printed_where_no_mail_is_wanted(client):
    path = link_in(create("--print-link"))

    assert mail.outbox == []
    assert client.post(path, {"name": "Ines", "password": "nine-copper-lanterns"}).status_code == 302
    assert Client().get(path).status_code == 410
    assert Member.objects.get().role == Role.OWNER


def test_an_account_that_exists_becomes_the_owner_at_once():
    known = User.objects.create_user(OWNER, "nine-copper-lanterns")

    said = create(owner=OWNER.upper())

    assert "has an account and is now owner of Halden Group" in said
    assert Member.objects.get(user=known).role == Role.OWNER
    assert mail.outbox == []


def test_repeating_it_changes_nothing():
    create()
    before = Invitation.objects.values().get()

    said = create()

    assert "already exists" in said
    assert "--again replaces its link" in said
    assert Invitation.objects.values().get() == before
    assert len(mail.outbox) == 1
    create("--again")
    assert len(mail.outbox) == 2
    assert Client().get(link_in(mail.outbox[0].body)).status_code == 410
    assert Client().get(link_in(mail.outbox[1].body)).status_code == 200


def test_repeating_it_once_the_owner_is_there_changes_nothing():
    User.objects.create_user(OWNER)
    create()

    assert "is already owner of Halden Group" in create()
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "Hal den"}, "is invalid"),
        ({"slug": "Halden"}, "lower case"),
        ({"slug": "h" * 61}, "at most 60"),
        ({"owner": "ines"}, "is not an e-mail address"),
        ({"name": "  "}, "1 to 200 printable characters"),
        ({"name": "Halden\nGroup"}, "printable"),
        ({"slug": "ashgrove"}, "belongs to the organisation Ashgrove Optics"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words_and_leaves_nothing(org, wrong, words):
    with pytest.raises(CommandError, match=words):
        create(**wrong)
    with pytest.raises(CommandError, match="Unknown time zone Mars/Olympus"):
        create("--time-zone", "Mars/Olympus")

    assert list(Organisation.objects.all()) == [org]
    assert not Invitation.objects.exists()


def test_a_mail_that_cannot_be_sent_is_told_and_made_up_for(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    with pytest.raises(CommandError, match="--print-link"):
        create()

    assert link_in(create("--print-link"))


def test_members_are_added_or_invited(org):
    known = new_user()

    said = manage("member", "add", org.slug, known.email, "--role", "editor")
    manage("member", "add", org.slug, OWNER, "--role", "reader")

    assert "is now editor of Ashgrove Optics" in said
    assert Member.objects.get(user=known).role == Role.EDITOR
    assert Invitation.objects.get(email=OWNER).role == Role.READER
    assert [message.to for message in mail.outbox] == [[OWNER]]


def test_members_keep_the_role_that_they_have(org):
    there = new_member(org, Role.READER)

    assert "already" in manage("member", "add", org.slug, there.user.email, "--role", "reader")
    with pytest.raises(CommandError, match=r"is already a member, as reader. `member role` changes roles"):
        manage("member", "add", org.slug, there.user.email, "--role", "owner")

    there.refresh_from_db()
    assert there.role == Role.READER


def test_an_unknown_organisation_is_named_with_those_there_are(org):
    with pytest.raises(CommandError, match=r"Unknown organisation nowhere. Known: ashgrove"):
        manage("member", "add", "nowhere", OWNER, "--role", "owner")


def test_roles_are_changed_and_members_removed(org):
    owner, editor = new_member(org, Role.OWNER), new_member(org, Role.EDITOR)

    said = manage("member", "role", org.slug, editor.user.email.upper(), "--role", "auditor")

    assert f"{editor.user.email} is now auditor of Ashgrove Optics." in said
    assert "is already auditor" in manage("member", "role", org.slug, editor.user.email, "--role", "auditor")
    before, editor.releases_since = editor.releases_since, Member.objects.get(pk=editor.pk).releases_since
    assert editor.releases_since > before
    assert "is no longer a member" in manage("member", "remove", org.slug, editor.user.email)
    assert list(Member.objects.all()) == [owner]
    assert User.objects.filter(pk=editor.user_id).exists()
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["member.role-changed", "member.removed"]


@pytest.mark.parametrize("words", [("remove",), ("role", "--role", "admin")])
def test_the_last_owner_stays(org, words):
    owner = new_member(org, Role.OWNER)
    action, *more = words

    with pytest.raises(CommandError, match="is the only owner of Ashgrove Optics"):
        manage("member", action, org.slug, owner.user.email, *more)

    owner.refresh_from_db()
    assert owner.role == Role.OWNER
    new_member(org, Role.OWNER)
    manage("member", action, org.slug, owner.user.email, *more)
    assert Member.objects.filter(org=org, role=Role.OWNER).count() == 1


def test_open_invitations_change_and_end_like_members(org):
    manage("member", "add", org.slug, OWNER, "--role", "reader")

    manage("member", "role", org.slug, OWNER, "--role", "admin")
    assert Invitation.objects.get().role == Role.ADMIN

    assert "was revoked" in manage("member", "remove", org.slug, OWNER)
    assert not Invitation.objects.exists()
    with pytest.raises(CommandError, match="is not a member of Ashgrove Optics"):
        manage("member", "remove", org.slug, OWNER)


def test_a_member_elsewhere_is_no_member_here(org, rival_org):
    there = new_member(rival_org, Role.READER)

    for words in (("remove", org.slug, there.user.email), ("role", org.slug, there.user.email, "--role", "owner")):
        with pytest.raises(CommandError, match="is not a member of Ashgrove Optics"):
            manage("member", *words)

    there.refresh_from_db()
    assert there.role == Role.READER
