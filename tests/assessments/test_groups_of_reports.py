"""Relationships that stand together in reports: previewed, set, counted together, and kept by a copy."""

import uuid

import pytest
from django.utils import timezone

from assessments.editing_commands import copy_assessment
from assessments.gate import missing
from assessments.groups import groups_of, thin_groups
from assessments.models import Assessment, Subject, Thresholds
from assessments.progress import relationships_in
from assessments.report_groups import are_fixed, checked_groups, told_groups
from assessments.thresholds import mirror_thresholds
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from qxportal.threesixty.records.thresholds import ReportGroupRecord, ThresholdsRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
OWN = [{"Name": "Dotted-line manager", "Translations": {}}, {"Name": "Project lead", "Translations": {}}]
NAMES = ("Peer", "DirectReport", "Dotted-line manager", "Project lead")


@pytest.fixture
def review():
    """One subject with two peers, two dotted-line managers and a project lead, who all answered."""
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    made = assessment(org, "Leaders", relationships=OWN)
    mara, *others = people(org, 6)
    (subject,) = subjects(made, [mara], received=5, completed=5)
    evaluations(subject, others[:2], "Peer")
    evaluations(subject, others[2:4], "Dotted-line manager")
    evaluations(subject, others[4:], "Project lead")
    return made


def tell(review: Assessment, *, fixed: bool = False) -> None:
    group = ReportGroupRecord(name="Other managers", relationships=("Dotted-line manager", "Project lead"))
    record = ThresholdsRecord(assessment_id=review.vendor_id, groups=(group,), groups_fixed=fixed)
    mirror_thresholds(review.org, [record], as_of=timezone.now())


def url(review: Assessment) -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/relationships/"


def chosen(*groups: str) -> dict[str, list[str]]:
    return {"relationship": list(NAMES), "group": list(groups)}


def test_relationships_of_a_group_are_counted_together(review):
    member = Member.objects.get(user__in=[browser(review.org, Role.ADMIN).session["_auth_user_id"]])
    subject = Subject.objects.get()
    assert [group.thin for group in groups_of([subject])[subject.pk]] == [True, True, True]

    tell(review)

    peers, managers = groups_of([subject])[subject.pk]
    assert (peers.relationship, peers.thin, peers.combined) == ("Peer", True, False)
    assert (managers.relationship, managers.total, managers.thin, managers.combined) == (
        "Other managers",
        3,
        False,
        True,
    )
    assert list(thin_groups(member, review).values_list("report_group", flat=True)) == ["Peer"]
    assert relationships_in(member, review) == ["Peer", "Other managers"]
    assert not missing([peers, managers], {"Project lead": 1, "Dotted-line manager": 2})


def test_effect_is_said_before_saving(review):
    editor = browser(review.org, Role.EDITOR)

    asked = editor.post(f"{url(review)}groups/", chosen("", "", "Other managers", "other  managers"))

    assert asked.status_code == 200
    said = text(asked)
    assert "Dotted-line manager, Project lead" in said
    assert "Groups with too few answers 3 1" in said
    assert "Amara Okoro: Peer" in said
    assert not Change.objects.exists()

    done = editor.post(
        f"{url(review)}groups/",
        {
            **chosen("", "", "Other managers", "other managers"),
            "named": "Other managers",
            "translations": "de: Weitere Führungskräfte",
            "confirmed": "1",
            "intent": str(uuid.uuid4()),
        },
    )

    assert done.status_code == 302
    assert Change.objects.get().parameters["groups"] == [
        {
            "Name": "Other managers",
            "Relationships": ["Dotted-line manager", "Project lead"],
            "Translations": {"de": "Weitere Führungskräfte"},
        }
    ]


@pytest.mark.parametrize("name", ["Manager", "all others", "x" * 101, "a:b", "Peer"])
def test_names_that_cannot_be_are_refused_on_the_page(review, name):
    groups = ("Other" if name == "Peer" else "", "", name, "")

    answer = browser(review.org, Role.EDITOR).post(f"{url(review)}groups/", chosen(*groups))

    assert answer.status_code == 422
    assert not Change.objects.exists()


def test_a_group_may_have_the_name_of_what_stands_in_it(review):
    picked = {"Peer": "peer", "Project lead": "Peer", "Dotted-line manager": "Dotted-line manager"}

    assert checked_groups(review, picked, {}) == [
        {"Name": "Peer", "Relationships": ["Peer", "Project lead"], "Translations": {}}
    ]


def test_groups_are_fixed_once_a_report_was_given(review):
    tell(review, fixed=True)
    editor = browser(review.org, Role.EDITOR)

    shown = text(editor.get(url(review)))
    answer = editor.post(f"{url(review)}groups/", {**chosen("", "", "", ""), "confirmed": "1"})

    assert "The groups can no longer change" in shown
    assert "Preview the groups" not in shown
    assert answer.status_code == 422
    assert are_fixed(review)
    assert not Change.objects.exists()


def test_readers_and_other_organisations_set_none(review):
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert browser(review.org, Role.READER).post(f"{url(review)}groups/", chosen(*"abcd")).status_code == 403
    assert rival.post(f"{url(review)}groups/", chosen(*"abcd")).status_code == 404


def test_groups_are_set_copied_and_refused_at_the_engine(connected: Connected):
    made = connected.engine.assessment("Leaders", relationships=("Dotted-line manager", "Project lead"))
    connected.sync()
    mine = connected.assessment()
    client = browser(connected.org, Role.EDITOR)

    client.post(f"{url(mine)}groups/", {**chosen("", "", "Other managers", "Other managers"), "confirmed": "1"})
    connected.send()
    while run_next():
        pass

    assert Change.objects.get().state == "done"
    assert [group["Name"] for group in told_groups(mine)] == ["Other managers"]
    copy_assessment(mine, by=connected.admin, name="Next year", texts=False, intent=uuid.uuid4())
    connected.send()
    connected.send()
    connected.sync()
    copied = Thresholds.objects.exclude(assessment=mine).get()
    assert copied.group_of == {"Dotted-line manager": "Other managers", "Project lead": "Other managers"}
    assert connected.engine.refreshed(made).report_groups[0]["Name"] == "Other managers"
    with pytest.raises(ActionRefused, match="colon"):
        checked_groups(mine, {"Peer": "a:b"}, {})
