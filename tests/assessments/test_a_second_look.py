"""Subjects that two consistent listings lack are gone when the vendor, asked once more, lacks them too."""

import pytest

from assessments.fetches import pull_subjects
from assessments.models import Subject
from qxportal.threesixty.errors import BadCredential, Rejected, TransientError
from qxportal.threesixty.records import SubjectRecord
from tests.support.mirrored_rows import assessment, organisation

pytestmark = pytest.mark.django_db

PEOPLE = [
    ("P_1", "Amara", "Okoro"),
    ("P_2", "Bastian", "Lindqvist"),
    ("P_3", "Chiara", "Rossi"),
    ("P_4", "Dmitri", "Volkov"),
]
ALL, WITHOUT_ONE = (1, 2, 3, 4), (1, 2, 3)


class Vendor:
    """Lists the subjects of whom it is told the numbers, one answer after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, call):
        assert call.request == "getSubjectStatus"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        listed = [PEOPLE[number - 1] for number in answer]
        return tuple(SubjectRecord(person_id=key, first_name=first, last_name=last) for key, first, last in listed)


@pytest.fixture
def review():
    review = assessment(organisation(), "Leadership review")
    pull_subjects(review, Vendor(ALL))  # type: ignore[arg-type]  # it only lists
    pull_subjects(review, Vendor(WITHOUT_ONE))  # type: ignore[arg-type]
    return review


def read(review, *answers):
    vendor = Vendor(*answers)
    sync = pull_subjects(review, vendor)  # type: ignore[arg-type]
    assert vendor.answers == [], "not asked"
    return sync.gone, set(Subject.objects.filter(gone_at=None).values_list("vendor_id", flat=True))


def test_who_is_not_listed_when_asked_again_is_gone(review):
    assert read(review, WITHOUT_ONE, WITHOUT_ONE) == (1, {"P_1", "P_2", "P_3"})


def test_who_is_listed_when_asked_again_stays_and_is_missing_no_more(review):
    gone, there = read(review, WITHOUT_ONE, ALL)

    assert (gone, len(there)) == (0, 4)
    assert not Subject.objects.exclude(missing_since=None).exists()


@pytest.mark.parametrize(
    "again",
    [[(), ()], [(1, 2), (1, 3)], [TransientError("Not now.")], [Rejected("There is no such assessment.", status=400)]],
    ids=["empty lists", "others are missing", "trouble", "a refusal"],
)
def test_an_answer_that_proves_nothing_removes_nobody(review, again):
    gone, there = read(review, WITHOUT_ONE, *again)

    assert (gone, len(there)) == (0, 4)
    assert Subject.objects.exclude(missing_since=None).count() == 1


def test_an_answer_that_contradicts_the_first_is_asked_for_once_more(review):
    assert read(review, WITHOUT_ONE, (1, 2), WITHOUT_ONE) == (1, {"P_1", "P_2", "P_3"})


def test_a_token_that_is_refused_stops_everything(review):
    with pytest.raises(BadCredential):
        read(review, WITHOUT_ONE, BadCredential("The token is not valid.", status=401))


def test_nobody_is_asked_about_while_nobody_is_missing_twice(review):
    assert read(review, ALL) == (0, {"P_1", "P_2", "P_3", "P_4"})
