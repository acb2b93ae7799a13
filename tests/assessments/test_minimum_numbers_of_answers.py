"""How many answers reports need: told by the server per assessment, used by all that counts, and set for the brand."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.brand import brand_of, mirror_brand
from assessments.brand_commands import set_minimums
from assessments.groups import groups_of, thin_groups
from assessments.models import Assessment, Editions, Subject
from assessments.models import Thresholds as Kept
from assessments.prelaunch import _small_groups
from assessments.subject_selectors import in_state
from assessments.thresholds import Minimums, minimums_of, mirror_thresholds, raised_by, told_minimums
from qxportal.accounts.models import AuditEntry, Credential, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from qxportal.threesixty.records.mailings import BrandRecord
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def org() -> Organisation:
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    mirror_brand(org, BrandRecord(name="halden", title="Halden"), as_of=timezone.now())
    return org


@pytest.fixture
def review(org: Organisation) -> Assessment:
    """An assessment in which one subject has four peers who have all answered."""
    made = assessment(org, "Leaders", status="Active")
    mara, *others = people(org, 5)
    subjects(made, [mara], received=4, completed=4)
    evaluations(Subject.objects.get(), others, "Peer")
    return made


def told(review: Assessment, group: int, comments: int = 0, spread: int = 0) -> None:
    record = ThresholdsRecord(
        assessment_id=review.vendor_id,
        min_group=group,
        min_comments=comments or group,
        min_spread=spread or max(5, group),
    )
    mirror_thresholds(review.org, [record], as_of=timezone.now())


def admin_of(org: Organisation) -> Member:
    browser(org, Role.ADMIN)
    return Member.objects.get(org=org, role=Role.ADMIN)


def url(org: Organisation) -> str:
    return f"/o/{org.slug}/settings/brand/minimums/"


# -- what the server tells


def test_three_hold_where_the_server_tells_nothing(review):
    assert (told_minimums(review), minimums_of(review)) == (None, Minimums(3, 3, 5))


def test_an_older_answer_never_overwrites_and_what_is_told_no_more_goes(review):
    before = timezone.now()
    told(review, 5)
    mirror_thresholds(review.org, [ThresholdsRecord(assessment_id=review.vendor_id)], as_of=before)
    assert minimums_of(review) == Minimums(5, 5, 5)

    mirror_thresholds(review.org, [], as_of=timezone.now())
    assert not Kept.objects.exists()


def test_a_server_that_tells_less_than_three_is_not_believed():
    row = {"ThreeSixtyID": "TS_1", "MinimumGroup": 1, "MinimumComments": "0", "MinimumForSpread": 2, "Fixed": 1}
    record = ThresholdsRecord.read(row)

    assert (record.min_group, record.min_comments, record.min_spread) == (3, 3, 3)


@pytest.mark.parametrize(("needed", "thin"), [(3, False), (4, False), (5, True)])
def test_all_that_counts_uses_the_minimum_of_the_assessment(review, needed, thin):
    told(review, needed)
    member = admin_of(review.org)
    subject = Subject.objects.get()

    [group] = groups_of([subject])[subject.pk]
    assert (group.minimum, group.thin, group.hopeless, group.needed) == (needed, thin, thin, int(thin))
    assert thin_groups(member, review).exists() is thin
    assert [in_state(member, Subject.objects.all(), state).count() for state in ("Thin", "Ready")] == [thin, not thin]
    finding = _small_groups([subject], review)
    assert (finding is not None) is thin
    assert finding is None or "fewer than 5 answers" in finding.hint


def test_pages_name_the_minimum_of_the_assessment(review):
    told(review, 5, 6, 7)
    reader = browser(review.org, Role.READER)
    root = f"/o/{review.org.slug}/assessments/{review.pk}/"

    overview = text(reader.get(root))
    listed = text(reader.get(f"{root}subjects/"))
    alone = text(reader.get(f"{root}subjects/{Subject.objects.get().pk}/"))

    assert "A group is shown from 5 answers on, comments from 6, spread from 7" in overview
    assert "Fixed when the assessment was activated" in overview
    assert "at least 5" in listed
    assert "4 answers, hidden (minimum: 5)" in listed
    assert "4 answers, hidden (minimum: 5)" in alone
    assert "Too few evaluators to be shown" in alone


# -- setting them


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((2, 3, 5), "greater than or equal to 3"),
        ((11, 11, 11), "less than or equal to 10"),
        ((4, 3, 5), "Enter 4 or more"),
        ((6, 6, 5), "Enter 6 or more"),
        (("", 3, 5), "This field is required"),
    ],
)
def test_minimums_out_of_bounds_are_refused_beside_the_field(org, given, words):
    names = ("min_group", "min_comments", "min_spread")

    answer = browser(org, Role.ADMIN).post(url(org), dict(zip(names, given, strict=True)))

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_editors_and_other_organisations_set_nothing(org):
    fields = {"min_group": 4, "min_comments": 4, "min_spread": 5, "confirmed": 1}
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert browser(org, Role.EDITOR).post(url(org), fields).status_code == 403
    assert rival.post(url(org), fields).status_code == 404
    assert not Change.objects.exists()


def test_a_server_without_them_offers_none(org):
    heard = {"name": "qxGetThresholds", "outcome": "unknown", "words": "", "at": timezone.now().isoformat()}
    Credential.objects.update(heard={"qxGetThresholds": heard})
    admin = browser(org, Role.ADMIN)

    assert "Anonymity" not in text(admin.get(f"/o/{org.slug}/settings/brand/"))
    assert admin.post(url(org), {"min_group": 4, "min_comments": 4, "min_spread": 5}).status_code == 422
    assert not Change.objects.exists()


def test_raising_what_runs_is_confirmed_with_the_groups_that_it_costs(review):
    org, fields = review.org, {"min_group": 5, "min_comments": 6, "min_spread": 7}
    admin = browser(org, Role.ADMIN)

    asked = admin.post(url(org), fields)
    assert not Change.objects.exists()
    done = admin.post(url(org), {**fields, "confirmed": "1"})

    assert "1 running assessment needs more answers from now on: Leaders" in text(asked)
    assert "1 group that has enough answers now would have too few" in text(asked)
    assert done.status_code == 302
    change = Change.objects.get()
    assert {name: change.parameters[name] for name in fields} == fields
    assert change.expected_values == {"min_group": 3, "min_comments": 3, "min_spread": 5}
    assert AuditEntry.objects.get(verb="brand.minimums-changed")


def test_what_raises_nothing_needs_no_confirmation(review):
    told(review, 6)

    answer = browser(review.org, Role.ADMIN).post(url(review.org), {"min_group": 6, "min_comments": 6, "min_spread": 6})

    assert answer.status_code == 302
    assert Change.objects.get().parameters["min_group"] == 6


def test_a_group_that_an_edition_shows_counts_by_what_it_shows(review):
    subject = Subject.objects.get()

    def line(name: str, kind: str, shown: int, *, hidden: bool = False) -> dict[str, Any]:
        return {"line": name, "label": "", "kind": kind, "answered": 9, "shown": shown, "waiting": 0, "hidden": hidden}

    lines = [
        line("Self", "self", 1),
        line("Peer", "group", 3),
        line("DirectReport", "group", 5),
        line("Customer", "group", 3, hidden=True),
        line("AllOthers", "others", 4),
    ]
    facts = {"edition": 1, "lines": lines, "manager": {"state": "none", "key": ""}}
    Editions.objects.create(org=review.org, assessment=review, subject=subject, seen_at=timezone.now(), facts=facts)

    raised = raised_by(admin_of(review.org), Minimums(5, 5, 5))

    assert (raised.assessments, raised.groups) == (("Leaders",), 2)


def test_groups_about_the_member_are_not_counted(review):
    member = admin_of(review.org)
    assert raised_by(member, Minimums(5, 5, 5)).groups == 1
    Member.objects.filter(pk=member.pk).update(person_key=Subject.objects.get().vendor_id, person_state="proven")

    assert raised_by(Member.objects.get(pk=member.pk), Minimums(5, 5, 5)).groups == 0


@pytest.mark.parametrize("fields", [{"status": "Draft"}, {"status": "Closed"}, {"gone_at": timezone.now()}])
def test_only_what_runs_is_raised(review, fields):
    Assessment.objects.update(**fields)

    raised = raised_by(admin_of(review.org), Minimums(5, 5, 5))

    assert (raised.assessments, raised.groups) == ((), 0)


# -- against the engine


def test_a_change_reaches_the_brand_and_what_runs_and_is_mirrored(connected: Connected):
    engine = connected.engine
    running, draft = engine.assessment("Leaders"), engine.assessment("Next year", status="Draft")
    connected.sync()
    kept = {one.vendor_id: minimums_of(one) for one in Assessment.objects.all()}
    assert kept == {running.public_id: Minimums(3, 3, 5), draft.public_id: Minimums(3, 3, 5)}

    def after(wanted: Minimums) -> dict[str, Minimums]:
        change = set_minimums(connected.org, by=connected.admin, wanted=wanted)
        connected.send()
        while run_next():
            pass
        assert connected.settled(change).state == "done"
        known = brand_of(connected.org)
        assert known is not None
        assert (known.min_group, known.min_comments, known.min_spread) == (
            wanted.min_group,
            wanted.min_comments,
            wanted.min_spread,
        )
        return {one.vendor_id: minimums_of(one) for one in Assessment.objects.all()}

    raised = after(Minimums(4, 5, 6))
    assert raised == {running.public_id: Minimums(4, 5, 6), draft.public_id: Minimums(4, 5, 6)}
    lowered = after(Minimums(3, 4, 5))
    assert lowered == {running.public_id: Minimums(4, 5, 6), draft.public_id: Minimums(3, 4, 5)}
    assert engine.run(lambda: Brand.objects.get(pk=engine.brand.pk).min_comments) == 4
    with pytest.raises(ActionRefused, match="Nothing was changed"):
        set_minimums(connected.org, by=connected.admin, wanted=Minimums(3, 4, 5))


def test_minimums_that_the_server_does_not_tell_any_more_are_forgotten(connected: Connected):
    connected.engine.assessment("Leaders")
    connected.sync()
    assert Kept.objects.exists()
    Credential.objects.update(names={"qxGetThresholds": "noSuchRequest"})

    job = connected.sync()

    assert (job.state, job.failed) == ("done", 0)
    assert not Kept.objects.exists()
