"""Nobody can tell from a report what a single rater of a thin group answered."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qxportal.engine.reports.compute import report, report_json
from qxportal.engine.reports.shape import Evaluation, Policy, ReportSource, Viewer
from qxportal.engine.reports.suppression import ALL_OTHERS, visible
from tests.qxportal.engine.reports.report_sources import ITEMS, RELATIONSHIPS, evaluation, source

GROUPS = ("Peer", "DirectReport", "Customer")
SCORES = st.one_of(st.none(), st.integers(1, 5))
WORDS = st.sampled_from(
    ("", "", "Calm under pressure.", "Delegate more.", "Merci pour tout.", "Klare Ziele.", "Keeps promises.")
)


@st.composite
def sources(draw: st.DrawFn) -> ReportSource:
    """Any mixture of group sizes, unanswered statements and comments."""
    sizes = {"Self": 1, "Manager": draw(st.integers(0, 2))} | {name: draw(st.integers(0, 6)) for name in GROUPS}
    forms = [
        evaluation(name, *(draw(SCORES) for _item in ITEMS), said=draw(WORDS))
        for name, size in sizes.items()
        for _rater in range(size)
    ]
    return source(draw(st.permutations(forms)))


def shown(data: ReportSource) -> dict[str, object]:
    return report_json(report(data, Viewer()))


def members(data: ReportSource) -> dict[str, list[Evaluation]]:
    """Who stands behind each visible group, found by labels alone."""
    by_label = {line.label: line.name for line in RELATIONSHIPS}
    return {
        group.key: [
            one
            for one in data.evaluations
            if one.relationship in {by_label[label] for label in group.merged or (group.label,)}
        ]
        for group in visible(data).groups
    }


def thin(data: ReportSource) -> set[str]:
    counts = Counter(one.relationship for one in data.evaluations)
    return {name for name in GROUPS if 0 < counts[name] < 3}


@given(sources())
@settings(max_examples=200, deadline=None)
def test_every_number_stands_for_three_raters_or_a_known_person(data):
    result = report(data, Viewer())
    for group in result.groups:
        assert group.n == len(members(data)[group.key])
        assert group.n >= 3 or (group.kind is not None and group.kind.exempt)
    for item in (item for competency in result.competencies for item in competency.items):
        for key, cell in item.cells.items():
            behind = [one.answers[item.id] for one in members(data)[key] if one.answers[item.id] is not None]
            assert cell.n == len(behind)
            assert cell.n >= 3 or key in ("self", "manager")


@given(sources())
@settings(max_examples=200, deadline=None)
def test_totals_leave_nothing_to_subtract(data):
    result = report(data, Viewer())
    assert result.others_n == sum(group.n for group in result.groups if group.key != "self")
    for item in (item for competency in result.competencies for item in competency.items):
        assert (item.others.n if item.others else 0) == sum(n.n for key, n in item.cells.items() if key != "self")


@given(sources())
@settings(max_examples=200, deadline=None)
def test_a_hidden_group_changes_nothing_in_the_report(data):
    inside = {id(one) for forms in members(data).values() for one in forms}
    other_world = tuple(
        one
        if id(one) in inside
        else replace(one, answers=dict.fromkeys(ITEMS, 1), comments={"Q1": "Something else entirely."})
        for one in data.evaluations
    )

    assert shown(replace(data, evaluations=other_world)) == shown(data)


@given(sources(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_it_does_not_matter_who_of_a_visible_group_gave_which_form(data, random):
    """Also across the relationships inside a merged group, so a thin one inside cannot be told from the others."""
    swapped = list(data.evaluations)
    for forms in members(data).values():
        places = [index for index, one in enumerate(data.evaluations) if any(one is form for form in forms)]
        dealt = list(forms)
        random.shuffle(dealt)
        for place, form in zip(places, dealt, strict=True):
            swapped[place] = replace(form, relationship=data.evaluations[place].relationship)
    random.shuffle(swapped)

    assert shown(replace(data, evaluations=tuple(swapped))) == shown(data)


@given(sources())
@settings(max_examples=200, deadline=None)
def test_a_thin_group_is_merged_or_hidden_and_never_the_only_one_missing(data):
    groups = visible(data).groups
    labels = {group.label for group in groups}
    merged = {label for group in groups for label in group.merged}
    names = {line.name: line.label for line in RELATIONSHIPS}
    for name in thin(data):
        assert names[name] not in labels
        assert names[name] in merged or not (labels & {names[group] for group in GROUPS})
    if merged:
        assert len(merged) >= 2


@given(sources())
@settings(max_examples=200, deadline=None)
def test_counts_of_thin_groups_are_kept_back(data):
    counts = Counter(one.relationship for one in data.evaluations)
    for line, relationship in zip(report(data, Viewer()).responses, RELATIONSHIPS, strict=True):
        if line.answered is not None:
            assert line.answered == counts[relationship.name]
            assert line.answered >= 3 or relationship.kind.exempt


@given(sources())
@settings(max_examples=200, deadline=None)
def test_comments_come_in_threes(data):
    for question in report(data, Viewer()).comments:
        for block in question.blocks:
            assert block.label in ("Self", "Manager") or len(block.texts) >= 3
        unlabelled = [block for block in question.blocks if block.label is None]
        assert len(unlabelled) <= 1


def test_one_thin_group_takes_the_smallest_other_with_it():
    forms = [
        *[evaluation("Peer", 4, 4, 4)] * 5,
        *[evaluation("DirectReport", 3, 3, 3)] * 3,
        evaluation("Customer", 1, 1, 1),
    ]

    groups = visible(source(forms)).groups

    assert [(group.key, group.n, group.merged) for group in groups] == [
        ("group:Peer", 5, ()),
        (ALL_OTHERS, 4, ("Customer", "Direct reports")),
    ]


def test_two_thin_groups_join_and_leave_the_large_one_alone():
    forms = [
        *[evaluation("Peer", 4, 4, 4)] * 4,
        *[evaluation("DirectReport", 2, 2, 2)] * 2,
        evaluation("Customer", 5, 5, 5),
    ]

    result = report(source(forms), Viewer())

    assert [(group.label, group.n) for group in result.groups] == [("Peers", 4), ("All others", 3)]
    assert result.competencies[1].items[0].cells[ALL_OTHERS].mean == 3.0


def test_two_raters_alone_are_not_shown_at_all():
    forms = [
        evaluation("Self", 5, 5, 5),
        evaluation("Peer", 2, 2, 2, said="Too many topics in parallel."),
        evaluation("Peer", 1, 1, 1, said="Bring us in earlier."),
    ]

    result = report(source(forms), Viewer())

    assert [group.key for group in result.groups] == ["self"]
    assert all(competency.others is None and competency.verdict is None for competency in result.competencies)
    assert result.comments[0].blocks == ()
    assert result.comments[0].withheld


def test_a_statement_that_two_of_five_answered_is_left_out_for_them():
    forms = [evaluation("Peer", 4, 5 if index < 2 else None, 4) for index in range(5)]

    items = report(source(forms), Viewer()).competencies[0].items

    assert items[0].cells["group:Peer"].n == 5
    assert items[1].cells == {}
    assert items[1].others is None


def test_an_organisation_may_ask_for_larger_groups():
    forms = [evaluation("Peer", 4, 4, 4)] * 4

    assert visible(source(forms, policy=Policy(min_group=5, min_comments=5))).groups == ()
    with pytest.raises(ValueError, match="never lower"):
        Policy(min_group=2)


def test_answers_under_a_forgotten_relationship_are_protected_too():
    forms = [*[evaluation("Peer", 4, 4, 4)] * 3, evaluation("Mentor", 1, 1, 1)]

    groups = visible(source(forms)).groups

    assert [(group.key, group.n) for group in groups] == [(ALL_OTHERS, 4)]
