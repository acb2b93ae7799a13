"""From a file to the engine: people, then subjects with all their evaluators from one table."""

import pytest

from assessments.models import Evaluation, Subject
from directory.models import Person
from qxportal.engine.models import Participant
from qxportal.ledger.models import Plan, PlanLine
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
PEOPLE = "Vorname;Nachname;E-Mail;Personal-Nr.;Abteilung\n" + "".join(
    f"{name};Größe;{name.lower()}@staff.example;00{number};Vertrieb\n"
    for number, name in enumerate(("Anna", "Ben", "Cleo", "Dan"))
)
EVALUATORS = (
    "E-Mail\tManager\tPeers\n"
    "anna@staff.example\tben@staff.example\tcleo@staff.example; dan@staff.example\n"
    "ben@staff.example\t\tanna@staff.example\n"
)


def imported(connected, where, cells):
    """The plan of a table that was pasted, previewed and applied with the choices that are suggested."""
    browser = signed_in(connected.admin.user)
    page = browser.post(where, {"pasted": cells}, follow=True)
    page = browser.post(page.request["PATH_INFO"], fields_of(page), follow=True)
    plan = Plan.objects.latest("made_at")
    assert plan.state == Plan.State.READY, text(page)
    applied = browser.post(f"/o/{connected.org.slug}/plans/{plan.pk}/apply/", {"typed": str(plan.acting)})
    assert applied.status_code == 302, text(applied)
    connected.send()
    return plan


def test_file_of_people_and_one_of_subjects_with_their_evaluators(connected, scene):
    connected.sync()
    base = f"/o/{connected.org.slug}"

    people = imported(connected, f"{base}/people/import/", PEOPLE)

    assert set(people.lines.values_list("action", "state")) == {("add", PlanLine.State.DONE)}
    connected.sync()
    anna = Person.objects.get(org=connected.org, email="anna@staff.example")
    assert (anna.last_name, anna.external_reference, anna.department) == ("Größe", "000", "Vertrieb")

    review = connected.assessment()
    evaluators = imported(connected, f"{base}/assessments/{review.pk}/evaluations/import/", EVALUATORS)

    assert list(evaluators.lines.values_list("action", flat=True)) == ["add"] * 6
    assert set(evaluators.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    connected.sync()
    assert {"anna@staff.example", "ben@staff.example"} <= set(Subject.objects.values_list("email", flat=True))
    asked = Evaluation.objects.filter(subject__email="anna@staff.example", gone_at=None).exclude(relationship="Self")
    assert sorted(asked.values_list("evaluator_email", "relationship")) == [
        ("ben@staff.example", "Manager"),
        ("cleo@staff.example", "Peer"),
        ("dan@staff.example", "Peer"),
    ]


def test_list_of_leavers_keeps_answers_and_is_undone(connected, scene):
    engine = connected.engine
    connected.sync()
    review = connected.assessment()
    boss, begun, *_others = Evaluation.objects.filter(org=connected.org).exclude(relationship="Self").order_by("pk")
    [leaver, new] = engine.people(2)
    engine.evaluation(engine.run(scene.participants.get, is_subject=True), leaver)
    connected.sync()
    cells = f"Email\tReplaced by\n{leaver.email}\t{new.email}\n{boss.evaluator_email}\t\n{begun.evaluator_email}\t\n"

    plan = imported(connected, f"/o/{connected.org.slug}/people/leavers/", cells)
    connected.send()
    connected.sync()

    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    left = Evaluation.objects.filter(assessment=review, gone_at=None).exclude(relationship="Self")
    assert {one.evaluator_email: one.status for one in left} == {
        boss.evaluator_email: "Completed",
        begun.evaluator_email: "InProgress",
        new.email: "NotStarted",
    }
    back = undo_plan(plan, by=connected.admin)
    assert sorted(back.lines.values_list("action", flat=True)) == ["add", "remove"]


PARTICIPANTS = (
    "First name\tLast name\tEmail\tRole\n"
    "Nina\tNeu\tnina@staff.example\tSubject\n"
    "\t\t{known}\tSubject\n"
    "\t\t{other}\tParticipant\n"
)


def test_participants_come_with_roles_and_leave_by_undo(connected, scene):
    connected.sync()
    review = connected.assessment()
    taken = set(Subject.objects.values_list("email", flat=True))
    known, other = Person.objects.exclude(email__in=taken).order_by("-pk")[:2]

    plan = imported(
        connected,
        f"/o/{connected.org.slug}/assessments/{review.pk}/participants/import/",
        PARTICIPANTS.format(known=known.email, other=other.email),
    )

    assert set(plan.lines.values_list("action", "state")) == {("add", PlanLine.State.DONE)}
    connected.sync()
    assert {"nina@staff.example", known.email} | taken == set(
        Subject.objects.filter(gone_at=None).values_list("email", flat=True)
    )
    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=connected.admin)
    apply_plan(undoing, by=connected.admin, typed=undoing.acting)
    connected.send()
    assert list(undoing.lines.values_list("action", "state")) == [("remove", PlanLine.State.DONE)] * 3
    there = Participant.objects.filter(removed_at=None).values_list("person__email", flat=True)
    assert not {"nina@staff.example", known.email, other.email} & set(there)


def test_customer_from_outside_is_added_and_asked(connected, scene):
    connected.sync()
    review = connected.assessment()
    about = Subject.objects.get(assessment=review)
    header = "SubjectEmail\tEmail\tFirstName\tLastName\tExternal\tRelationship\n"
    cells = f"{header}{about.email}\tgast@kunde.example\tGast\tKunde\tja\tCustomer\n"

    plan = imported(connected, f"/o/{connected.org.slug}/assessments/{review.pk}/evaluations/import/", cells)
    connected.send()
    connected.sync()

    assert set(plan.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    assert Person.objects.get(org=connected.org, email="gast@kunde.example").external
    asked = Evaluation.objects.get(assessment=review, evaluator_email="gast@kunde.example")
    assert asked.relationship == "Customer"
    plan.refresh_from_db()
    back = undo_plan(plan, by=connected.admin)
    assert sorted(back.lines.values_list("action", flat=True)) == ["remove", "skip"]
