"""An organisation with enough people for one change of every class at every step, and the changes themselves."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from assessments import commands, evaluator_commands, subject_commands
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.credentials import client_for
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.review import resolve
from qxportal.security.models import Sealed
from qxportal.threesixty.calls.assessments import GetAssessments, GetEvaluationStatus, GetSubjectStatus
from tests.support import bulk
from tests.support.forked_targets import record_import
from tests.support.portal_fixture import Connected
from tests.support.processes import wait_for
from tests.support.small_form import make_small_form

SUBJECTS, PEOPLE = 20, 40


class ReviewFixture:
    """A review with subjects, and people who are not in it."""

    def __init__(self, connected: Connected, *, subjects: int = SUBJECTS, people: int = PEOPLE) -> None:
        self.connected, self.engine, self.org, self.by = connected, connected.engine, connected.org, connected.admin
        staff = self.engine.people(people)
        form = self.engine.run(make_small_form, self.engine.api_user.row, "Leadership review form")
        review = self.engine.assessment("Leadership review", survey=form)
        for person in staff[:subjects]:
            self.engine.subject(review, person)
        connected.sync()
        self.ids = [person.public_id for person in staff]
        self.subjects = subjects

    @property
    def review(self) -> Assessment:
        """The review."""
        return Assessment.objects.select_related("org").get(org=self.org, name="Leadership review")

    def subject(self, number: int) -> Subject:
        """One of the subjects."""
        return self.connected.subject(vendor_id=self.ids[number], assessment=self.review)

    def stranger(self, number: int) -> Person:
        """One of those who are not in the review."""
        return Person.objects.get(org=self.org, vendor_id=self.ids[self.subjects + number])

    def mark(self) -> int:
        """How many calls the engine has heard."""
        return len(self.engine.calls())

    def sent(self, request: str, mark: int) -> int:
        """How often a request arrived since."""
        return len([call for call in self.engine.calls()[mark:] if call.request == request])

    def executed(self, request: str, mark: int) -> int:
        """How often it took effect since."""
        return len([call for call in self.engine.calls()[mark:] if call.request == request and call.executed])

    def await_execution(self, request: str, mark: int) -> None:
        """Wait for the engine, which goes on with what a killed worker sent."""
        wait_for(lambda: self.executed(request, mark), f"{request} to be carried out")

    def decide(self, change: Change, *, carried_out: bool) -> None:
        """What a person does who looked at the vendor."""
        resolve(change, by=self.by, decision="look" if carried_out else "again")

    def check_mirror(self) -> None:
        """What the mirror shows is what the engine has."""
        with client_for(self.org) as threesixty:
            listed = threesixty.call(GetAssessments())
            assert {(one.vendor_id, one.status) for one in listed} == set(
                Assessment.objects.filter(org=self.org, gone_at=None).values_list("vendor_id", "status")
            )
            for row in Assessment.objects.filter(org=self.org, gone_at=None):
                subjects = threesixty.call(GetSubjectStatus(assessment_id=row.vendor_id))
                forms = threesixty.call(
                    GetEvaluationStatus(assessment_id=row.vendor_id, include_evaluation_responses=False)
                )
                there = {"assessment": row, "gone_at": None, "missing_since": None}
                assert {(one.person_id, one.status) for one in subjects} == set(
                    Subject.objects.filter(**there).values_list("vendor_id", "status")
                )
                assert {(one.subject_id, one.evaluator_id, one.relationship) for one in forms} == set(
                    Evaluation.objects.filter(**there).values_list("subject_key", "evaluator_key", "relationship")
                )
        assert not Sealed.objects.exists(), "a file outlived its change"


@dataclass(frozen=True)
class Kind:
    """A kind of change; `make` records the change number so and so."""

    name: str
    request: str
    make: Callable[[ReviewFixture, int], Change]
    again: bool  # may it be sent again unasked?

    def __str__(self) -> str:
        return self.name


def _status(fixture: ReviewFixture, number: int) -> Change:
    subject = fixture.subject(0)
    wanted = "Done" if subject.status == "Waiting" else "Waiting"
    return subject_commands.set_subject_status(subject, by=fixture.by, status=wanted, close_sessions=False)


def _addition(fixture: ReviewFixture, number: int) -> Change:
    return bulk.add_subjects(fixture.review, [fixture.stranger(number)], by=fixture.by).changes.get()


def _creation(fixture: ReviewFixture, number: int) -> Change:
    return commands.create_assessment(
        fixture.org,
        by=fixture.by,
        intent=uuid.uuid4(),
        name=f"Round {number}",
        type="360",
        survey_id="",
        relationships=[],
        workflow_options={},
        people=[fixture.stranger(0)],
    )


def _removal(fixture: ReviewFixture, number: int) -> Change:
    return subject_commands.remove_subject(fixture.subject(number + 1), by=fixture.by, remove_evaluations=True)


def _evaluators(fixture: ReviewFixture, number: int) -> Change:
    return evaluator_commands.add_evaluators(fixture.subject(0), [(fixture.stranger(number), "Peer")], by=fixture.by)


def _file(fixture: ReviewFixture, number: int) -> Change:
    person = fixture.stranger(number)
    file = f"FirstName,LastName,Email\n{person.first_name},{person.last_name},{person.email}\n"
    return record_import(fixture.review, fixture.by, file)


STATUS = Kind("state: status", "setSubjectStatus", _status, again=True)
ADDITION = Kind("natural key: addition", "addPerson", _addition, again=True)
CREATION = Kind("create: creation", "createAssessment", _creation, again=False)
REMOVAL = Kind("destructive: removal", "removePerson", _removal, again=False)
ROWS = Kind("natural key: import of rows", "importPersons", _evaluators, again=True)
FILE = Kind("natural key: import of a sealed file", "importPersons", _file, again=True)
KINDS = [STATUS, ADDITION, CREATION, REMOVAL, ROWS, FILE]
