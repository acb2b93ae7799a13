"""An archived organisation: closed to members, no syncs, no changes sent, no data lost; and unarchived again."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from assessments.sync import start_due_syncs
from qxportal.accounts.commands import offer
from qxportal.accounts.credentials import NoCredential, client_for
from qxportal.accounts.invitation_mail import link_of, token_of
from qxportal.accounts.models import AuditEntry, Invitation, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.ordering import next_organisation
from tests.kills.fixtures import STATUS, ReviewFixture
from tests.support.tenants import new_member, signed_in


def manage(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("role", list(Role))
def test_members_of_an_archived_organisation_read_that_it_is(member, org, role):
    browser = member(role)
    assert "Archived Ashgrove Optics" in manage("organisation", "archive", org.slug)

    for page in ("", "settings/", "my-reports/", "people/"):
        answer = browser.get(f"/o/{org.slug}/{page}")
        assert answer.status_code == 403
        assert "Ashgrove Optics is archived" in answer.content.decode()
    assert "Ashgrove Optics is archived" in browser.get("/").content.decode()


def test_strangers_do_not_learn_of_it(member, org):
    manage("organisation", "archive", org.slug)

    answer = member(None).get(f"/o/{org.slug}/")

    assert answer.status_code == 404
    assert b"archived" not in answer.content


def test_members_of_another_organisation_go_there(org, rival_org):
    user = new_member(org, Role.OWNER).user
    Member.objects.create(org=rival_org, user=user, role=Role.READER)
    manage("organisation", "archive", org.slug)
    browser = signed_in(user)

    assert browser.get("/").headers["Location"] == f"/o/{rival_org.slug}/"
    page = browser.get(f"/o/{rival_org.slug}/").content.decode()
    assert f"/o/{org.slug}/" not in page


def test_invitations_wait(org):
    invitation = offer(org, "ann@people.example", Role.READER, by=None)
    link = link_of(token_of(invitation))
    manage("organisation", "archive", org.slug)
    assert Client().get(link).status_code == 410
    with pytest.raises(CommandError, match="is archived"):
        manage("member", "add", org.slug, "bo@people.example", "--role", "reader")
    assert Invitation.objects.count() == 1

    manage("organisation", "unarchive", org.slug)

    assert Client().get(link).status_code == 200


def test_what_was_noted(org):
    manage("organisation", "archive", org.slug)
    assert "archived already" in manage("organisation", "archive", org.slug)
    manage("organisation", "unarchive", org.slug)
    assert "is not archived" in manage("organisation", "unarchive", org.slug)

    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["organisation.archived", "organisation.unarchived"]


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_nothing_is_read_or_sent_until_it_is_opened_again(connected):
    fixture = ReviewFixture(connected)
    change = STATUS.make(fixture, 0)
    Job.objects.all().delete()
    manage("organisation", "archive", connected.org.slug)
    mark = len(connected.engine.calls())

    connected.send()
    assert next_organisation(set()) is None
    assert start_due_syncs() == 0
    with pytest.raises(NoCredential), client_for(connected.org, even_if_refused=True):
        pass

    assert len(connected.engine.calls()) == mark
    change.refresh_from_db()
    assert change.state == Change.State.PENDING
    manage("organisation", "unarchive", connected.org.slug)
    connected.org.refresh_from_db()
    connected.send()
    change.refresh_from_db()
    assert change.state == Change.State.DONE
    assert start_due_syncs() == 1
