"""Subjects and evaluations that the mirror cannot keep are named where they are missing, and on Home."""

import re

import pytest
from django.utils import timezone

from assessments.fetches import pull_subjects
from assessments.mirror import mirror_evaluations
from assessments.models import Evaluation
from qxportal.accounts.roles import Role
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records import EvaluationRecord, SubjectRecord
from tests.support.mirrored_rows import assessment, browser, organisation, text

pytestmark = pytest.mark.django_db


class Vendor:
    """Lists two subjects, one of whom cannot be kept."""

    def call(self, _call):
        return (
            SubjectRecord(person_id="P_1", first_name="Amara", last_name="Okoro", email="amara.okoro@halden.example"),
            SubjectRecord(person_id="P_2", first_name="Bastian", last_name="Lind\x00qvist"),
        )


def test_a_subject_who_cannot_be_kept_is_named_above_the_others():
    org = organisation()
    review = assessment(org, "Leadership review")
    pull_subjects(review, Vendor())  # type: ignore[arg-type]  # it only lists
    reader = browser(org, Role.READER)

    page, home = reader.get(f"/o/halden/assessments/{review.pk}/subjects/"), reader.get("/o/halden/")

    assert "Okoro" in text(page)
    assert re.search("The last sync skipped 1 record .* cannot be stored. P_2 · NUL", text(page))
    assert f'href="/o/halden/assessments/{review.pk}/subjects/#quarantined"' in home.content.decode()
    assert "Subjects of Leadership review" in text(home)


def test_an_evaluation_that_cannot_be_kept_is_named_above_the_others():
    org = organisation()
    review = assessment(org, "Leadership review")
    record = EvaluationRecord(
        subject_id="P_1", evaluator_id="P_2", evaluator_last_name="L" * 300, relationship="Peer", status="NotStarted"
    )
    as_of = timezone.now()
    merged = mirror_evaluations(review, [record], as_of=as_of)
    listing, scope = f"evaluations:{review.vendor_id}", {"assessment_id": review.pk}
    complete_sync(Evaluation, org, listing, merged, as_of=as_of, scope=scope, confirm=list)
    reader = browser(org, Role.READER)

    page, home = reader.get(f"/o/halden/assessments/{review.pk}/evaluations/"), reader.get("/o/halden/")

    assert re.search(
        "The last sync skipped 1 record .* longer than 200 characters. .* · evaluator_last_name", text(page)
    )
    assert "Evaluations of Leadership review" in text(home)


def test_a_reading_of_an_assessment_that_nobody_knows_any_more_has_no_page():
    org = organisation()
    assessment(org)
    ResourceSync.objects.create(org=org, resource="subjects:TS_gone", problem="The listing came back empty.")

    assert "Subjects of an unknown assessment" in text(browser(org, Role.READER).get("/o/halden/"))
