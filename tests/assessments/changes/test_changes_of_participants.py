"""Subjects, evaluators and relationships are added and removed by changes; listings prove a removal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments import commands, evaluator_commands, subject_commands
from assessments.models import Evaluation
from directory.models import Person
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from tests.assessments.changes.conftest import executed, send_until_settled
from tests.support import bulk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_subjects_evaluators_and_relationships(connected, scene):
    people = {p.vendor_id: p for p in Person.objects.filter(org=connected.org)}
    by = connected.admin
    newcomers = [p for p in people.values() if not p.subjects.exists()][:2]

    bulk.add_subjects(connected.assessment(), newcomers, by=by)
    connected.send()
    connected.sync()
    subject = connected.subject(person=newcomers[0])
    evaluator_commands.add_evaluators(subject, [(newcomers[1], "Customer"), (newcomers[1], "Peer")][:1], by=by)
    commands.set_relationships(
        connected.assessment(), [{"Name": "Customer"}, {"Name": "Mentor", "Translations": {"FR": "Mentore"}}], by=by
    )
    connected.send()
    connected.sync()

    assert Evaluation.objects.filter(subject=subject, relationship="Customer").count() == 1
    assert [row["Name"] for row in connected.assessment().relationships] == ["Customer", "Mentor"]
    with pytest.raises(ActionRefused, match=r"Customer.*evaluation"):
        commands.set_relationships(connected.assessment(), [{"Name": "Mentor"}], by=by)


def test_removing_a_subject_takes_the_evaluations_given_along_when_asked(connected, scene):
    engine, leaving = connected.engine, connected.subject()
    herself = engine.run(lambda: scene.evaluations.select_related("evaluator").get(relationship="Self").evaluator)
    (other,) = engine.people(1)
    engine.evaluation(engine.subject(scene, other), herself, "Peer", "Completed")
    connected.sync()

    change = subject_commands.remove_subject(leaving, by=connected.admin, remove_evaluations=True)
    send_until_settled(connected, change)

    assert change.state == Change.State.DONE
    assert connected.subject(vendor_id=leaving.vendor_id).gone_at is not None
    gone = Evaluation.objects.exclude(gone_at=None)
    assert set(gone.values_list("evaluator_key", flat=True)) == {leaving.vendor_id}
    connected.sync()
    there = Evaluation.objects.filter(gone_at=None).values_list("subject_key", "relationship")
    about_her = leaving.vendor_id
    assert set(there) == {(about_her, "Manager"), (about_her, "Peer"), (other.public_id, "Self")}


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_list_that_lacks_somebody_by_mistake_does_not_prove_a_removal(connected, scene, seed):
    connected.engine.fault("500-before", request="removePerson")
    connected.engine.fault("shrink", request="getSubjectStatus", seed=seed)
    change = subject_commands.remove_subject(connected.subject(), by=connected.admin, remove_evaluations=False)

    send_until_settled(connected, change)

    assert (change.state, change.last_verify_found) == (Change.State.PERSON, False)
    assert executed(connected, "removePerson") == []


def test_a_removal_without_an_answer_is_done_when_reading_after_reading_lacks_it(connected, scene, settings):
    settings.VERIFY_FIRST = settings.VERIFY_EVERY = timedelta(hours=1)
    connected.engine.fault("500-after", request="removePerson")
    change = subject_commands.remove_subject(connected.subject(), by=connected.admin, remove_evaluations=False)
    steps = []
    for _ in range(3):
        connected.send()
        connected.settled(change)
        steps.append((change.state, change.verify_count))
        Change.objects.update(not_before=timezone.now())

    assert steps == [(Change.State.UNKNOWN, 0), (Change.State.UNKNOWN, 1), (Change.State.DONE, 1)]
