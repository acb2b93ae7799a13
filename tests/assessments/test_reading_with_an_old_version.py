"""A credential of version 2.0, or of the protocol before there were versions: what the API has of it is read."""

import pytest
from django.contrib.auth.hashers import make_password

from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.credentials import save_credential
from qxportal.engine.models import User
from qxportal.ledger.jobs.connection_test import ask, start_test
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job
from surveys.models import Survey
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
PASSWORD = "winter-harbour-2026"


@pytest.fixture(params=["2.0", "1.0"], ids=["first version", "oldest protocol"])
def old(connected, request):
    """The organisation, with such a credential."""
    engine, user = connected.engine, connected.engine.api_user
    engine.people(5)
    engine.assessment("Leaders")
    engine.run(lambda: User.objects.filter(pk=user.row.pk).update(password_hash=make_password(PASSWORD)))
    secret = PASSWORD if request.param == "1.0" else user.token
    save_credential(
        connected.org, by=None, host=engine.url, api_user=user.user_name, version=request.param, token=secret
    )
    return connected


def test_a_connection_is_tried_with_what_the_version_has(old):
    job = start_test(old.org, by=old.admin)

    run(job.pk, ask)

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert [(str(item), item.ok) for item in job.items.all()] == [("List of people", True), ("List of surveys", True)]


def test_people_and_surveys_are_read_and_the_words_say_what_is_not(old):
    job = old.sync()

    assert (job.state, job.done, job.total) == (Job.State.DONE, 2, 2)
    assert "cannot list assessments" in str(job.outcome)
    assert (Person.objects.count(), Survey.objects.count(), Assessment.objects.count()) == (5, 1, 0)
    assert {call.code for call in old.engine.calls()} == {200}


def test_the_page_takes_the_oldest_kind_with_a_password(connected):
    form = {"host": connected.engine.url, "api_user": connected.engine.api_user.user_name, "version": "1.0"}

    answer = signed_in(connected.admin.user).post(
        f"/o/{connected.org.slug}/settings/credential/", {**form, "token": PASSWORD}
    )

    assert answer.status_code == 302
    connected.org.credential.refresh_from_db()
    assert (connected.org.credential.version, connected.org.credential.usable) == ("1.0", True)
