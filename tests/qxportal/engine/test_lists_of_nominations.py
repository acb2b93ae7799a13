"""Requests about lists of nominations: many read at once, and an approved one that HR adds to."""

import json

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qxportal.engine.models import Assessment, Evaluation, NominationList, Nominee, OutsideNominee, Participant, Person
from qxportal.engine.nominations import rules
from qxportal.engine.nominations.overview import Entry, overview
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

OPTIONS = {"SubjectsNominate": True, "MinimumEvaluators": 2, "MaximumEvaluators": 6}


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders", options=OPTIONS)


def listed(engine: Engine, subject: Participant, state: str, *nominees: Person) -> NominationList:
    common = {"brand": engine.brand, "assessment": subject.assessment}
    row = engine.run(NominationList.objects.create, subject=subject, state=state, **common)
    for one in nominees:
        engine.run(Nominee.objects.create, brand=engine.brand, list=row, person=one, relationship="Peer")
    return row


def put(call: Caller, subject: Participant, *people: Person) -> None:
    nominees = [{"PersonID": one.public_id, "Relationship": "Peer"} for one in people]
    which = {"ThreeSixtyID": subject.assessment.public_id, "SubjectID": subject.person.public_id}
    call.result("qxSetNominations", **which, Nominees=json.dumps(nominees))


def asked(engine: Engine, subject: Participant) -> list[str]:
    rows = Evaluation.objects.filter(subject=subject).exclude(relationship="Self")
    return engine.run(lambda: sorted(rows.values_list("evaluator__public_id", flat=True)))


@pytest.mark.parametrize(("state", "at_once"), [("Approved", True), ("Submitted", False), ("Open", False)])
def test_who_is_put_on_an_approved_list_is_asked_at_once(
    engine: Engine, call: Caller, review: Assessment, state: str, at_once: bool
):
    anna, ben, dana = engine.people(3)
    subject = engine.subject(review, anna)
    listed(engine, subject, state, ben)
    engine.evaluation(subject, ben)

    put(call, subject, ben, dana)

    assert asked(engine, subject) == sorted([ben.public_id, *([dana.public_id] if at_once else [])])


def test_saving_an_approved_list_asks_nobody_again_who_was_taken_out(engine: Engine, call: Caller, review: Assessment):
    anna, ben, dana = engine.people(3)
    subject = engine.subject(review, anna)
    listed(engine, subject, "Approved", ben)  # whose evaluation HR has removed since

    put(call, subject, ben, dana)

    assert asked(engine, subject) == [dana.public_id]


def test_approved_list_keeps_its_external_people(engine: Engine, call: Caller, review: Assessment):
    anna, ben = engine.people(2)
    subject = engine.subject(review, anna)
    row = listed(engine, subject, "Submitted", ben)
    said = {"first_name": "Zoe", "last_name": "Lind", "email": "zoe@customer.example", "relationship": "Peer"}
    engine.run(OutsideNominee.objects.create, brand=engine.brand, list=row, **said)
    which = {"ThreeSixtyID": review.public_id, "SubjectID": anna.public_id}
    call.result("qxDecideNominations", **which, Decision="Approve")

    answer = call("qxSetNominations", **which, Nominees="[]", WithoutOutside=json.dumps(["zoe@customer.example"]))

    assert answer.status_code >= 400
    assert engine.run(lambda: [one.person_id for one in row.nominees.all()]) == [ben.pk]
    assert len(asked(engine, subject)) == 2


def test_feedback_given_unasked_counts_as_asked_for_from_the_approved_list_on(
    engine: Engine, call: Caller, review: Assessment
):
    anna, ben = engine.people(2)
    subject = engine.subject(review, anna)
    listed(engine, subject, "Approved")
    form = engine.evaluation(subject, ben, status="Completed", unsolicited=True)

    put(call, subject, ben)

    now = engine.refreshed(form)
    assert (now.unsolicited, now.status, now.asked_at is None) == (False, "Completed", False)


def test_overview_tells_of_many_lists_what_each_list_tells(engine: Engine, review: Assessment):
    anna, ben, dana, emil, gone, away = engine.people(6)
    first, second = engine.subject(review, anna), engine.subject(review, ben)
    engine.subject(review, dana)
    listed(engine, first, "Submitted", ben, dana, gone)
    engine.run(Person.objects.filter(pk=gone.pk).update, removed_at=timezone.now())
    engine.run(Person.objects.filter(pk=anna.pk).update, manager=ben)
    for person in (dana, emil, away):
        engine.evaluation(first, person)
    engine.evaluation(second, anna, unsolicited=True)
    engine.run(Participant.objects.filter(person=away).update, removed_at=timezone.now())

    entries = {one.subject.pk: one for one in engine.run(read, review)}

    assert (entries[first.pk].chosen, len(entries[first.pk].nominees)) == (3, 3)  # Ben, Dana and Emil; Gone counts not
    for subject in engine.run(lambda: list(Participant.objects.filter(is_subject=True, assessment=review))):
        one = entries[subject.pk]
        assert one.chosen == engine.run(rules.chosen, subject)
        assert one.rules == engine.run(rules.rules, subject)
        assert one.listed.state == engine.run(rules.list_of, subject).state
        assert one.manager == engine.run(lambda subject=subject: rules.manager_of(subject))


@pytest.mark.parametrize("number", [1, 12])
def test_overview_asks_the_database_as_much_however_many_subjects(engine: Engine, review: Assessment, number: int):
    people = engine.people(number + 1)
    for one in people[:-1]:
        listed(engine, engine.subject(review, one), "Submitted", people[-1])

    def count() -> int:
        with CaptureQueriesContext(connections["engine"]) as queries:
            assert len(read(review)) == number
        return len(queries)

    assert engine.run(count) == 6  # subjects, lists, nominees, those from outside, who was asked, directories


def read(review: Assessment) -> list[Entry]:
    return overview(review.participants.filter(is_subject=True, removed_at=None).order_by("pk"))


def test_people_from_outside_are_told_and_asked_when_hr_approves(engine: Engine, call: Caller):
    review = engine.assessment("Leaders", options={**OPTIONS, "NominationApproval": True})
    anna = engine.people(1)[0]
    subject = engine.subject(review, anna)
    row = listed(engine, subject, "Submitted")
    said = {"first_name": "Zoe", "last_name": "Customer", "email": "zoe@customer.example", "relationship": "Peer"}
    engine.run(OutsideNominee.objects.create, brand=engine.brand, list=row, added_by=anna, **said)
    which = {"ThreeSixtyID": review.public_id}

    (told,) = call.result("qxGetNominations", **which)["Nominations"]
    call.result("qxDecideNominations", **which, SubjectID=anna.public_id, Decision="Approve")

    names = {"FirstName": "Zoe", "LastName": "Customer", "Email": "zoe@customer.example"}
    assert told["Outside"] == [{**names, "Relationship": "Peer", "AddedBy": anna.public_id}]
    assert told["Chosen"] == 1
    made = engine.run(Person.objects.get, email="zoe@customer.example")
    assert asked(engine, subject) == [made.public_id]
