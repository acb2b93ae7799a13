"""Versions of the groups of reports: who set which when, looked at, and put back while no report was given."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.handlers import CHANGE_HANDLERS
from assessments.models import ReportGroupVersion
from assessments.report_groups import set_report_groups
from assessments.thresholds import mirror_thresholds
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.transitions import transition
from qxportal.threesixty.records.thresholds import ReportGroupRecord, ThresholdsRecord
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import assessment, browser, organisation, text

pytestmark = pytest.mark.django_db
OWN = [{"Name": "Dotted-line manager", "Translations": {}}, {"Name": "Project lead", "Translations": {}}]
ONE = [{"Name": "Partners", "Relationships": ["Peer", "Project lead"], "Translations": {"de": "Partner"}}]
OTHER = [{"Name": "Leads", "Relationships": ["Dotted-line manager", "Project lead"], "Translations": {}}]


@pytest.fixture
def review():
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    return assessment(org, "Leaders", relationships=OWN)


@pytest.fixture
def editor(review):
    return browser(review.org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.get(role=Role.EDITOR)


def tell(review, groups, *, at=None, fixed=False):
    """A reading tells these groups."""
    records = tuple(
        ReportGroupRecord(name=one["Name"], relationships=tuple(one["Relationships"]), translations=one["Translations"])
        for one in groups
    )
    told = ThresholdsRecord(assessment_id=review.vendor_id, groups=records, groups_fixed=fixed)
    mirror_thresholds(review.org, [told], as_of=at or timezone.now())


def put(review, groups, by):
    """A member sets these groups, and the server carries that out."""
    change = set_report_groups(review, groups, by=by)
    transition(change, Change.State.DONE, sent_at=timezone.now())
    CHANGE_HANDLERS["qxSetReportGroups"].mirror(change, timezone.now())
    return change


def kept(review):
    rows = ReportGroupVersion.objects.filter(assessment=review).order_by("pk")
    return [([one["Name"] for one in row.groups], row.set_by) for row in rows]


def test_versions_say_who_set_which_groups(review, by):
    tell(review, [])
    assert kept(review) == []

    put(review, ONE, by)
    tell(review, ONE)  # the reading after it adds nothing
    tell(review, OTHER)  # somebody set these elsewhere
    tell(review, OTHER)

    assert kept(review) == [([], ""), (["Partners"], str(by)), (["Leads"], "")]


def test_an_older_reading_adds_no_version(review, by):
    before = timezone.now() - timedelta(minutes=1)
    tell(review, [], at=before)
    put(review, ONE, by)

    tell(review, OTHER, at=before + timedelta(seconds=1))

    assert kept(review)[-1] == (["Partners"], str(by))


def test_groups_that_a_reading_tells_first_are_those_of_our_change(review, by):
    change = set_report_groups(review, ONE, by=by)  # of a copy that was not listed when they were set
    transition(change, Change.State.DONE, sent_at=timezone.now())

    tell(review, ONE)

    assert kept(review) == [(["Partners"], str(by))]
    assert ReportGroupVersion.objects.get().change == change


def test_earlier_groups_are_shown_and_put_back(review, editor, by):
    tell(review, [])
    put(review, ONE, by)
    tell(review, OTHER)
    page = f"/o/halden/assessments/{review.pk}/relationships/"

    shown = editor.get(page)
    assert text(shown).count("Put back…") == 2
    words = text(shown).partition("Versions of the groups")[2]
    assert words.index("Leads") < words.index("Current") < words.index("Partners") < words.index("The beginning")
    sent = {
        "relationship": ["Peer", "DirectReport", "Dotted-line manager", "Project lead"],
        "group": ["Partners", "", "", "Partners"],
        "named": ["Partners"],
        "translations": ["de: Partner"],
    }
    for name, values in sent.items():
        for value in values:
            assert f'name="{name}" value="{value}"' in shown.content.decode()
    asked = editor.post(f"{page}groups/", sent)
    assert "What this does to reports" in text(asked)
    editor.post(f"{page}groups/", {**fields_of(asked), **sent, "confirmed": "1"})

    assert Change.objects.get(state=Change.State.PENDING).parameters["groups"] == ONE


def test_nothing_is_put_back_after_a_report_or_by_a_reader(review, editor, by):
    tell(review, ONE)
    tell(review, OTHER)
    page = f"/o/halden/assessments/{review.pk}/relationships/"

    assert "Put back…" in text(editor.get(page))
    assert "Put back…" not in text(browser(review.org, Role.READER).get(page))
    tell(review, OTHER, fixed=True)

    fixed = text(editor.get(page))
    assert "Partners" in fixed
    assert "Put back…" not in fixed


def test_relationships_that_are_gone_stay_out(review, editor):
    tell(review, ONE)
    tell(review, [])
    type(review).objects.filter(pk=review.pk).update(relationships=OWN[:1])

    shown = text(editor.get(f"/o/halden/assessments/{review.pk}/relationships/"))

    assert "No longer relationships of this assessment, so they stay out: Project lead." in shown
