"""Rules that choose evaluators: the hierarchy, an earlier assessment, the load of raters, another manager."""

from collections import Counter
from typing import Any

import pytest

from assessments.carrying import carried_rows
from assessments.hierarchy import ReportingLine, Rule, hierarchy_rows
from assessments.load import rebalancing_rows, spread
from assessments.manager_changes import BOTH, MOVE, REPLACE, manager_rows
from assessments.models import Assessment, Evaluation
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text


def person(key, manager="", **fields):
    manager_email = f"{manager}@halden.example" if manager else ""
    return Person(
        vendor_id=key,
        first_name=key,
        last_name="",
        email=f"{key}@halden.example",
        manager_email=manager_email,
        **fields,
    )


def given(key, relationship="Peer", status="NotStarted", subject="s"):
    named = {"evaluator_key": key, "evaluator_first_name": key, "subject_key": subject}
    return Evaluation(relationship=relationship, status=status, assessment=Assessment(vendor_id="TS"), **named)


TEAM = [person("boss"), person("s", "boss"), *(person(f"p{n}", "boss") for n in range(8)), person("r", "s")]
LINE = ReportingLine.of(TEAM)


def rows_of(rule, *, subjects=("s",), line=LINE, asked=None, load=None):
    found = {one.vendor_id: one for one in TEAM}
    pairs = [(key, found.get(key)) for key in subjects]
    return list(hierarchy_rows("TS", pairs, line, rule, asked=asked or {}, load=load or {}))


def added(rows):
    return [(row.subject, row.evaluator, row.relationship) for row in rows if row.do == "add"]


def notes(rows):
    return [str(row.note) for row in rows if row.do == "note"]


def test_hierarchy_asks_manager_reports_and_peers():
    rows = rows_of(Rule(peers=3, seed="K7"))

    assert added(rows)[:2] == [("s", "boss", "Manager"), ("s", "r", "DirectReport")]
    assert Counter(row[2] for row in added(rows)) == {"Manager": 1, "DirectReport": 1, "Peer": 3}
    assert not notes(rows)


def test_seed_gives_the_same_peers_and_another_seed_others():
    chosen = {seed: tuple(added(rows_of(Rule(peers=3, seed=seed)))) for seed in "abcdefgh"}

    assert chosen["a"] == tuple(added(rows_of(Rule(peers=3, seed="a"))))
    assert len(set(chosen.values())) > 1


def test_peers_with_least_to_do_come_first_up_to_the_cap():
    load = {f"p{n}": n for n in range(8)}

    rows = rows_of(Rule(manager=False, reports=False, peers=3, most=2, seed="a"), load=load)

    assert [row[1] for row in added(rows)] == ["p0", "p1"]
    assert notes(rows) == ["Peers: 2 of 3 found."]


def test_cap_counts_what_the_plan_itself_adds():
    peers = [f"p{n}" for n in range(8)]

    rows = rows_of(Rule(peers=5, most=2, seed="a"), subjects=["s", *peers])

    load = Counter(row[1] for row in added(rows))
    assert max(load.values()) == 2
    assert "1 person of the reporting line has too much open already." in notes(rows)


def test_excluded_external_and_asked_people_are_left_out():
    line = ReportingLine.of([person("s", "boss"), person("a", "boss"), person("b", "boss", external=True)])

    rows = rows_of(Rule(manager=False, peers=2, external=False, excluded=frozenset({"a"})), line=line)
    counted = rows_of(Rule(peers=3), asked={"s": {"boss": "Manager", "r": "Peer", "p0": "Peer"}})

    assert added(rows) == []
    assert notes(rows) == ["Peers: 0 of 2 found."]
    assert [row[2] for row in added(counted)] == ["Peer"]
    assert not {"r", "p0"} & {row[1] for row in added(counted)}


def test_unknown_and_ambiguous_managers_are_noted():
    twins = ReportingLine.of([person("s", "boss"), person("boss"), Person(vendor_id="x", email="boss@halden.example")])

    rows = rows_of(Rule(), line=twins)

    assert added(rows) == []
    assert notes(rows) == ["The directory names no manager, or not just one."]


def test_earlier_evaluators_come_along_without_leavers_and_with_todays_manager():
    earlier = {"s": {"s": "Self", "old": "Manager", "p1": "Peer", "gone": "Peer"}}
    people = {key: person(key) for key in ("old", "p1", "boss")}

    rows = list(carried_rows("TS", [("s", TEAM[1]), ("p2", TEAM[4])], earlier, people, LINE))

    assert added(rows) == [("s", "p1", "Peer"), ("s", "boss", "Manager")]
    assert notes(rows) == [
        "No subject of the earlier assessment.",
        "An earlier evaluator has left the directory.",
        "The manager was old and now is boss.",
    ]


def test_earlier_subjects_missing_from_new_assessment_are_named():
    names = {"out": "Olga Out", "moved": "Mona Moved", "gone": "Gerd Gone"}
    earlier = {"s": {"gone": "Peer"}, "out": {}, "moved": {}}

    rows = list(
        carried_rows(
            "TS", [("s", TEAM[4])], earlier, {}, LINE, names=names, absent={"out": None, "moved": person("moved")}
        )
    )

    assert [(row.label, str(row.note)) for row in rows if row.note][:2] == [
        ("Mona Moved", "Was a subject of the earlier assessment and is not a subject of this one."),
        ("Olga Out", "Was a subject of the earlier assessment and has left the directory."),
    ]
    assert any(row.label.startswith("Gerd Gone → ") for row in rows)


def test_earlier_manager_stays_where_the_directory_tells_none():
    rows = list(carried_rows("TS", [("s", person("s"))], {"s": {"old": "Manager"}}, {"old": person("old")}, LINE))

    assert added(rows) == [("s", "old", "Manager")]


def test_peer_who_became_the_manager_is_carried_as_manager():
    rows = list(carried_rows("TS", [("s", TEAM[1])], {"s": {"boss": "Peer"}}, {"boss": TEAM[0]}, LINE))

    assert added(rows) == [("s", "boss", "Manager")]
    assert notes(rows) == ["boss has become the manager since."]


def test_spread_has_no_gaps():
    assert spread({"a": 1, "b": 3, "c": 3, "d": 0}) == [(1, 1), (2, 0), (3, 2)]
    assert spread({}) == []


def rebalanced(movable, load, most, asked=None):
    there = asked or {("TS", one.subject_key): {row.evaluator_key for row in movable} for one in movable}
    persons = {one.vendor_id: one for one in TEAM}
    return list(rebalancing_rows(movable, load, most, LINE, persons, there, seed="a"))


def test_rebalancing_moves_what_is_too_much_and_keeps_groups():
    movable = [given("p0", subject=subject) for subject in ("s", "p1", "p2")]

    rows = rebalanced(movable, {"p0": 3}, 1)

    assert Counter(row.do for row in rows) == {"add": 2, "remove": 2}
    asked = {(row.subject, row.evaluator) for row in rows if row.do == "add"}
    assert {(row.subject, row.instead) for row in rows if row.do == "remove"} == asked
    assert Counter(row.subject for row in rows if row.do == "add") == Counter(
        row.subject for row in rows if row.do == "remove"
    )
    assert all(row.evaluator not in ("p0", row.subject) for row in rows if row.do == "add")


def test_rebalancing_leaves_what_is_begun_and_says_who_is_stuck():
    begun = [given("p0", status="InProgress"), given("p0", "Manager", subject="p1")]
    full = {"p0": 2, **{key.vendor_id: 1 for key in TEAM if key.vendor_id != "p0"}}

    assert rebalanced(begun, {"p0": 5}, 1) == []
    assert notes(rebalanced([given("p0")], full, 1)) == [
        "No other peer of the subject can take an evaluation within the limit."
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (REPLACE, [("add", "new", "Manager"), ("remove", "old", "Manager")]),
        (MOVE, [("add", "new", "Manager"), ("change", "old", "Peer")]),
        (BOTH, [("add", "new", "Manager")]),
    ],
)
def test_manager_is_replaced_moved_or_joined(choice, expected):
    rows = manager_rows(choice, "TS", "s", [given("old", "Manager"), given("p")], "new", relationship="Peer")

    assert [(row.do, row.evaluator, row.relationship) for row in rows] == expected


def test_peer_becomes_the_manager_by_a_change():
    rows = manager_rows(REPLACE, "TS", "s", [given("old", "Manager"), given("p")], "p", relationship="Peer")

    assert [(row.do, row.evaluator) for row in rows] == [("change", "p"), ("remove", "old")]


# -- pages


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def team(org):
    """A manager and four people below."""
    crew = people(org, 5)
    for one in crew[1:]:
        Person.objects.filter(pk=one.pk).update(manager_email=crew[0].email)
    return list(Person.objects.order_by("pk"))


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


def newest(action="add"):
    plan = Plan.objects.latest("made_at")
    return [(line.data.get("evaluator"), line.new["relationship"]) for line in plan.lines.filter(action=action)]


def test_hierarchy_page_plans_and_keeps_the_seed(org, review, team, editor):
    subjects(review, team[1:2])
    page = f"/o/halden/assessments/{review.pk}/evaluators/hierarchy/"
    chosen = {"manager": "on", "reports": "on", "peers": 2, "seed": "K7Q4TZ"}

    unknown = editor.post(page, {**chosen, "excluded": "nobody@halden.example"})
    planned = editor.post(page, {**chosen, "excluded": team[2].email}, follow=True)

    assert "Not in the directory: nobody@halden.example" in text(unknown)
    assert "(seed K7Q4TZ)" in text(planned)
    assert Plan.objects.get().source["seed"] == "K7Q4TZ"
    assert sorted(newest()) == sorted(
        [(team[0].vendor_id, "Manager"), (team[3].vendor_id, "Peer"), (team[4].vendor_id, "Peer")]
    )


def test_earlier_evaluators_are_planned(org, review, team, editor):
    earlier = assessment(org, "Last year")
    [then, _moved] = subjects(earlier, [team[1], team[4]])
    evaluations(then, team[2:4], "Peer")
    subjects(review, team[1:2])
    Person.objects.filter(pk=team[3].pk).update(gone_at="2026-01-01T00:00Z")

    page = f"/o/halden/assessments/{review.pk}/evaluators/earlier/"
    planned = text(editor.post(page, {"earlier": earlier.pk}, follow=True))

    assert sorted(newest()) == sorted([(team[2].vendor_id, "Peer"), (team[0].vendor_id, "Manager")])
    assert "An earlier evaluator has left the directory." in planned
    assert f"{team[3]} → {team[1]}" in planned
    assert "Was a subject of the earlier assessment and is not a subject of this one." in planned


def test_earlier_assessments_of_others_cannot_be_chosen(org, review, editor):
    foreign = assessment(organisation("rival", "Rival"), "Foreign")

    answer = editor.post(f"/o/halden/assessments/{review.pk}/evaluators/earlier/", {"earlier": foreign.pk})

    assert answer.status_code == 422
    assert not Plan.objects.exists()


def test_manager_page_shows_what_each_choice_does(org, review, team, editor):
    [subject] = subjects(review, team[1:2])
    evaluations(subject, team[2:3], "Manager", "NotStarted")
    page = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/new-manager/"

    shown = text(editor.get(page))
    editor.post(page, {"manager": team[0].email, "choice": "both", "relationship": "Peer"})

    assert f"Manager in the directory: {team[0]}" in shown
    assert "Only one manager is shown alone" in shown
    assert newest() == [(team[0].vendor_id, "Manager")]


def test_load_page_counts_and_moves(org, review, team, editor):
    made = subjects(review, team[1:3])
    for one in made:
        evaluations(one, team[3:4], "Peer", "NotStarted")

    shown = text(editor.get("/o/halden/people/load/"))
    calm = editor.post("/o/halden/people/load/move/", {"most": 2})
    editor.post("/o/halden/people/load/move/", {"most": 1, "seed": "a"})

    assert f"{team[3]} Engineering 2" in shown
    assert "With this limit, no evaluations of peers have to be moved." in text(calm)
    assert len(newest()) == 1


def test_member_gets_no_rows_about_himself(org, review, team, editor):
    own = Member.objects.get()
    Person.objects.filter(pk=team[1].pk).update(email=own.user.email)
    [subject, _other] = subjects(review, [Person.objects.get(pk=team[1].pk), team[2]])
    evaluations(subject, team[3:4], "Peer", "NotStarted")

    editor.post(f"/o/halden/assessments/{review.pk}/evaluators/hierarchy/", {"peers": 1, "manager": "on"})
    blocked = editor.get(f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/new-manager/")
    shown = text(editor.get("/o/halden/people/load/"))

    assert set(Plan.objects.get().lines.values_list("about", flat=True)) == {team[2].vendor_id}
    assert blocked.status_code == 403
    assert "Nothing is open" in shown


@pytest.fixture
def many_raters(org, review, team):
    [subject] = subjects(review, team[1:2])
    evaluations(subject, people(org, 120, start=200), "Peer", "NotStarted")


def test_load_page_lists_everybody_by_pages(many_raters, editor):
    page = "/o/halden/people/load/"
    seen, query = set(), "?sort=name"
    while query:
        answer = editor.get(page + query)
        listed = answer.context["page"]
        seen |= {row.key for row in listed.rows}
        query = f"?sort=name&cursor={listed.next}" if listed.next else ""

    assert len(seen) == 120
    assert "1 120 of 120" in text(editor.get(page))
    assert "120 people" in text(editor.get(page))


def test_load_page_finds_and_takes_along_what_is_seen(many_raters, org, editor):
    rater = Person.objects.get(org=org, vendor_id="P_000000000000305")
    Evaluation.objects.filter(evaluator=rater).update(evaluator_first_name="=1+1")
    page = "/o/halden/people/load/"

    found = editor.get(page, {"q": rater.email})
    file = b"".join(editor.get(page, {"q": rater.email, "file": "csv"}).streaming_content).decode("utf-8-sig")
    none = editor.get(page, {"q": "nobody-has-this"})

    assert [row.email for row in found.context["page"].rows] == [rater.email]
    heads, line = file.strip().splitlines()
    assert heads.startswith("Name,E-mail address,Department,Open evaluations")
    assert rater.email in line
    assert not line.startswith(("=", '"='))
    assert "No matching people" in text(none)
    assert AuditEntry.objects.filter(org=org, verb="list.exported").count() == 1


def test_other_organisation_takes_no_load_along(many_raters):
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert rival.get("/o/halden/people/load/", {"file": "csv"}).status_code == 404
    own: Any = rival.get("/o/rival/people/load/", {"file": "csv"})
    assert len(b"".join(own.streaming_content).splitlines()) == 1


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_use_no_rule(org, review, team, role, code):
    [subject] = subjects(review, team[1:2])
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)
    of = f"/o/halden/assessments/{review.pk}"

    for page in (
        f"{of}/evaluators/hierarchy/",
        f"{of}/evaluators/earlier/",
        f"{of}/subjects/{subject.pk}/new-manager/",
    ):
        assert client.get(page).status_code == code
    assert client.post("/o/halden/people/load/move/", {"most": 1}).status_code == code
