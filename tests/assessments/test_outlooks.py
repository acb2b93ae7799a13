"""The outlook of running assessments on the list, and the chance of subjects to have enough answers in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.chances import Rate, at_least, chance_of, rate_in, rate_of
from assessments.completion import Curve
from assessments.groups import Group
from assessments.models import Assessment, Evaluation, Subject
from assessments.outlooks import outlook_of, outlooks
from assessments.schedules import mirror_schedules
from assessments.subject_selectors import SubjectRow
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

WEEK = timedelta(days=7)


def curve(*done, asked=20, people=9):
    today = timezone.localdate()
    return Curve(Assessment(name="Spring review"), today - timedelta(days=len(done) - 1), asked, people, done)


@pytest.mark.parametrize(
    ("done", "state", "percent"),
    [
        ((1, 3, 6, 9, 12), "on_track", 100),
        ((6, 7, 8, 9, 10), "at_risk", 85),
        ((0, 0, 1, 2, 2), "behind", 30),
        ((5, 20), "complete", 100),
        ((5, 6), "unknown", None),
    ],
)
def test_the_pace_says_how_it_is_heading(done, state, percent):
    now = timezone.now()

    told = outlook_of(curve(*done), now + WEEK, now=now)

    assert (told.state, told.percent) == (state, percent)


def test_a_day_is_named_by_which_all_are_finished():
    now = timezone.now()

    told = outlook_of(curve(6, 7, 8, 9, 10), now + WEEK, now=now)

    assert told.complete_on == timezone.localdate(now) + timedelta(days=10)
    assert outlook_of(curve(6, 7, 8, 9, 10, asked=4_000), now + WEEK, now=now).complete_on is None


def test_without_a_deadline_the_pace_alone_is_told():
    assert outlook_of(curve(6, 7, 8, 9, 10), None).state == "open"
    assert outlook_of(curve(6, 6, 6, 6, 6), None).state == "still"
    assert outlook_of(curve(6, 6, 6, 6, 6), timezone.now() - WEEK).state == "overdue"


def test_an_assessment_that_asked_no_one_is_not_overdue():
    assert outlook_of(curve(0, 0, 0, 0, 0, asked=0, people=0), timezone.now() - WEEK).state == "unknown"


def test_nothing_by_day_is_told_of_few_people():
    assert outlook_of(curve(1, 2, 3, 4, 5, people=4), timezone.now() + WEEK).state == "unknown"
    assert rate_in(curve(1, 2, 3, 4, 5, people=4), timezone.now() + WEEK) is None


@pytest.mark.parametrize(
    ("needed", "tries", "chance", "expected"),
    [(1, 1, 0.5, 0.5), (1, 2, 0.5, 0.75), (2, 2, 0.5, 0.25), (2, 3, 0.5, 0.5), (3, 2, 1.0, 0.0), (0, 0, 0.0, 1.0)],
)
def test_the_chance_of_enough_answers(needed, tries, chance, expected):
    assert at_least(needed, tries, chance) == pytest.approx(expected)


def test_the_rate_is_that_of_the_last_days():
    now = timezone.now()

    rate = rate_in(curve(4, 4, 4, 4, 4, 4, 4, 12), now + 2 * WEEK, now=now)

    assert rate
    assert (rate.finished, rate.open_before, rate.days) == (8, 16, 7)
    assert rate.chance == pytest.approx(0.75)  # half of the open ones in each of two weeks


RATE = Rate(timezone.now() + WEEK, 8, 16, 7, 0.5)


def row(*groups, status="Waiting", own=False):
    return SubjectRow(Subject(status=status), list(groups), own=own)


def test_the_least_likely_group_is_the_reason():
    peers = Group("Peer", done=2, total=5, open=3)
    reports = Group("DirectReport", done=1, total=3, open=2)

    told = chance_of(row(Group("Self", total=1, open=1), peers, reports), RATE)

    assert told
    assert (told.state, told.percent) == ("unlikely", 22)  # 7/8 of peers, 1/4 of reports
    assert told.least is reports


@pytest.mark.parametrize(
    ("chance", "state", "percent"),
    [(0.796, "likely", 80), (0.794, "uncertain", 79), (0.396, "uncertain", 40), (0.394, "unlikely", 39)],
)
def test_the_state_is_that_of_the_percent_shown(chance, state, percent):
    told = chance_of(row(Group("Peer", done=2, total=3, open=1)), replace(RATE, chance=chance))

    assert told
    assert (told.state, told.percent) == (state, percent)


def test_a_group_that_cannot_reach_its_minimum_is_named():
    lost, peers = Group("DirectReport", done=1, total=2, open=1), Group("Peer", done=2, total=4, open=2)

    told = chance_of(row(peers, lost), RATE)

    assert told
    assert (told.state, told.percent, told.lost) == ("uncertain", 75, [lost])


def test_no_chance_is_told_where_no_group_can_be_shown():
    told = chance_of(row(Group("Self", total=1, open=1), Group("Peer", done=1, total=4, open=1)), RATE)

    assert told
    assert (told.state, told.percent) == ("impossible", None)
    assert [group.relationship for group in told.lost] == ["Peer"]


def test_enough_answers_need_no_chance():
    told = chance_of(row(Group("Peer", done=3, total=4, open=1)), RATE)

    assert told
    assert (told.state, told.percent, told.least) == ("enough", None, None)


@pytest.mark.parametrize(
    ("manager", "state", "percent"),
    [
        (Group("Manager", total=1, open=1), "uncertain", 50),
        (Group("Manager", done=1, total=1), "enough", None),
        (Group("Manager", total=1), "impossible", None),  # declined
    ],
)
def test_the_one_manager_is_shown_alone(manager, state, percent):
    told = chance_of(row(Group("Self", total=1, open=1), manager), RATE)

    assert told
    assert (told.state, told.percent, told.needed) == (state, percent, 1 if percent else 0)


def test_no_chance_is_told_of_the_member_or_of_who_is_done():
    group = Group("Peer", done=1, total=4, open=3)

    assert chance_of(row(group, own=True), RATE) is None
    assert chance_of(row(group, status="Done"), RATE) is None
    assert chance_of(row(), RATE) is None


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def review(org):
    """Half of the evaluations of two subjects finished in the last week; a third subject is the editor."""
    staff = people(org, 14)
    began = timezone.now() - timedelta(days=9)
    made = assessment(org, "Review 2026", activated_at=began)
    Assessment.objects.filter(pk=made.pk).update(created_at=began)
    for subject in subjects(made, staff[:2]):
        evaluations(subject, staff[4:8], "Peer", "NotStarted")
        evaluations(subject, staff[8:10], "DirectReport", "NotStarted")
    peers = Evaluation.objects.filter(assessment=made, relationship="Peer").order_by("pk")
    for number, one in enumerate(peers[:6]):
        at = timezone.now() - timedelta(days=number)
        Evaluation.objects.filter(pk=one.pk).update(status="Completed", finished_at=at)
    record = ScheduleRecord(assessment_id=made.vendor_id, closes_at=timezone.now() + WEEK)
    mirror_schedules(org, [record], as_of=timezone.now())
    return made


def test_editors_see_the_outlook_and_readers_the_deadline(org, review):
    draft = assessment(org, "Autumn review", status="Draft")
    editor, reader = browser(org, Role.EDITOR), browser(org, Role.READER)

    lines = {one.name: told for one, told in editor.get("/o/halden/assessments/").context["lines"]}

    assert lines["Review 2026"].state == "on_track"
    assert lines["Review 2026"].percent == 100
    assert lines[draft.name] is None
    [told] = [told for one, told in reader.get("/o/halden/assessments/").context["lines"] if one == review]
    assert told.closes_at
    assert not told.state
    assert "On track" not in text(reader.get("/o/halden/assessments/"))
    assert "On track" in text(editor.get("/o/halden/assessments/"))


def test_the_outlook_of_a_page_takes_three_queries(org, review, django_assert_num_queries):
    for number in range(3):
        assessment(org, f"Pulse {number}")
    browser(org, Role.EDITOR)
    editor = Member.objects.get(org=org, role=Role.EDITOR)
    page = list(Assessment.objects.filter(org=org))
    outlooks(editor, page)

    with django_assert_num_queries(3):
        outlooks(editor, page)


def test_the_file_of_assessments_has_the_outlook(org, review):
    content = browser(org, Role.EDITOR).get("/o/halden/assessments/?file=csv").getvalue().decode()

    closes = timezone.localdate(timezone.now() + WEEK)
    assert "Deadline,Outlook,Finished by the deadline (%),All finished on" in content
    assert f"{closes},On track,100,{closes}" in content


def test_progress_by_subject_tells_the_chance(org, review):
    editor = browser(org, Role.EDITOR)
    address = f"/o/halden/assessments/{review.pk}/progress/"

    page = editor.get(address)

    chances = {one.row.subject: one.chance for one in page.context["rows"]}
    assert {chance.state for chance in chances.values()} == {"enough", "uncertain"}
    assert "Peer: 1 needed, 2 open" in text(page)
    assert "cannot reach the minimum" not in text(page)  # the cell of the group says that there are too few
    Evaluation.objects.filter(assessment=review, relationship="Peer", status="NotStarted").update(status="Declined")
    assert "Peer cannot reach the minimum" in text(editor.get(address))
    assert "6 of 12 open evaluations were finished in the last 7 days" in text(page)
    content = editor.get(f"{address}?file=csv").getvalue().decode()
    assert "Enough answers by the deadline,Chance (%)" in content
    reader = browser(org, Role.READER).get(address)
    assert "Outlook" not in text(reader)


def test_evaluations_that_nobody_can_finish_are_not_open(org, review):
    """Those of the reports are declined, and one of the subjects is done."""
    Evaluation.objects.filter(relationship="DirectReport").update(status="Declined")
    first, second = Subject.objects.filter(assessment=review).order_by("pk")
    Subject.objects.filter(pk=first.pk).update(status="Done")
    Evaluation.objects.filter(subject=second, relationship="Peer", status="NotStarted").update(status="InProgress")
    begun = Evaluation.objects.filter(subject=second, status="InProgress").count()
    browser(org, Role.EDITOR)
    editor = Member.objects.get(org=org, role=Role.EDITOR)

    told, rate = outlooks(editor, [review])[review.pk], rate_of(editor, review)

    assert begun == 2
    assert (told.state, told.percent) == ("behind", 67)  # 8 of 12
    assert rate
    assert (rate.finished, rate.open_before) == (6, 8)
    Evaluation.objects.filter(status="InProgress").update(status="Declined")
    told = outlooks(editor, [review])[review.pk]
    assert (told.state, told.percent) == ("complete", 50)
    record = ScheduleRecord(assessment_id=review.vendor_id, closes_at=timezone.now() - WEEK)
    mirror_schedules(org, [record], as_of=timezone.now())
    assert outlooks(editor, [review])[review.pk].state == "complete"


def test_nothing_is_told_without_a_deadline(org, review):
    mirror_schedules(org, [], as_of=timezone.now())
    browser(org, Role.EDITOR)

    assert rate_of(Member.objects.get(org=org, role=Role.EDITOR), review) is None
