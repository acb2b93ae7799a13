"""The earlier round of reports: chosen on its page, statements taken out, and read again from the engine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.earlier_rounds import told_comparison
from assessments.models import Assessment
from assessments.thresholds import mirror_thresholds
from qxportal.accounts.models import Credential
from qxportal.accounts.roles import Role
from qxportal.engine.models import Assessment as Served
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from qxportal.threesixty.records.comparisons import ComparisonRecord, StatementRecord
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from tests.support.mirrored_rows import assessment, browser, organisation, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def review():
    """An assessment that was activated after another one."""
    org, now = organisation(), timezone.now()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    assessment(org, "Leaders before", activated_at=now - timedelta(days=365))
    assessment(org, "Leaders afterwards", activated_at=now)
    return assessment(org, "Leaders now", activated_at=now - timedelta(days=3))


def named(name: str) -> Assessment:
    return Assessment.objects.get(name=name)


def page(review: Assessment) -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/reports/earlier-round/"


def tell(review: Assessment, *, not_compared: tuple[str, ...] = ()) -> None:
    same = StatementRecord(
        question_id="QID1",
        text="Keeps promises",
        earlier_id="QID7",
        earlier_text="Keeps all promises",
        tag="TRUST_1",
        by="Tag",
        same_scale=True,
        compared="QID1" not in not_compared,
    )
    scale = StatementRecord(
        question_id="QID2", text="Decides", earlier_id="QID8", earlier_text="Decides", by="Words", same_scale=False
    )
    told = ComparisonRecord(
        earlier_id=named("Leaders before").vendor_id,
        earlier_name="Leaders before",
        not_compared=not_compared,
        subjects=40,
        subjects_before=31,
        same=(same, scale),
        new=(StatementRecord(question_id="QID3", text="Delegates"),),
        gone=(StatementRecord(question_id="QID9", text="Writes well"),),
    )
    mirror_thresholds(
        review.org, [ThresholdsRecord(assessment_id=review.vendor_id, comparison=told)], as_of=timezone.now()
    )


def test_only_rounds_before_can_be_chosen(review):
    client = browser(review.org, Role.EDITOR)

    shown = client.get(page(review)).content.decode()

    assert "Leaders before (" in shown
    assert "Leaders afterwards (" not in shown
    for wanted in (str(named("Leaders afterwards").pk), str(review.pk), "x", "0"):
        assert client.post(page(review), {"earlier": wanted}).status_code == 422
    assert client.post(page(review), {"earlier": ""}).status_code == 422
    assert client.post(page(review), {"earlier": "9" * 5_000}).status_code == 422
    assert not Change.objects.exists()


def test_choice_is_one_change(review):
    client = browser(review.org, Role.EDITOR)

    answer = client.post(page(review), {"earlier": str(named("Leaders before").pk)})

    assert answer.status_code == 302
    change = Change.objects.get()
    assert (change.request, change.parameters["earlier_id"]) == (
        "qxSetComparison",
        named("Leaders before").vendor_id,
    )
    assert change.expected_values == {"earlier_round": "", "not_compared": []}


def test_statements_are_listed_and_taken_out(review):
    tell(review)
    client, earlier = browser(review.org, Role.EDITOR), str(named("Leaders before").pk)

    said = text(client.get(page(review)))

    assert "1 statement is compared with “Leaders before”." in said
    assert "31 of 40 subjects have a report there." in said
    for words in ("Keeps all promises", "export tag TRUST_1", "Other scale", "Delegates", "Writes well"):
        assert words in said
    assert client.post(page(review), {"earlier": earlier, "listed": "QID1", "statement": "QID1"}).status_code == 422
    assert client.post(page(review), {"earlier": earlier, "listed": ["QID1", "QID404"]}).status_code == 302
    assert Change.objects.get().parameters["not_compared"] == ["QID1"]


def test_statements_stay_out_until_they_are_ticked(review):
    tell(review, not_compared=("QID1",))
    client, earlier = browser(review.org, Role.EDITOR), str(named("Leaders before").pk)

    assert "0 statements are compared" in text(client.get(page(review)))
    assert client.post(page(review), {"earlier": earlier}).status_code == 422
    assert client.post(page(review), {"earlier": earlier, "listed": "QID1", "statement": "QID1"}).status_code == 302
    assert Change.objects.get().parameters["not_compared"] == []


def test_server_that_compares_none_is_not_asked(review):
    heard = {"qxSetComparison": {"outcome": "unknown", "name": "qxSetComparison", "at": "2999-01-01T00:00:00+00:00"}}
    Credential.objects.update(heard=heard)
    client = browser(review.org, Role.EDITOR)

    assert "does not offer this" in text(client.get(page(review)))
    assert client.post(page(review), {"earlier": str(named("Leaders before").pk)}).status_code == 422
    assert not Change.objects.exists()


def test_readers_and_other_organisations_choose_none(review):
    rival = browser(organisation("rival", "Rival"), Role.OWNER)
    given = {"earlier": str(named("Leaders before").pk)}

    assert browser(review.org, Role.READER).post(page(review), given).status_code == 403
    assert rival.post(page(review), given).status_code == 404


def test_round_of_another_organisation_cannot_be_chosen(review):
    other = assessment(organisation("rival", "Rival"), "Theirs", activated_at=timezone.now() - timedelta(days=400))
    client = browser(review.org, Role.EDITOR)

    assert "Theirs" not in client.get(page(review)).content.decode()
    assert client.post(page(review), {"earlier": str(other.pk)}).status_code == 422


def test_choice_reaches_the_engine_and_comes_back(connected: Connected):
    before = connected.engine.assessment("Leaders before")
    rows = Served.objects.filter(pk=before.pk)
    connected.engine.run(rows.update, activated_at=timezone.now() - timedelta(days=365))
    now = connected.engine.assessment("Leaders now", survey=before.survey)
    connected.sync()
    review, client = named("Leaders now"), browser(connected.org, Role.EDITOR)

    client.post(page(review), {"earlier": str(named("Leaders before").pk)})
    connected.send()
    while run_next():
        pass

    assert Change.objects.get().state == "done"
    assert connected.engine.refreshed(now).compared_with_id == before.pk
    told = told_comparison(review)
    assert (told["earlier_name"], told["new"], told["gone"]) == ("Leaders before", [], [])
    assert all(one["by"] == "Question" and one["compared"] for one in told["same"])
    assert "Leaders before" in text(client.get(page(review)))
