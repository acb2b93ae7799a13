"""Which subjects are found to be, or may be, a member, of those whom the directory knows and those whom it does not."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.fence import find_out
from assessments.models import Assessment, Subject
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.searching import folded
from tests.support.mirrored_rows import assessment, organisation, people, subjects

pytestmark = pytest.mark.django_db

State = Member.PersonState


def member(org: Organisation, name: str, **fields: Any) -> Member:
    user = User.objects.create_user(f"{org.pk}@home.example", name=name)
    return Member.objects.create(org=org, user=user, role=Role.EDITOR, **fields)


def unknown(of: Assessment, name: str, email: str = "") -> Subject:
    """A subject whom the directory does not know."""
    first, last = name.split()
    return Subject.objects.create(
        org=of.org,
        assessment=of,
        vendor_id=email or name,
        first_name=first,
        last_name=last,
        email=email,
        seen_at=timezone.now(),
        search=folded(f"{name} {email}"),
        sort_name=folded(f"{last} {first}"),
    )


@pytest.mark.parametrize(
    ("name", "alike"),
    [("Nadia Brandt", "Nadia Brand"), ("Nadia O_Hara", "Nadia OxHara"), ("Zoë Strauß", "Zoë Straub")],
)
@pytest.mark.parametrize("state", [State.UNSAID, State.NOBODY])
def test_subjects_whom_the_directory_does_not_know_are_found(name, alike, state):
    org, rival = organisation(), organisation("tarn", "Tarn Works")
    review, theirs = assessment(org), assessment(rival, vendor_id="TS_theirs")
    one = member(org, name, person_state=state)
    at_address = unknown(review, "Some Body", one.user.email)
    of_name = unknown(review, name, "other@elsewhere.example")
    unknown(review, alike)
    unknown(theirs, name, one.user.email)

    found = find_out(one).subjects

    assert found == {at_address.pk, *([of_name.pk] if state == State.UNSAID else [])}


def test_subjects_whom_the_directory_knows_are_found_by_their_person_alone(django_assert_num_queries):
    org = organisation()
    first, second = assessment(org, "Spring"), assessment(org, "Autumn")
    own, other = people(org, 2)
    one = member(org, "Any Body", person_key=own.vendor_id, person_state=State.CONFIRMED, person_at=timezone.now())
    mine = [*subjects(first, [own]), *subjects(second, [own])]
    subjects(first, [other])
    Subject.objects.filter(pk=mine[1].pk).update(vendor_id="P_renamed")

    with django_assert_num_queries(3):  # the person, who is alike, the subjects
        fence = find_out(one)

    assert fence.subjects == {row.pk for row in mine}
    assert fence.keys == {one.user.email, own.vendor_id, own.email, "P_renamed"}
    assert fence.assessments == {first.vendor_id: first.pk, second.vendor_id: second.pk}
    assert fence.names == {str(own)}
    assert fence.assessment_names == {"Spring", "Autumn"}
