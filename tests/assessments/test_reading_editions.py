"""Editions are read with their assessment, by one call, from servers that know them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.editions import facts_of_one, mirror_edition
from assessments.models import Editions, Report, Subject
from assessments.report_commands import fetch_report
from assessments.reports import fetch
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Credential
from qxportal.engine.models import Assessment, Participant, Person, User
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.extensions import GetEditions
from qxportal.threesixty.records.editions import EditionRecord
from tests.support.built_once import built_once
from tests.support.small_form import make_small_form

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(12)
    form = engine.run(make_small_form, engine.api_user.row, "Leadership review form")
    for name in ("Leadership review", "Second review"):
        review = engine.assessment(name, survey=form)
        rated = engine.subject(review, people[0])
        for person in people[2:5]:
            engine.evaluation(rated, person, "Peer", "Completed")
    return people


def subject():
    return Subject.objects.select_related("assessment__org", "org", "person").order_by("pk").first()


def told():
    """The facts of the only subject, which there must be."""
    facts = facts_of_one(subject())
    assert facts is not None
    return facts


def test_a_sync_reads_the_editions_of_each_assessment_with_one_call(connected, scene):
    job = connected.sync()

    assert job.state == Job.State.DONE, job.outcome
    assert len(connected.engine.calls("qxGetEditions")) == 2
    assert Editions.objects.count() == 2
    facts = told()
    assert (facts.edition, facts.minimum, facts.manager) == (0, 3, "none")
    assert [(line.line, line.answered, line.shown) for line in facts.lines if line.kind == "group"] == [("Peer", 3, 0)]


def test_a_fetch_keeps_which_edition_the_report_shows(connected, scene):
    connected.sync()
    connected.engine.run(_done)
    Subject.objects.update(status="Done")

    job = fetch_report(subject(), by=connected.admin, viewer="Admin")
    run(job.pk, fetch)

    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.outcome
    report, facts = Report.objects.get(), told()
    assert (report.edition, facts.edition) == (1, 1)
    assert report.edition_made_at == facts.made_at


def _done():
    Participant.objects.filter(is_subject=True).update(status="Done")


def test_a_server_that_does_not_know_editions_is_asked_once_a_day(connected, scene):
    mirror = {"names": {"qxGetEditions": "noSuchRequest"}}
    Credential.objects.update(**mirror)

    first = connected.sync()
    asked = len(connected.engine.calls("noSuchRequest"))
    Editions.objects.all().delete()
    again = connected.sync()

    assert first.state == again.state == Job.State.DONE
    assert first.failed == again.failed == 0
    assert Subject.objects.count() == 2
    assert 1 <= asked <= 2  # those that were on their way when the first answer came
    assert len(connected.engine.calls("noSuchRequest")) == asked
    assert not may_ask(connected.org, GetEditions)

    credential = Credential.objects.get()
    credential.heard["qxGetEditions"]["at"] = (timezone.now() - timedelta(days=2)).isoformat()
    credential.save(update_fields=["heard"])
    assert may_ask(connected.org, GetEditions)


def test_what_is_remembered_ends_with_the_token_and_the_name(connected, scene):
    Credential.objects.update(names={"qxGetEditions": "noSuchRequest"})
    connected.sync()
    assert not may_ask(connected.org, GetEditions)

    Credential.objects.update(names={})
    assert may_ask(connected.org, GetEditions)
    Credential.objects.update(names={"qxGetEditions": "noSuchRequest"}, token_set_at=timezone.now())
    assert may_ask(connected.org, GetEditions)


def test_facts_of_a_server_that_no_longer_tells_them_are_forgotten(connected, scene):
    connected.sync()
    one = subject()
    mirror_edition(one, EditionRecord(subject_id=one.vendor_id, edition=4), as_of=timezone.now())
    Credential.objects.update(names={"qxGetEditions": "noSuchRequest"})

    connected.sync()

    assert facts_of_one(subject()) is None


def test_facts_that_a_server_refuses_to_tell_are_forgotten(connected, scene):
    connected.sync()
    one = subject()
    mirror_edition(one, EditionRecord(subject_id=one.vendor_id, edition=4), as_of=timezone.now())
    connected.engine.run(Assessment.objects.update, owner=None, public=True)
    connected.engine.run(User.objects.update, is_brand_admin=False)

    job = connected.sync()

    assert job.state == Job.State.DONE, job.outcome
    assert Subject.objects.filter(gone_at=None).count() == 2
    assert facts_of_one(subject()) is None
    assert may_ask(connected.org, GetEditions)


def renders(connected):
    return len(connected.engine.calls("getSubjectReportPDF"))


def fetched(connected, viewer="Admin"):
    """Fetch the report of the first subject; gives how many PDFs the engine made for it."""
    before = renders(connected)
    job = fetch_report(subject(), by=connected.admin, viewer=viewer)
    run(job.pk, fetch)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.outcome
    return renders(connected) - before


def test_what_was_rendered_and_kept_is_not_rendered_again(connected, scene):
    connected.sync()
    engine = connected.engine
    engine.run(Participant.objects.update, status="Done", report_ready=True)

    assert [fetched(connected), fetched(connected)] == [1, 0]
    assert fetched(connected, "Subject") == 1  # another reader's is another PDF
    Report.objects.filter(viewer="Admin").update(file="0" * 32)
    assert fetched(connected) == 1  # the kept file is gone
    engine.run(Person.objects.filter(participations__isnull=False).update, last_name="Renamed")
    assert [fetched(connected), fetched(connected)] == [1, 0]
    assert list(Report.objects.filter(viewer="Admin").order_by("version").values_list("version", flat=True)) == [1, 2]


def test_server_without_keys_renders_each_time(connected, scene):
    connected.sync()
    connected.engine.run(Participant.objects.update, status="Done", report_ready=True)
    Credential.objects.update(names={"qxGetReportKey": "noSuchRequest"})

    assert [fetched(connected), fetched(connected)] == [1, 1]
    assert Report.objects.count() == 1
