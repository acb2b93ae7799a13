"""Subjects learn neither who gave feedback unasked nor who declined, and lists stay right when people leave."""

import pytest
from django.db.models import Q
from django.utils import timezone

from qxportal.engine.assessments import participants
from qxportal.engine.models import Brand, Evaluation, NominationList, Nominee, Participant, Person
from qxportal.engine.nominations import rules, steps
from qxportal.engine.site import participation
from qxportal.engine.site.choosing import _begin
from tests.support.site_fixture import words

FREE = {"SubjectsNominate": True, "SubjectsChooseRelationship": True, "CompletionVisible": True, "SubjectsRemind": True}


@pytest.fixture(autouse=True)
def mailing(engine, round):
    engine.run(Brand.objects.update, mail="on")


def _set(engine, round, **options) -> None:
    engine.run(type(round.assessment).objects.filter(pk=round.assessment.pk).update, options=options)


def _number(engine, round):
    found = engine.run(lambda: participation.own_round(participation._subjects().get(pk=round.subject.pk)))
    return found.asked, found.finished


def _steps(engine, round, *people, relationship="Peer") -> None:
    subject = engine.run(participation._subjects().get, pk=round.subject.pk)
    for person in people:
        engine.run(steps.add, subject, person, relationship, by=round.anna)
    engine.run(steps.submit, subject, by=round.anna)


def test_a_list_handed_in_tells_nothing_about_feedback_given_before(engine, round, visitor):
    _set(engine, round, **FREE)
    for name in ("Ida", "Jon"):
        engine.evaluation(round.subject, engine.person(name, "Berg"), "Peer")
    given, quiet = engine.person("Uma", "Given"), engine.person("Vic", "Quiet")
    unasked = engine.evaluation(round.subject, given, "DirectReport", "Completed", unsolicited=True)
    assert _number(engine, round) == (3, 0)

    _steps(engine, round, given, quiet)

    assert not engine.refreshed(unasked).unsolicited
    assert _number(engine, round) == (5, 0)
    page = words(visitor(round.anna).get(f"/choose/{round.assessment.public_id}/{round.anna.public_id}/"))
    assert "Uma Given Colleague" in page
    assert "Vic Quiet Colleague" in page
    engine.run(Evaluation.objects.filter(pk=unasked.pk).update, finished_at=timezone.now())  # taken up again
    assert _number(engine, round) == (5, 1)


def test_no_number_and_no_button_says_that_somebody_declined(engine, round):
    _set(engine, round, **FREE)
    for name in ("Ida", "Jon"):
        engine.evaluation(round.subject, engine.person(name, "Berg"), "Peer")
    before = engine.run(lambda: participation.own_round(participation._subjects().get(pk=round.subject.pk)))

    engine.run(Evaluation.objects.exclude(evaluator=round.anna).update, status="Declined", finished_at=timezone.now())

    after = engine.run(lambda: participation.own_round(participation._subjects().get(pk=round.subject.pk)))
    assert (after.asked, after.finished, after.may_remind) == (before.asked, 0, before.may_remind) == (3, 0, True)


def test_who_left_takes_no_place_on_a_list_and_can_be_removed(engine, round, visitor):
    _set(engine, round, SubjectsNominate=True, MinimumEvaluators=2, MaximumEvaluators=2)
    gone, dev = engine.person("Gil", "Gone"), engine.person("Dev", "Patel")
    subject = engine.run(participation._subjects().get, pk=round.subject.pk)
    engine.run(steps.add, subject, gone, "Peer", by=round.anna)
    engine.run(Person.objects.filter(pk=gone.pk).update, removed_at=timezone.now())

    assert engine.run(rules.chosen, subject) == 1
    anna = visitor(round.anna)
    path = f"/choose/{round.assessment.public_id}/{round.anna.public_id}/"
    page = anna.get(path)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    answer = anna.session.post(
        anna.url + path,
        {"csrfmiddlewaretoken": token, "person": gone.public_id, "step": "remove"},
        headers={"Referer": page.url},
        timeout=30,
    )
    assert answer.status_code == 200
    assert not engine.run(Nominee.objects.exists)
    engine.run(steps.add, subject, dev, "Peer", by=round.anna)


@pytest.mark.parametrize("step", ["add", "remove", "submit"])
def test_a_step_that_comes_after_the_approval_is_refused(engine, round, step):
    _set(engine, round, SubjectsNominate=True, NominationApproval=True)
    engine.run(Person.objects.filter(pk=round.anna.pk).update, manager=engine.person("Mona", "Quist"))
    dev = engine.person("Dev", "Patel")
    subject = engine.run(participation._subjects().get, pk=round.subject.pk)
    engine.run(steps.add, subject, dev, "Peer", by=round.anna)
    engine.run(steps.submit, subject, by=round.anna)
    engine.run(steps.approve, subject)

    eve = engine.person("Eve", "Late")
    late = {
        "add": lambda: steps.add(subject, eve, "Peer", by=round.anna),
        "remove": lambda: steps.remove(subject, dev, by=round.anna),
        "submit": lambda: steps.submit(subject, by=round.anna),
    }[step]
    with pytest.raises(steps.StepRefusedError):
        engine.run(late)

    assert engine.run(NominationList.objects.get).state == "Approved"
    assert engine.run(lambda: [one.person_id for one in Nominee.objects.all()]) == [dev.pk]


def test_feedback_begun_unasked_waits_for_whoever_asks_now(engine, round):
    """Both would make the one evaluation of the pair."""
    _set(engine, round, SubjectsNominate=True, UnsolicitedEvaluations=True)
    uma = engine.person("Uma", "Given")
    engine.run(Participant.objects.create, assessment=round.assessment, person=uma, is_subject=False)
    _steps(engine, round, uma)

    found = engine.run(_begin, uma, engine.run(participation._subjects().get, pk=round.subject.pk))

    assert not found.unsolicited
    assert engine.run(Evaluation.objects.filter(evaluator=uma).count) == 1


@pytest.mark.parametrize("again", [False, True])
def test_who_left_the_assessment_may_or_may_not_have_answered(engine, round, visitor, again):
    """The same page and the same numbers, whatever the state of the form of the one who left."""
    worlds, left = [], engine.person("Lea", "Left")
    for status in ("NotStarted", "InProgress", "Completed", "Declined"):
        subject = engine.subject(round.assessment, engine.person("Sub", f"Ject{status}"))
        _set(engine, round, **FREE, MinimumEvaluators=4, MaximumEvaluators=4)
        for name in ("Ida", "Jon", "Kim"):
            engine.evaluation(
                subject, engine.person(name, f"Berg{status}"), "Peer", "Completed" if name == "Ida" else "NotStarted"
            )
        engine.run(Participant.objects.filter(person=left).update, removed_at=None)
        engine.evaluation(subject, left, "Peer", status)
        engine.run(participants.withdraw, round.assessment, Q(person=left), with_evaluations=False)
        about = engine.run(participation._subjects().get, pk=subject.pk)
        if again:
            engine.run(steps.add, about, left, "Peer", by=about.person)
            engine.run(steps.submit, about, by=about.person)
        own = engine.run(participation.own_round, about)
        page = visitor(about.person).get(f"/choose/{round.assessment.public_id}/{about.person.public_id}/?q=lea")
        said = words(page).replace(status, "")
        worlds.append(
            (own.asked, own.may_remind, engine.run(rules.chosen, about), "Lea Left" in said.split("Search")[0])
        )
        finished = own.finished
        assert finished == (2 if status == "Completed" else 1)  # nobody saw who

    assert len(set(worlds)) == 1
    assert worlds[0] == ((4, True, 4, True) if again else (3, True, 3, False))
