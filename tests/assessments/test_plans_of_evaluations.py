"""Plans of evaluations: what becomes of each, of its group, and how it is undone."""

import pytest
from django.utils import timezone

from assessments.evaluation_lines import ADD, CHANGE, NOTE, REMOVE, Known, Wanted, lines_for
from assessments.leaving import leaver_rows
from assessments.models import Assessment, Editions, Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations, read_known
from directory.models import Person
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Action, Change, Undoable
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.sources import SourceRow
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

SELECTED = {"from": "selection"}


def person(key, **fields):
    return Person(vendor_id=key, first_name=key, last_name="", email=f"{key}@halden.example", **fields)


def given(key, relationship="Peer", status="NotStarted", subject="S"):
    named = {"evaluator_key": key, "evaluator_first_name": key, "subject_key": subject}
    return Evaluation(relationship=relationship, status=status, assessment=Assessment(vendor_id="TS"), **named)


def known(*rows, status="Waiting", closed=False, single=True, minimum=3):
    review = Assessment(vendor_id="TS", name="Review", status="Closed" if closed else "Active")
    subject = Subject(vendor_id="S", first_name="Sam", last_name="", status=status, assessment=review)
    there = {key: person(key) for key in ("S", "a", "b", "c", "d", *(row.evaluator_key for row in rows))}
    evaluated = {("TS", "S"): list(rows)}
    return Known(
        {"TS": review},
        {"TS": minimum},
        {("TS", "S"): subject},
        there,
        evaluated,
        frozenset({"TS"} if single else ()),
    )


def wanted(do, evaluator, relationship="Peer", **more):
    return Wanted(do, "TS", "S", evaluator, relationship, **more)


def words(line):
    return str(line.reason)


def test_wanted_row_is_kept_and_read_back():
    one = wanted(REMOVE, "a", answers=True)
    noted = Wanted(NOTE, "TS", "S", note="Fewer peers than wanted.", label="Sam")

    assert Wanted.of(one.row) == one
    assert Wanted.of(noted.row) == noted
    assert Wanted.of(SourceRow(values={name: value for name, value in one.row.values.items() if value})) == one


def test_lines_say_how_large_each_group_becomes():
    rows = [given("a"), given("b"), given("c")]

    removed, added = lines_for([wanted(REMOVE, "a"), wanted(ADD, "d")], known(*rows))

    assert (removed.action, added.action) == (Action.REMOVE, Action.ADD)
    assert removed.data["groups"] == added.data["groups"] == [["Peer", 3, 3, 3]]
    assert not removed.reason and not added.reason


def test_line_warns_where_a_group_falls_below_the_minimum():
    rows = [given("a"), given("b"), given("c")]

    below = next(lines_for([wanted(REMOVE, "a")], known(*rows)))
    larger = next(lines_for([wanted(REMOVE, "a")], known(*rows, given("d"))))
    strict = next(lines_for([wanted(REMOVE, "a")], known(*rows, given("d"), minimum=4)))

    assert words(below) == "Peer: 2 of 3 needed, so reports will hide the group."
    assert not larger.reason
    assert words(strict) == "Peer: 3 of 4 needed, so reports will hide the group."


def test_second_manager_is_warned_of():
    line = next(lines_for([wanted(ADD, "b", "Manager")], known(given("a", "Manager"))))

    assert words(line) == "Manager: 2. Only one manager is shown alone, so the group is hidden below 3 answers."


def test_changed_relationship_touches_both_groups():
    line = next(lines_for([wanted(CHANGE, "a", "DirectReport")], known(given("a"), given("b"))))

    assert (line.old["relationship"], line.new) == ("Peer", {"relationship": "DirectReport"})
    assert line.data["groups"] == [["Peer", 2, 1, 3], ["DirectReport", 0, 1, 3]]


@pytest.mark.parametrize(
    ("row", "there", "action"),
    [
        (wanted(ADD, "a"), known(given("a", "Manager")), Action.SKIP),
        (wanted(ADD, "a"), known(status="Done"), Action.REFUSE),
        (wanted(ADD, "a"), known(closed=True), Action.REFUSE),
        (wanted(ADD, "a", "Mentor"), known(), Action.REFUSE),
        (wanted(ADD, "S"), known(), Action.REFUSE),
        (wanted(ADD, "a", "Self"), known(), Action.REFUSE),
        (wanted(ADD, "S", "Self"), known(), Action.ADD),
        (wanted(ADD, "nobody"), known(), Action.REFUSE),
        (Wanted(ADD, "TS", "other", "a", "Peer"), known(), Action.REFUSE),
        (Wanted(ADD, "TS_2", "S", "a", "Peer"), known(), Action.REFUSE),
        (wanted(REMOVE, "a"), known(), Action.SKIP),
        (wanted(REMOVE, "a"), known(given("a"), single=False), Action.REFUSE),
        (wanted(REMOVE, "a"), known(given("a", status="InProgress")), Action.REFUSE),
        (wanted(REMOVE, "a", answers=True), known(given("a", status="InProgress")), Action.REMOVE),
        (wanted(CHANGE, "a"), known(given("a")), Action.SKIP),
        (wanted(CHANGE, "a", "Manager"), known(given("a", status="Completed")), Action.REFUSE),
        (wanted(CHANGE, "S", "Peer"), known(given("S", "Self")), Action.REFUSE),
        (Wanted(NOTE, "TS", "S", note="Fewer."), known(), Action.SKIP),
    ],
)
def test_lines_are_refused_or_skipped_with_words(row, there, action):
    line = next(lines_for([row], there))

    assert line.action == action
    assert line.about == row.subject
    assert bool(words(line)) == (action in (Action.SKIP, Action.REFUSE))


def test_removed_answers_cannot_be_undone():
    row = wanted(REMOVE, "a", answers=True)

    lost = next(lines_for([row], known(given("a", status="Completed"))))
    declined = next(lines_for([row], known(given("a", status="Declined"))))
    open_one = next(lines_for([row], known(given("a"))))

    assert [one.undoable for one in (lost, declined, open_one)] == [Undoable.NO, Undoable.PARTLY, Undoable.YES]


def test_leaver_is_replaced_in_the_same_relationship():
    owed = [given("a", "Peer", subject="S"), given("a", "Manager", subject="T")]

    rows = list(leaver_rows(owed, replacement=person("b"), replaced=["Peer"]))

    assert [(row.do, row.subject, row.evaluator, row.relationship) for row in rows] == [
        (ADD, "S", "b", "Peer"),
        (REMOVE, "S", "a", "Peer"),
        (REMOVE, "T", "a", "Manager"),
    ]


def test_leaver_stays_where_the_replacement_cannot_be_asked():
    rows = list(leaver_rows([given("a"), given("a", subject="T")], replacement=person("b"), replaced=["Peer"]))
    there = known(given("a"))
    del there.people["b"]

    lines = [line for line in lines_for(rows, there) if line.about == "S"]

    assert [line.action for line in lines] == [Action.REFUSE, Action.REFUSE]
    assert words(lines[1]) == "b cannot take over, so the evaluator stays."


def test_leaver_is_not_replaced_by_the_subject_nor_where_he_stays():
    begun = given("a", "Peer", "InProgress", subject="T")

    rows = list(leaver_rows([given("a"), begun], replacement=person("S"), replaced=["Peer"]))
    with_answers = list(leaver_rows([begun], replacement=person("b"), replaced=["Peer"], answers=True))

    assert [(row.do, row.subject) for row in rows] == [(NOTE, "S"), (REMOVE, "S"), (REMOVE, "T")]
    assert [(row.do, row.answers) for row in with_answers] == [(ADD, False), (REMOVE, True)]


# -- with rows of the mirror


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.get(role=Role.EDITOR)


@pytest.fixture
def able(org, review):
    """The server has said that it knows single evaluations."""
    Credential.objects.create(org=org, host="https://engine.example", version="2.5")

    def tell(subject):
        Editions.objects.create(
            org=org, assessment=subject.assessment, subject=subject, seen_at=timezone.now(), facts={"edition": 0}
        )

    return tell


def applied(plan, by):
    """The plan's changes are carried out, and the mirror shows it."""
    apply_plan(plan, by=by, typed=plan.acting)
    for change in Change.objects.filter(state=Change.State.PENDING).order_by("number"):
        _show(change)
        transition(change, Change.State.DONE, sent_at=timezone.now())
    plan.refresh_from_db()


def _show(change):
    kept = change.parameters
    if "rows" in kept:
        for row in kept["rows"]:
            subject = Subject.objects.get(vendor_id=row["SubjectUniqueIdentifier"])
            evaluations(
                subject,
                [Person.objects.get(vendor_id=row["UniqueIdentifier"])],
                row["Relationship"],
                "NotStarted",
            )
        return
    rows = Evaluation.objects.filter(subject_key=kept["subject_id"], evaluator_key=kept["person_id"], gone_at=None)
    if change.request == "qxRemoveEvaluator":
        rows.delete()
    else:
        rows.update(relationship=kept["relationship"])


def standing():
    rows = Evaluation.objects.filter(gone_at=None)
    return sorted(rows.values_list("subject_key", "evaluator_key", "relationship", "status"))


def test_plan_is_one_import_and_undone_as_before(org, review, by, able):
    crew = people(org, 6)
    subject, other = subjects(review, crew[:2])
    for one in (subject, other):
        able(one)
    evaluations(subject, [crew[2]], "Peer", "NotStarted")
    evaluations(other, [crew[3]], "Peer", "Completed")
    before = standing()
    rows = [
        Wanted(ADD, review.vendor_id, subject.vendor_id, crew[4].vendor_id, "Peer"),
        Wanted(ADD, review.vendor_id, other.vendor_id, crew[4].vendor_id, "DirectReport"),
        Wanted(REMOVE, review.vendor_id, subject.vendor_id, crew[2].vendor_id, "Peer"),
        Wanted(CHANGE, review.vendor_id, other.vendor_id, crew[3].vendor_id, "DirectReport"),
    ]

    plan = plan_evaluations(org, rows, by=by, title="Change", source=SELECTED)
    applied(plan, by)

    requests = list(Change.objects.order_by("number").values_list("request", flat=True))
    assert requests == ["importPersons", "qxRemoveEvaluator", "qxChangeRelationship"]
    assert plan.state == "applied"
    assert len(standing()) == 3 and standing() != before
    undoing = undo_plan(plan, by=by)
    applied(undoing, by)
    assert standing() == before


def test_undo_leaves_whoever_has_begun_by_now(org, review, by, able):
    crew = people(org, 3)
    [subject] = subjects(review, crew[:1])
    able(subject)
    rows = [Wanted(ADD, review.vendor_id, subject.vendor_id, one.vendor_id, "Peer") for one in crew[1:]]
    plan = plan_evaluations(org, rows, by=by, title="Add", source=SELECTED)
    applied(plan, by)
    Evaluation.objects.filter(evaluator_key=crew[1].vendor_id).update(status="InProgress")

    undoing = undo_plan(plan, by=by)

    assert list(undoing.lines.values_list("action", flat=True)) == [Action.REFUSE, Action.REMOVE]


def test_server_without_the_request_is_told_before(org, review, editor, by):
    crew = people(org, 2)
    [subject] = subjects(review, crew[:1])
    evaluations(subject, crew[1:], "Peer", "NotStarted")
    rows = [Wanted(REMOVE, review.vendor_id, subject.vendor_id, crew[1].vendor_id, "Peer")]

    plan = plan_evaluations(org, rows, by=by, title="Remove", source=SELECTED)

    assert plan.counts["refuse"] == 1
    assert "Single evaluators cannot be changed" in text(editor.get(f"/o/halden/plans/{plan.pk}/"))


def test_evaluators_are_ticked_and_removed(org, review, editor, able):
    crew = people(org, 4)
    [subject] = subjects(review, crew[:1])
    able(subject)
    evaluations(subject, crew[1:], "Peer", "NotStarted")
    page = f"/o/halden/assessments/{review.pk}/evaluations/change/"
    ticked = Evaluation.objects.get(evaluator_key=crew[1].vendor_id).pk

    nothing = editor.post(page, {"do": "remove"})
    planned = editor.post(page, {"do": "remove", "evaluation": [ticked]}, follow=True)

    assert nothing.status_code == 422
    assert "Peer: 2 of 3 needed, so reports will hide the group." in text(planned)
    assert "Peer : 3 now, 2 with this plan; 3 answers needed" in text(planned).replace("Peer:", "Peer :")
    answer = editor.post(page, {"do": "remove", "scope": "all"}, follow=True)
    assert f'<a href="/o/halden/assessments/{review.pk}/">{review.name}</a>' in answer.content.decode()
    emptied = text(answer).replace("Peer:", "Peer :")
    assert "Peer : 3 now, none with this plan" in emptied
    assert "answers needed" not in emptied
    changed = editor.post(page, {"do": "change", "scope": "all", "relationship": "DirectReport"}, follow=True)
    assert "Change 3 evaluations" in text(changed)


def test_leaver_page_lists_and_replaces(org, review, editor, able):
    crew = people(org, 5)
    [subject] = subjects(review, crew[:1])
    able(subject)
    evaluations(subject, crew[1:3], "Peer", "NotStarted")
    page = f"/o/halden/people/{crew[1].pk}/leaves/"

    shown = text(editor.get(page))
    unknown = editor.post(page, {"replacement": "nobody@halden.example", "relationships": ["Peer"]})
    planned = editor.post(page, {"replacement": crew[3].email, "relationships": ["Peer"]}, follow=True)

    assert "Open evaluations 1" in shown
    assert "No unique match for: nobody@halden.example" in text(unknown)
    assert "Change 2 evaluations" in text(planned)


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_plan_nothing(org, review, role, code):
    crew = people(org, 2)
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)

    for page in (f"assessments/{review.pk}/evaluations/change/", f"people/{crew[0].pk}/leaves/"):
        assert client.get(f"/o/halden/{page}").status_code == code


def test_member_plans_nothing_about_himself(org, review, editor, by, able):
    crew = people(org, 3)
    Person.objects.filter(pk=crew[0].pk).update(email=by.user.email)
    made = subjects(review, crew[:2])
    for one in made:
        able(one)
        evaluations(one, crew[2:], "Peer", "NotStarted")

    shown = text(editor.get(f"/o/halden/people/{crew[2].pk}/leaves/"))
    rows = [Wanted(REMOVE, review.vendor_id, one.vendor_id, crew[2].vendor_id, "Peer") for one in made]
    plan = plan_evaluations(org, rows, by=by, title="Remove", source=SELECTED)

    assert "Open evaluations 1" in shown
    assert list(plan.lines.values_list("about", flat=True)) == [made[1].vendor_id]


@pytest.mark.django_db
def test_evaluation_that_is_listed_in_another_relationship_counts_once():
    org = organisation()
    assessed, rater = people(org, 2)
    [subject] = subjects(assessment(org), [assessed])
    evaluations(subject, [rater], "Peer", "NotStarted")
    Evaluation.objects.update(missing_since=timezone.now())  # the first reading after the relationship was changed
    evaluations(subject, [rater], "Manager", "NotStarted")
    row = Wanted(REMOVE, subject.assessment.vendor_id, subject.vendor_id, rater.vendor_id)

    there = read_known(org, [row])

    assert [one.relationship for one in there.evaluations[row.assessment, row.subject]] == ["Manager"]


def test_removal_does_not_wait_for_itself():
    [line] = lines_for([wanted(REMOVE, "a", instead="a")], known(given("a")))

    assert "instead" not in line.data
