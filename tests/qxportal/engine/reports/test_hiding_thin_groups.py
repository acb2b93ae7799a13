"""Nobody can tell from a report what a single rater of a thin group answered."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qxportal.engine.reports.aggregate import report, report_json
from qxportal.engine.reports.placing import EXEMPT, Waiting, group_line, place
from qxportal.engine.reports.results import CompetencyResult, ItemResult, ReportData
from qxportal.engine.reports.suppression import ALL_OTHERS, visible
from qxportal.engine.reports.types import Evaluation, Policy, ReportSource, Shown, Viewer
from tests.qxportal.engine.reports.report_sources import ITEMS, RELATIONSHIPS, evaluation, source

pytestmark = pytest.mark.long

GROUPS = ("Peer", "DirectReport", "Customer")
SCORES = (3, None, 1, None, 2, None, 4, None, 5, None)
WORDS = ("", "", "Calm under pressure.", "Delegate more.", "Merci pour tout.", "Klare Ziele.", "Keeps promises.")
LINES = {"Self": "self", "Manager": "manager"} | {name: group_line(name) for name in GROUPS}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """What a brand may ask for; often what it asks for when it says nothing."""
    group = draw(st.one_of(st.just(3), st.integers(3, 10)))
    return Policy(
        min_group=group,
        min_comments=draw(st.one_of(st.just(group), st.integers(group, 10))),
        spread_min=draw(st.integers(group, 10)),
    )


@st.composite
def sources(draw: st.DrawFn) -> ReportSource:
    """Any mixture of group sizes, unanswered statements and comments, under any minimums."""
    policy = draw(policies())
    sizes = {"Self": 1, "Manager": draw(st.integers(0, 2))} | {
        name: draw(st.integers(0, policy.min_group + 3)) for name in GROUPS
    }
    whose = [name for name, size in sizes.items() for _rater in range(size)]
    each = len(ITEMS) + 2  # what a rater says and where he stands: one draw for all, as hundreds of them take long
    said = draw(st.binary(min_size=each * len(whose), max_size=each * len(whose)))
    forms = []
    for at, name in enumerate(whose):
        *scores, words, place = said[at * each : (at + 1) * each]
        form = evaluation(name, *(SCORES[score % len(SCORES)] for score in scores), said=WORDS[words % len(WORDS)])
        forms.append((place, at, form))
    return source([form for _place, _at, form in sorted(forms, key=lambda one: one[:2])], policy=policy)


def shown(data: ReportSource) -> dict[str, object]:
    return report_json(report(data, Viewer()))


Said = Callable[[Evaluation], object]


def _rating(item: str) -> Said:
    return lambda form: form.answers[item]


def _comment(form: Evaluation) -> object:
    return form.comments.get("Q1") or None


QUESTIONS: dict[str, Said] = {**{item: _rating(item) for item in ITEMS}, "Q1": _comment}


def cells(data: ReportSource, question: str) -> dict[str, list[int]]:
    """Which forms stand behind each line's cell, found by the rule alone."""
    said = QUESTIONS[question]
    waiting = [
        Waiting(at, LINES[form.relationship]) for at, form in enumerate(data.evaluations) if said(form) is not None
    ]
    minimum = data.policy.min_comments if question == "Q1" else data.policy.min_group
    return {line: [one.key for one in batch] for line, batch in place(waiting, minimum, first=True).items()}


def exchanged(data: ReportSource, question: str, one: int, other: int) -> ReportSource:
    """The same forms, but for two answers to one question that changed places."""
    forms = list(data.evaluations)
    a, b = forms[one], forms[other]
    for at, form, from_ in ((one, a, b), (other, b, a)):
        if question == "Q1":
            forms[at] = replace(form, comments=from_.comments)
        else:
            forms[at] = replace(form, answers={**form.answers, question: from_.answers[question]})
    return replace(data, evaluations=tuple(forms))


def every_number_stands_for_enough_raters_or_a_known_person(data: ReportSource, result: ReportData) -> None:
    for group in result.groups:
        inside = {form for item in ITEMS for form in cells(data, item).get(group.key, ())}
        assert group.n == len(inside)
        assert group.n >= data.policy.min_group or (group.kind is not None and group.kind.exempt)
    for item in (item for competency in result.competencies for item in competency.items):
        assert {key: cell.n for key, cell in item.cells.items()} == {
            line: len(forms) for line, forms in cells(data, item.id).items()
        }
        assert all(cell.n >= data.policy.min_group or key in EXEMPT for key, cell in item.cells.items())


def totals_leave_nothing_to_subtract(data: ReportSource, result: ReportData) -> None:
    assert result.others_n == sum(group.n for group in result.groups if group.key != "self")
    for item in (item for competency in result.competencies for item in competency.items):
        assert (item.others.n if item.others else 0) == sum(n.n for key, n in item.cells.items() if key != "self")


def what_is_hidden_changes_nothing_in_the_report(data: ReportSource, result: ReportData) -> None:
    forms = list(data.evaluations)
    for item in ITEMS:
        inside = {one for there in cells(data, item).values() for one in there}
        for at, form in enumerate(forms):
            if at not in inside and form.answers[item] is not None:
                forms[at] = replace(form, answers={**form.answers, item: 1})
    said = {one for there in cells(data, "Q1").values() for one in there}
    for at, form in enumerate(forms):
        if at not in said and form.comments:
            forms[at] = replace(form, comments={"Q1": "Something else entirely."})

    assert shown(replace(data, evaluations=tuple(forms))) == report_json(result)


def it_does_not_matter_who_of_a_cell_gave_which_answer(data: ReportSource, result: ReportData, random: Random) -> None:
    """Also across the relationships inside a merged line, so that a thin one inside cannot be told from the others."""
    swapped = data
    for question in QUESTIONS:
        for forms in cells(data, question).values():
            if len(forms) > 1:
                swapped = exchanged(swapped, question, *random.sample(forms, 2))

    assert shown(swapped) == report_json(result)


def a_thin_line_is_merged_or_waits_and_is_never_the_only_one_missing(data: ReportSource, result: ReportData) -> None:
    for item in ITEMS:
        counts = Counter(form.relationship for form in data.evaluations if form.answers[item] is not None)
        there = cells(data, item)
        for name in (name for name in GROUPS if 0 < counts[name] < data.policy.min_group):
            assert LINES[name] not in there
            own = [one for one, form in enumerate(data.evaluations) if form.relationship == name]
            assert set(own) & set(there.get(ALL_OTHERS, [])) or not any(LINES[each] in there for each in GROUPS)


def counts_of_thin_groups_are_kept_back(data: ReportSource, result: ReportData) -> None:
    counts = Counter(one.relationship for one in data.evaluations)
    for line, relationship in zip(result.responses, RELATIONSHIPS, strict=True):
        if line.answered is not None:
            assert line.answered <= counts[relationship.name]
            assert line.answered >= data.policy.min_group or relationship.kind.exempt


def comments_come_together_with_enough_others(data: ReportSource, result: ReportData) -> None:
    for question in result.comments:
        for block in question.blocks:
            assert block.label in ("Self", "Manager") or len(block.texts) >= data.policy.min_comments
        unlabelled = [block for block in question.blocks if block.label is None]
        assert len(unlabelled) <= 1


def spread_is_told_of_enough_ratings_only(data: ReportSource, result: ReportData) -> None:
    found = result.competencies
    results: list[CompetencyResult | ItemResult] = [*found, *(item for each in found for item in each.items)]
    for one in results:
        for cell in (*one.cells.values(), *([one.others] if one.others else ())):
            assert cell.spread is None or cell.n >= data.policy.spread_min


RULES: tuple[Callable[[ReportSource, ReportData], None], ...] = (
    every_number_stands_for_enough_raters_or_a_known_person,
    totals_leave_nothing_to_subtract,
    what_is_hidden_changes_nothing_in_the_report,
    a_thin_line_is_merged_or_waits_and_is_never_the_only_one_missing,
    counts_of_thin_groups_are_kept_back,
    comments_come_together_with_enough_others,
    spread_is_told_of_enough_ratings_only,
)


@given(sources(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_report_keeps_to_each_rule(data, random):
    """Making up a source takes ten times as long as its report, so each of them is looked at by all rules."""
    result = report(data, Viewer())
    for rule in RULES:
        with _named(rule.__name__):
            rule(data, result)
    with _named(it_does_not_matter_who_of_a_cell_gave_which_answer.__name__):
        it_does_not_matter_who_of_a_cell_gave_which_answer(data, result, random)


@contextmanager
def _named(rule: str) -> Iterator[None]:
    """Name the rule that a report breaks."""
    try:
        yield
    except Exception as problem:
        problem.add_note(f"broken: {rule}")
        raise


@st.composite
def editions(draw: st.DrawFn) -> tuple[Shown, Policy]:
    """What earlier editions joined, in classes of any size, and the minimums that hold now."""
    lines = ("self", "manager", ALL_OTHERS, *(group_line(name) for name in GROUPS))
    scores, texts, known, inside = {}, {}, {}, {}
    most, brought = 12, 4  # given and imported answers of one cell
    every = [(question, line) for question in QUESTIONS for line in lines]
    each = 2 + most + brought  # how many, and which: one draw for all, as hundreds of them take long
    drawn = draw(st.binary(min_size=each * len(every), max_size=each * len(every)))
    for at, cell in enumerate(every):
        one, other, *points = drawn[at * each : (at + 1) * each]
        given_, imported = one % (most + 1), other % (brought + 1)
        size = 1 if cell[1] in EXEMPT else given_ + imported
        if not size:
            continue
        known[cell] = min(size, given_)
        if cell[0] == "Q1":
            texts[cell] = tuple(f"{cell[1]} says {number}" for number in range(size))
        else:
            scores[cell] = tuple(sorted(1 + point % 5 for point in points[:size]))
            if cell[1] == ALL_OTHERS:
                inside[cell[0]] = frozenset(draw(st.sets(st.sampled_from(lines[3:]), min_size=1)))
    raters = {line: max(len(said) for (_id, key), said in scores.items() if key == line) for _id, line in scores}
    return Shown(scores=scores, texts=texts, given=known, inside=inside, raters=raters), draw(policies())


@given(editions(), st.integers(1, 5))
@settings(max_examples=300, deadline=None)
def test_raised_minimums_leave_out_whole_cells_and_nothing_of_them_counts(drawn, point):
    shown_, policy = drawn
    data = source([], shown=shown_, policy=policy)
    seen = visible(data)

    def enough(cell: tuple[str, str], size: int, minimum: int) -> bool:
        return cell[1] in EXEMPT or (shown_.given[cell] or size) >= minimum

    there = {cell for cell, said in shown_.scores.items() if enough(cell, len(said), policy.min_group)}
    assert seen.scores == {cell: said for cell, said in shown_.scores.items() if cell in there}
    blocks = [len(block.texts) for block in seen.comments[0].blocks]
    assert sorted(blocks) == sorted(
        len(said) for cell, said in shown_.texts.items() if enough(cell, len(said), policy.min_comments)
    )
    assert {group.key for group in seen.groups} == {line for _item, line in there}
    others = {cell: said if cell in there else tuple(point for _one in said) for cell, said in shown_.scores.items()}
    assert shown(replace(data, shown=replace(shown_, scores=others))) == shown(data)


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


def test_forms_without_a_rating_are_no_raters():
    """Three forms of which one says nothing are two: they join another line instead of being lost in an empty one."""
    forms = [
        *[evaluation("Peer", 2, 2, 2)] * 2,
        evaluation("Peer", None, None, None),
        *[evaluation("DirectReport", 4, 4, 4)] * 3,
    ]

    result = report(source(forms), Viewer())

    assert [(group.label, group.n) for group in result.groups] == [("All others", 5)]
    assert [(line.label, line.answered, line.shown_as) for line in result.responses][2:4] == [
        ("Peers", None, "All others"),
        ("Direct reports", None, "All others"),
    ]
    assert all(item.others and item.others.n == 5 for one in result.competencies for item in one.items)


def test_a_statement_is_placed_by_those_who_answered_it():
    forms = [
        evaluation("Peer", 2, None, 2),
        evaluation("Peer", 2, 2, None),
        evaluation("Peer", 2, 2, 2),
        *[evaluation("DirectReport", 4, 4, 4)] * 3,
    ]

    first, second, third = (
        item for competency in report(source(forms), Viewer()).competencies for item in competency.items
    )

    assert {key: cell.n for key, cell in first.cells.items()} == {"group:Peer": 3, "group:DirectReport": 3}
    assert {key: cell.n for key, cell in second.cells.items()} == {ALL_OTHERS: 5}
    assert {key: cell.n for key, cell in third.cells.items()} == {ALL_OTHERS: 5}


def test_an_organisation_may_ask_for_larger_groups():
    forms = [evaluation("Peer", 4, 4, 4)] * 4

    assert visible(source(forms, policy=Policy(min_group=5, min_comments=5))).groups == ()
    with pytest.raises(ValueError, match="never lower"):
        Policy(min_group=2)


def test_answers_under_a_forgotten_relationship_are_protected_too():
    forms = [*[evaluation("Peer", 4, 4, 4)] * 3, evaluation("Mentor", 1, 1, 1)]

    groups = visible(source(forms)).groups

    assert [(group.key, group.n) for group in groups] == [(ALL_OTHERS, 4)]


def waiting(**lines: tuple[int, int]) -> list[Waiting]:
    """So many given and so many imported answers by line."""
    found: list[Waiting] = []
    for line, (given_, imported) in lines.items():
        for number in range(given_ + imported):
            found.append(Waiting(len(found), line, number < given_))
    return found


def sizes(batch: list[Waiting], *, first: bool = False, minimum: int = 3) -> dict[str, int]:
    return {line: len(joined) for line, joined in place(batch, minimum, first=first).items()}


@pytest.mark.parametrize(
    ("there", "joined"),
    [
        (waiting(a=(3, 0), b=(2, 0)), {"a": 3}),  # later on nobody is drawn into All others: two of b wait
        (waiting(a=(2, 0), b=(1, 0)), {ALL_OTHERS: 3}),
        (waiting(a=(2, 0)), {}),
        (waiting(a=(2, 5)), {"a": 5}),  # the imported ones alone; whoever imported them knows them
        (waiting(a=(3, 5)), {"a": 8}),
        (waiting(a=(0, 3)), {"a": 3}),
        (waiting(a=(1, 2), b=(1, 1)), {ALL_OTHERS: 3}),  # again without the two given ones
        (waiting(self=(1, 0), manager=(1, 0), a=(2, 0)), {"self": 1, "manager": 1}),
    ],
)
def test_what_waits_joins_when_enough_of_it_do(there, joined):
    assert sizes(there) == joined


def test_a_line_of_imported_answers_protects_nobody_who_answered_himself():
    assert sizes(waiting(a=(1, 0), b=(0, 6)), first=True) == {"b": 6}
    assert sizes(waiting(a=(1, 0), b=(0, 6), c=(3, 0)), first=True) == {"b": 6, ALL_OTHERS: 4}


def test_a_line_that_is_closed_takes_nobody_in():
    there = waiting(a=(3, 0), b=(2, 0), c=(1, 0))

    assert {*place(there, 3, first=True, closed=frozenset({ALL_OTHERS}))} == {"a"}
    assert {*place(there, 3, first=True, closed=frozenset({"a"}))} == {ALL_OTHERS}
