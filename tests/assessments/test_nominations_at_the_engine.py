"""What HR does to lists of nominations arrives at the engine, and what its people did there is not overwritten."""

import pytest

from assessments.audience import audience_of
from assessments.models import Nominations
from assessments.nomination_commands import Wanted, decide_nominations, set_nominations
from assessments.nominations import has_nominations, list_of
from directory.models import Person
from qxportal.accounts.models import Credential
from qxportal.engine.models import Assessment as EngineAssessment
from qxportal.engine.models import Evaluation as EngineEvaluation
from qxportal.engine.models import NominationList as EngineList
from qxportal.engine.models import Person as EnginePerson
from qxportal.engine.nominations import rules, steps
from tests.support.built_once import built_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
OPTIONS = {"SubjectsNominate": True, "NominationApproval": True, "MinimumEvaluators": 2, "MaximumEvaluators": 3}


@pytest.fixture
@built_once
def nominating_round(connected):
    """Anna chooses, Mia Stone is the manager and approves, and there are four more people."""
    engine = connected.engine
    boss, anna = engine.person("Mia", "Stone"), engine.person("Anna", "Berger")
    engine.run(EnginePerson.objects.filter(pk=anna.pk).update, manager=boss)
    engine.people(4)
    options = {**OPTIONS, "SelfEvaluation": False}
    rated = engine.subject(engine.assessment("Leadership review", options=options), anna)
    connected.sync()
    return rated


def worked_off(connected, change) -> str:
    connected.send()
    state = str(connected.settled(change).state)
    connected.sync()
    return state


def others(connected, count: int) -> list[Wanted]:
    known = Person.objects.exclude(first_name__in=("Mia", "Anna")).order_by("pk")[:count]
    return [Wanted(one.vendor_id, str(one), "Peer") for one in known]


def test_hr_chooses_submits_sends_back_approves_and_reopens(connected, nominating_round):
    by = connected.admin
    seen = list_of(connected.subject())
    assert seen is not None
    assert (seen.state, seen.turn, seen.manager, seen.minimum, seen.chosen) == ("Open", "Subject", "Mia Stone", 2, 0)

    assert worked_off(connected, set_nominations(connected.subject(), others(connected, 2), by=by)) == "done"
    assert worked_off(connected, decide_nominations(connected.subject(), "Submit", by=by)) == "done"
    submitted = list_of(connected.subject())
    assert submitted is not None
    assert (submitted.state, submitted.turn, submitted.chosen) == ("Submitted", "Manager", 2)
    back = decide_nominations(connected.subject(), "SendBack", by=by, reason="One more")
    assert worked_off(connected, back) == "done"
    sent_back = list_of(connected.subject())
    assert sent_back is not None
    assert (sent_back.state, sent_back.turn, sent_back.reason) == ("SentBack", "Subject", "One more")
    assert connected.engine.run(EngineEvaluation.objects.count) == 0

    worked_off(connected, decide_nominations(connected.subject(), "Submit", by=by))
    assert worked_off(connected, decide_nominations(connected.subject(), "Approve", by=by)) == "done"
    assert connected.engine.run(EngineEvaluation.objects.count) == 2
    reopened = decide_nominations(connected.subject(), "Reopen", by=by, reason="Two left")
    assert worked_off(connected, reopened) == "done"
    final = list_of(connected.subject())
    assert final is not None
    assert (final.state, final.reason, final.missing) == ("Open", "Two left", 0)
    assert connected.engine.run(EngineEvaluation.objects.count) == 2


def test_what_the_subject_did_meanwhile_is_not_overwritten(connected, nominating_round):
    change = set_nominations(connected.subject(), others(connected, 2), by=connected.admin)
    added = connected.engine.run(EnginePerson.objects.get, first_name="Mia")
    connected.engine.run(steps.add, nominating_round, added, "Peer", by=nominating_round.person)
    connected.sync()

    connected.send()

    held = connected.settled(change)
    assert held.state == "person"
    assert [row["field"] for row in held.conflict] == ["nominees"]
    assert connected.engine.run(lambda: [one.person_id for one in EngineList.objects.get().nominees.all()]) == [
        added.pk
    ]


def test_refusal_of_the_engine_is_kept_with_its_words(connected, nominating_round):
    change = set_nominations(connected.subject(), others(connected, 2), by=connected.admin)
    connected.engine.run(EngineAssessment.objects.update, status="Closed")

    connected.send()

    refused = connected.settled(change)
    assert refused.state == "refused"
    assert "no longer collected" in str(refused.status_message)


def test_audience_is_whom_the_engine_would_mail(connected, nominating_round):
    shown = {one.key for one in audience_of(connected.admin, connected.assessment(), "Nominate").recipients}

    waiting = connected.engine.run(rules.waiting, nominating_round.assessment, approval=False)
    ids = EnginePerson.objects.filter(pk__in=waiting).values_list("public_id", flat=True)
    assert shown == set(connected.engine.run(lambda: list(ids)))
    assert len(shown) == 1


def test_server_without_nominations_is_read_all_the_same(connected, nominating_round):
    assert has_nominations(connected.assessment())
    Credential.objects.update(names={"qxGetNominations": "noSuchRequest"})

    job = connected.sync()

    assert (job.state, job.failed) == ("done", 0)
    assert not has_nominations(connected.assessment())
    assert not Nominations.objects.exists()


def test_lists_are_forgotten_once_nobody_chooses(connected, nominating_round):
    connected.engine.run(EngineAssessment.objects.update, options={"SelfEvaluation": False})

    connected.sync()

    assert not has_nominations(connected.assessment())
    assert not Nominations.objects.exists()
