"""Rows of imports whose identifier is one person's and whose address is another's: refused with both names."""

import pytest

from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects, text

BOTH = (
    "“Unique identifier” 0000 is that of Amara Okoro (amara.okoro.0@halden.example), but “E-mail address” "
    "bastian.okoro.1@halden.example is that of Bastian Okoro. Correct one of the two cells."
)


@pytest.fixture
def org(db, key_ring):
    return organisation()


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.get()


@pytest.fixture
def staff(org):
    made = people(org, 3)
    for number, person in enumerate(made):
        Person.objects.filter(pk=person.pk).update(raw={"ExternalDataReference": f"000{number}"})
    return list(Person.objects.order_by("vendor_id"))


@pytest.fixture
def review(org, staff):
    made = assessment(org)
    subjects(made, staff[2:])
    return made


def plan_of(org, by, kind, row, **options):
    where = Assessment.objects.get().vendor_id if kind != "people" else ""
    source, rows = {"from": "file", "name": "rows.csv"}, [SourceRow(2, row)]
    return make_plan(org, kind, rows, by=by, title="Import", source=source, options=options, assessment_id=where)


def told(plan):
    [line] = plan.lines.all()
    return line.row, line.action, str(line.reason)


def row_of(with_id, with_address, **more):
    return {"unique_id": with_id.external_reference, "email": with_address.email, **more}


def no_own_identifier(person):
    Person.objects.filter(pk=person.pk).update(raw={})


@pytest.mark.parametrize("match", ["unique_id", "email"])
@pytest.mark.parametrize("existing", ["update", "skip", "update-only"])
@pytest.mark.parametrize("own", [True, False])
def test_people_and_corrections(org, by, review, staff, match, existing, own):
    if not own:
        no_own_identifier(staff[1])
    row = row_of(staff[0], staff[1], first_name="Bastian", last_name="Okoro")

    assert told(plan_of(org, by, "people", row, match=match, existing=existing)) == (2, "refuse", BOTH)


@pytest.mark.parametrize("match", ["unique_id", "email"])
@pytest.mark.parametrize("kind", ["subjects", "participants"])
@pytest.mark.parametrize("own", [True, False])
def test_subjects_and_participants(org, by, review, staff, kind, match, own):
    if not own:
        no_own_identifier(staff[1])

    assert told(plan_of(org, by, kind, row_of(staff[0], staff[1]), match=match)) == (2, "refuse", BOTH)


def test_leavers(org, by, review, staff):
    assert told(plan_of(org, by, "leavers", row_of(staff[0], staff[1]))) == (2, "refuse", BOTH)


def test_evaluators_and_their_subjects(org, by, review, staff):
    subject = {"subject_email": staff[2].email, "relationship": "Peer"}
    turned = {"subject_email": staff[1].email, "subject_unique_id": "0000", "relationship": "Peer"}

    evaluator = plan_of(org, by, "evaluators", subject | row_of(staff[0], staff[1]))
    unclear = plan_of(org, by, "evaluators", turned | {"email": staff[2].email})

    assert told(evaluator) == (2, "refuse", BOTH)
    words = BOTH.replace("Unique identifier", "Subject’s unique identifier")
    assert told(unclear) == (2, "refuse", words.replace("E-mail address", "Subject’s e-mail address"))


def test_either_may_be_the_subject_so_no_subject_sees_the_row(org, by, review, staff):
    reader = browser(org, Role.ADMIN)
    member = Member.objects.get(role=Role.ADMIN)
    subjects(review, staff[:1])
    row = {
        "subject_email": staff[1].email,
        "subject_unique_id": "0000",
        "email": staff[2].email,
        "relationship": "Peer",
    }
    plan = plan_of(org, by, "evaluators", row)
    page = f"/o/halden/plans/{plan.pk}/"
    Plan.objects.get().shared_with.add(member)
    assert "Correct one of the two cells." in text(reader.get(page))

    Member.objects.filter(pk=member.pk).update(person_key=staff[0].vendor_id, person_state=Member.PersonState.PROVEN)

    assert "Correct one of the two cells." not in text(reader.get(page))


@pytest.mark.parametrize("kind", ["subjects", "evaluators", "leavers", "participants"])
def test_an_identifier_with_an_address_that_nobody_has(org, by, review, staff, kind):
    row = {"unique_id": "0000", "email": "amara@new.example", "subject_email": staff[2].email, "relationship": "Peer"}

    words = "The unique id is that of Amara Okoro, whose address is another one."
    assert told(plan_of(org, by, kind, {**row, "first_name": "A", "last_name": "B"}, match="email")) == (
        2,
        "refuse",
        words,
    )


@pytest.mark.parametrize("kind", ["people", "subjects", "evaluators", "leavers", "participants"])
def test_an_address_whose_owner_has_another_identifier(org, by, review, staff, kind):
    row = {"unique_id": "9", "email": staff[1].email, "subject_email": staff[2].email, "relationship": "Peer"}

    words = "bastian.okoro.1@halden.example is the address of Bastian Okoro, who has the unique id 0001."
    assert told(plan_of(org, by, kind, row, match="email")) == (2, "refuse", words)


@pytest.mark.parametrize("match", ["unique_id", "email"])
def test_the_identifier_says_which_of_two_with_one_address_is_meant(org, by, staff, match):
    Person.objects.filter(pk=staff[1].pk).update(email=staff[0].email)
    row = row_of(staff[0], staff[0], **{"metadata:Department": "Optics"})

    plan = plan_of(org, by, "people", row, match=match)

    assert [(line.action, line.key) for line in plan.lines.all()] == [("change", staff[0].vendor_id)]
