"""The report's numbers, compared with ones worked out by hand."""

from dataclasses import replace

from qxportal.engine.reports.aggregate import report, report_json
from qxportal.engine.reports.results import Cell, CompetencyResult, Gap, Spread, Verdict
from qxportal.engine.reports.types import Policy, Shown, Viewer, ViewerKind
from tests.qxportal.engine.reports.report_sources import RELATIONSHIPS, evaluation, source

FORMS = [
    evaluation("Self", 5, 4, 3, said="I try to be clear."),
    evaluation("Manager", 4, 3, 5, said="Good year."),
    evaluation("Peer", 3, 3, 4, said="Explains the reasons."),
    evaluation("Peer", 3, 2, 5, said="Calm under pressure."),
    evaluation("Peer", 2, None, 4, said="Fair to everyone."),
    evaluation("Peer", 3, 4, 5),
    evaluation("DirectReport", 4, 2, 5, said="Listens to the end."),
    evaluation("DirectReport", 3, 1, 4),
    evaluation("DirectReport", 2, 3, None, said="Keeps promises."),
]


def result():
    return report(source(FORMS), Viewer())


def test_a_statement_is_the_mean_of_raters():
    item = result().competencies[0].items[0]

    assert {key: (cell.mean, cell.n) for key, cell in item.cells.items()} == {
        "self": (5.0, 1),
        "manager": (4.0, 1),
        "group:Peer": (2.8, 4),  # 11 / 4, half up
        "group:DirectReport": (3.0, 3),
    }
    assert (item.others.mean, item.others.n) == (3.0, 8)  # 24 / 8


def test_cannot_say_is_not_counted():
    item = result().competencies[0].items[1]

    assert (item.cells["group:Peer"].mean, item.cells["group:Peer"].n) == (3.0, 3)
    assert (item.others.mean, item.others.n) == (2.6, 7)  # 18 / 7


def test_a_competency_is_the_mean_of_its_shown_statements():
    competency = result().competencies[0]

    assert competency.self_cell.mean == 4.5
    assert (competency.others.mean, competency.others.n) == (2.8, 7)  # (3 + 18/7) / 2 = 2.79
    assert competency.cells["group:Peer"].mean == 2.9  # (2.75 + 3) / 2 = 2.875


def test_where_two_of_three_answered_a_statement_they_stand_with_the_peers():
    trust = result().competencies[1]

    assert "group:DirectReport" not in trust.cells
    assert (trust.cells["all_others"].mean, trust.cells["all_others"].n) == (4.5, 6)  # 27 / 6
    assert trust.others
    assert (trust.others.mean, trust.others.n) == (4.6, 7)  # with the manager: 32 / 7


def test_a_statement_that_may_not_be_shown_is_no_part_of_its_competency():
    forms = [*FORMS[:3], *FORMS[6:]]  # one peer is left, and no statement of the second competency has three answers
    trust = report(source(forms[:4]), Viewer()).competencies[1]

    assert {*trust.cells} == {"self", "manager"}
    assert trust.others
    assert (trust.others.mean, trust.others.n) == (5.0, 1)


def test_gaps_are_told_in_words_and_judged_by_size_and_spread():
    direction, trust = result().competencies

    assert (direction.verdict, trust.verdict) == (Verdict.BLIND_SPOT, Verdict.HIDDEN_STRENGTH)
    assert (direction.verdict.gap, trust.verdict.gap) == (Gap.HIGHER, Gap.LOWER)


def test_a_large_gap_within_the_usual_disagreement_is_no_insight():
    forms = [evaluation("Self", 4, 4, 4), *(evaluation("Peer", *(score,) * 3) for score in (1, 2, 3, 4, 5))]

    competency = report(source(forms), Viewer()).competencies[0]

    assert competency.verdict is Verdict.SOMEWHAT_HIGHER
    assert not competency.verdict.notable


def test_a_manager_alone_is_no_verdict_of_others():
    forms = [evaluation("Self", 5, 5, 5), evaluation("Manager", 2, 2, 2)]

    assert [one.verdict for one in report(source(forms), Viewer()).competencies] == [None, None]


def test_a_gap_is_judged_by_the_means_that_are_printed():
    forms = [evaluation("Self", 4, 4, 4), *(evaluation("Peer", 4, 4, score) for score in (3, 3, 3, 4, 4, 4, 3))]

    trust = report(source(forms), Viewer()).competencies[1]

    assert trust.self_cell and trust.others and (trust.self_cell.mean, trust.others.mean) == (4.0, 3.4)
    assert trust.verdict is Verdict.SOMEWHAT_HIGHER


def test_asked_and_unasked_add_up_to_those_who_answered():
    forms = [
        *[evaluation("Peer", 4, 4, 4)] * 2,
        *[replace(evaluation("Peer", 5, 5, 5), unasked=True)] * 3,
        replace(evaluation("DirectReport", 1, 1, 1), unasked=True),
    ]
    peers, direct = report(source(forms, relationships=RELATIONSHIPS[2:4]), Viewer()).responses

    assert (peers.invited, peers.answered, peers.unasked) == (6, None, None)  # joined with the one direct report
    assert (direct.answered, direct.unasked) == (None, None)

    result = report(source(forms[:5]), Viewer())
    assert (result.responses[2].answered, result.responses[2].unasked, result.groups[0].n) == (2, 3, 5)
    assert report_json(result)["Responses"][2] == {
        "Relationship": "Peers",
        "Invited": 6,
        "Answered": 2,
        "Unasked": 3,
        "ShownAs": "Peers",
    }


def test_statements_rated_alike_are_neither_highest_nor_lowest():
    alike = report(source([evaluation("Peer", 4, 4, 4)] * 3), Viewer())
    two = report(source([evaluation("Peer", 4, 4, 3)] * 3), Viewer())

    assert (alike.strengths, alike.needs) == ((), ())
    assert ([one.id for one in two.strengths], [one.id for one in two.needs]) == (["A"], ["C"])


def test_spread_needs_five_raters():
    item = result().competencies[0].items[0]

    assert item.cells["group:Peer"].spread is None
    assert item.cells["group:Peer"].indicative
    assert item.others.spread is Spread.MIXED  # deviation 0.71
    assert not item.others.indicative


def test_spread_of_others_does_not_count_the_manager_whom_readers_can_subtract():
    peers = [evaluation("Peer", *(score,) * 3) for score in (1, 1, 2, 2, 2)]
    own, manager = evaluation("Self", 5, 5, 5), evaluation("Manager", 2, 2, 2)
    four, five = (report(source([own, manager, *peers[:many]]), Viewer()).competencies[0] for many in (4, 5))

    def told(competency: CompetencyResult) -> list[tuple[Cell | None, Verdict | None]]:
        return [(each.others, each.verdict) for each in (competency, competency.items[0])]

    # a larger verdict than somewhat higher would tell how far the four are apart
    assert told(four) == [(Cell(mean=1.6, n=5), Verdict.SOMEWHAT_HIGHER)] * 2
    assert told(five) == [(Cell(mean=1.7, n=6, spread=Spread.TIGHT), Verdict.BLIND_SPOT)] * 2


def test_spread_does_not_count_imported_ratings_where_people_gave_some_themselves():
    policy = Policy(min_group=3, min_comments=3, spread_min=5)

    def spreads(peers: int, reports: int) -> list[Spread | None]:
        lines = {"group:Peer": (5, peers), "group:DirectReport": (5, reports)}
        shown = Shown(
            scores={("A", line): (2,) * size for line, (size, _given) in lines.items()},
            texts={},
            given={("A", line): given for line, (_size, given) in lines.items()},
            raters={line: size for line, (size, _given) in lines.items()},
        )
        item = report(source([], shown=shown, policy=policy), Viewer()).competencies[0].items[0]
        return [cell.spread for cell in (*(item.cells[line] for line in lines), item.others) if cell]

    tight = Spread.TIGHT
    assert spreads(5, 5) == spreads(0, 0) == [tight, tight, tight]
    assert spreads(4, 0) == [None, tight, None]  # whoever imported six knows them, and would know the other four
    assert spreads(4, 4) == [None, None, tight]


def test_strengths_and_needs_do_not_overlap():
    report_data = result()

    assert [item.id for item in report_data.strengths] == ["C"]
    assert [item.id for item in report_data.needs] == ["B"]


def test_comments_are_labelled_only_where_three_of_a_group_wrote():
    blocks = result().comments[0].blocks

    assert [(block.label, len(block.texts)) for block in blocks] == [("Self", 1), ("Manager", 1), (None, 5)]


def test_the_json_leaves_out_what_is_not_shown():
    answer = report_json(result())

    assert answer["Groups"][0] == {"Key": "self", "Label": "Self", "Count": 1}
    assert "group:DirectReport" not in answer["Competencies"][1]["Results"]
    assert answer["Competencies"][0]["Others"] == {"Mean": 2.8, "Count": 7, "Spread": "mixed"}
    assert answer["Responses"][4] == {"Relationship": "Customer", "Invited": 6}


def test_the_cover_names_for_whom_it_was_made():
    data = source(FORMS)

    assert report(data, Viewer()).prepared_for == "Ingrid Sørensen"
    assert report(data, Viewer(kind=ViewerKind.ADMIN)).prepared_for == "the administrators of Marlstone Instruments"
    assert report(data, Viewer(kind=ViewerKind.PERSON, name="Iris de Groot")).prepared_for == "Iris de Groot"
