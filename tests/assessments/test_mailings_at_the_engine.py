"""Mailings of an assessment are planned, sent, seen and stopped at the engine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.mailing_commands import cancel_mailing, create_mailing, refresh_mails
from assessments.mailings import mailings_of, mails_of
from assessments.models import Assessment, Mailings
from qxportal.accounts.models import Credential
from qxportal.engine.mail import mailings as engine_mailings
from qxportal.engine.mail.sending import send_due
from qxportal.engine.models import Assessment as EngineAssessment
from qxportal.engine.models import Brand, Mailing
from qxportal.engine.models import Evaluation as EngineEvaluation
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from tests.support.built_once import built_once
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
@built_once
def round(connected: Connected) -> Assessment:
    engine = connected.engine
    now = timezone.now()
    quiet = now.replace(hour=(now.hour + 12) % 24, minute=0, second=0, microsecond=0).time()
    engine.run(Brand.objects.filter(pk=engine.brand.pk).update, mail="on", quiet_from=quiet, quiet_until=quiet)
    asked = engine.people(4)
    rated = engine.subject(engine.assessment("Leadership review", options={"SelfEvaluation": False}), asked[0])
    engine.evaluation(rated, asked[1], "Peer")
    engine.evaluation(rated, asked[2], "Peer", "InProgress")
    engine.evaluation(rated, asked[3], "Peer", "Completed")
    connected.sync()
    return connected.assessment()


def worked_off(connected: Connected, change: Change) -> Change:
    connected.send()
    while run_next():
        pass
    return connected.settled(change)


def posted(connected: Connected) -> None:
    connected.engine.run(engine_mailings.queue_due, now=timezone.now())
    connected.engine.run(send_due)


def test_the_audience_shown_is_who_is_mailed_then(connected, round):
    shown = [one.name for one in audience_of(connected.admin, round, "Invite").recipients]
    change = worked_off(connected, create_mailing(round, by=connected.admin, kind="Invite"))
    posted(connected)
    refresh_mails(round, by=connected.admin)
    while run_next():
        pass

    mails = mails_of(connected.admin, round)
    assert change.state == "done"
    assert sorted(mails.values_list("person_name", flat=True)) == sorted(shown)
    assert len(shown) == 2
    assert set(mails.values_list("state", flat=True)) == {"sent"}
    (mailing,) = mailings_of(connected.admin, round)
    assert (mailing.state, mailing.sent, mailing.key) == ("sent", 2, change.vendor_id)
    assert audience_of(connected.admin, round, "Invite").recipients == ()

    _ask_for_more(connected)
    connected.sync()
    refresh_mails(round, by=connected.admin)
    while run_next():
        pass
    assert [one.tasks for one in audience_of(connected.admin, round, "Invite").recipients] == [2]


def _ask_for_more(connected: Connected) -> None:
    """One of those who were invited is asked about somebody else, too."""
    invited = connected.engine.run(lambda: EngineEvaluation.objects.filter(status="NotStarted").latest("pk").evaluator)
    assessment = connected.engine.run(EngineAssessment.objects.get)
    another = connected.engine.subject(assessment, connected.engine.person("Nora", "Lind"))
    connected.engine.evaluation(another, invited, "Peer")


def test_a_mailing_is_planned_seen_and_stopped(connected, round):
    at = timezone.now() + timedelta(days=1)
    worked_off(connected, create_mailing(round, by=connected.admin, kind="Reminder", at=at))
    (mailing,) = mailings_of(connected.admin, round)
    assert mailing.state == "planned"

    stopped = worked_off(connected, cancel_mailing(round, mailing, by=connected.admin))

    assert stopped.state == "done"
    assert mailings_of(connected.admin, round)[0].state == "stopped"
    assert connected.engine.run(lambda: Mailing.objects.get().cancelled_at) is not None


def test_mails_that_the_server_keeps_from_its_api_user_are_forgotten(connected, round):
    worked_off(connected, create_mailing(round, by=connected.admin, kind="Reminder"))
    assert Mailings.objects.exists()
    Credential.objects.update(names={"qxGetMails": "noSuchRequest"})

    refresh_mails(round, by=connected.admin)
    while run_next():
        pass

    assert not Mailings.objects.exists()
