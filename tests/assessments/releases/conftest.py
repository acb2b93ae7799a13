"""An assessment whose reports can be released to subjects, managers and a coach."""

import pytest
from django.utils import timezone

from assessments.models import Subject
from assessments.report_access import mirror_access
from directory.models import Person
from tests.support.mirrored_rows import assessment, organisation, people, subjects


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def review(org):
    """Three subjects who are done; the first two report to the boss, and a coach is in the directory."""
    review = assessment(org)
    persons, boss = people(org, 3), people(org, 1, start=20)[0]
    people(org, 1, start=30)
    Person.objects.filter(pk__in=[one.pk for one in persons[:2]]).update(manager_email=boss.email)
    subjects(review, persons)
    Subject.objects.update(status="Done")
    mirror_access(review, [], as_of=timezone.now())
    return review
