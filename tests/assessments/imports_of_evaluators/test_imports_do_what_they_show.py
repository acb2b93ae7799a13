"""Random imports of evaluators: applying gives what the preview shows, undoing what was before."""

from contextlib import suppress
from random import Random

import pytest
from django.utils import timezone

from assessments.evaluators_undone import ADDING
from assessments.models import Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Action, PlanLine
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, undo_plan
from tests.assessments.imports_of_evaluators.rows import plan_of
from tests.assessments.imports_of_evaluators.vendor import ask, carry_out, listed_subjects, standing
from tests.support.mirrored_rows import assessment, browser, credential, evaluations, organisation, people, subjects

NAMES = ("Manager", "Peer", "DirectReport")
OTHERS = (*NAMES, "Customer", "Mentor")  # in which an evaluation may be listed by now
CHOICES: tuple[dict[str, bool], ...] = (
    {},
    {"retype": True},
    {"remove_others": True},
    {"retype": True, "remove_others": True, "add_subjects": True},
    {"clear_relationships": True},
    {"clear_relationships": True, "retype": True, "add_subjects": True},
)
QUICK = (0, 1, 2, 3, 4, 11)  # one of each choice
LISTED = 3  # of the people, who are subjects before
DONE = PlanLine.State.DONE


class World:
    """An assessment with random evaluators, and what changes in it."""

    def __init__(self, seed):
        self.chance = Random(seed)
        self.options = CHOICES[seed % len(CHOICES)]
        self.org = organisation()
        credential(self.org)
        browser(self.org, Role.EDITOR)
        self.by = Member.objects.get()
        self.staff = people(self.org, 7)
        names = [{"Name": name, "Translations": {}} for name in OTHERS[len(NAMES) :]]
        self.review = assessment(self.org, relationships=names)
        made = subjects(self.review, self.staff[:LISTED])
        for subject in made[: LISTED - 1]:
            ask(self.review, subject, subject.email, "Self")
        self.move(8)

    def move(self, most, *, begin=True):
        """Ask, retype, remove and begin some evaluations at the vendor, as readings leave them in the mirror."""
        for _number in range(self.chance.randint(0, most)):
            every = Subject.objects.filter(assessment=self.review, gone_at=None).order_by("email")
            subject, person = self.chance.choice(list(every)), self.chance.choice(self.staff)
            what = self.chance.choice(("ask", "ask", "begin", "remove", "listed in another relationship"))
            rows = Evaluation.objects.filter(subject=subject, evaluator_key=person.vendor_id, gone_at=None)
            there = rows.filter(missing_since=None).first()
            if subject.email == person.email or (there and there.status != "NotStarted"):
                continue
            if what == "ask":
                ask(self.review, subject, person.email, self.chance.choice(NAMES))
            elif there and what == "begin" and begin:
                rows.update(status="InProgress")
            elif there and what == "remove":
                rows.update(gone_at=timezone.now())
            elif there and what != "begin":
                known = set(rows.values_list("relationship", flat=True))
                rows.update(missing_since=timezone.now())  # by the first reading that lacks it
                evaluations(subject, [person], next(name for name in OTHERS if name not in known), "NotStarted")

    def rows(self):
        """Rows of a file: about subjects and others, naming people of the directory, new ones and external ones."""
        for _number in range(self.chance.randint(1, 9)):
            subject, new = self.chance.choice(self.staff[: LISTED + 2]), self.chance.randint(1, 3)
            row = {"subject_email": subject.email, "relationship": self.chance.choice((*NAMES, *NAMES, "Friend"))}
            if self.chance.random() < 0.75:
                yield row | {"email": self.chance.choice(self.staff).email}
            else:
                row |= {"email": f"new{new}@list.example", "first_name": "Nia", "last_name": f"N{new}"}
                yield row | ({"external": "yes"} if self.chance.random() < 0.5 else {})


def promised(before, plan):
    """The relationships that the lines promise which were done."""
    after = {pair: name for pair, (name, _status) in before.items()}
    emails = dict(Person.objects.filter(org=plan.org).values_list("vendor_id", "email"))
    done = plan.lines.filter(state=DONE)
    for line in sorted(done, key=lambda line: (line.action != Action.REMOVE, line.key.startswith(ADDING))):
        if line.action == Action.REMOVE and line.key.startswith(ADDING):  # takes the others about the subject along
            after = {pair: name for pair, name in after.items() if pair[0] != emails[line.about]}
        if "relationship" not in {**line.old, **line.new}:
            continue
        email = line.data["row"]["Email"] if "row" in line.data else emails[line.data["evaluator"]]
        pair = (emails[line.about], email)
        if line.action == Action.REMOVE:
            assert after.pop(pair) == line.old["relationship"]
        else:
            assert after.get(pair) == line.old.get("relationship")
            after[pair] = line.new["relationship"]
    return after


def applied(world, plan, left=()):
    """Apply what is shown, and check it; gives whether anything was to be applied."""
    if not plan.acting:
        return False
    try:
        with suppress(PlanMoved):  # the lines are others now: the member looks at the new preview, and applies that
            apply_plan(plan, by=world.by, typed=plan.acting)
        plan.refresh_from_db()
        if not plan.acting:
            return False
        apply_plan(plan, by=world.by, typed=plan.acting)
    except ActionRefused as problem:
        assert "No row of the file asks anybody" in str(problem)
        return False
    before = standing(world.review)
    carry_out(world.review, left)
    plan.refresh_from_db()
    assert plan.state == "applied"
    assert {pair: name for pair, (name, _status) in standing(world.review).items()} == promised(before, plan)
    not_added = plan.lines.filter(action="add").exclude(state=DONE).values("about")
    if not world.options.get("clear_relationships"):
        assert not plan.lines.filter(action="remove", state=DONE, about__in=not_added).exists()
    if not left:
        reasons = plan.lines.exclude(state__in=("", DONE))
        assert all(line.data["evaluator"] in begun_keys(world) for line in reasons)
    return True


def begun_keys(world):
    rows = Evaluation.objects.filter(assessment=world.review, status="InProgress", gone_at=None)
    return set(rows.values_list("evaluator_key", flat=True))


def undone(before, after, meanwhile, kept):
    """Relationships as undoing leaves them: those before, but for what others changed since, and who has begun.

    `kept`: the subjects who stay.
    """
    left = {}
    for pair in before.keys() | after.keys() | meanwhile.keys():
        was, did, now = (one.get(pair, ("", ""))[0] for one in (before, after, meanwhile))
        begun = now and meanwhile[pair][1] == "InProgress"
        stays = did != now or (begun and (not was or (was == "Manager" != now)))
        if pair[0] in kept and (name := now if stays else was):
            left[pair] = name
    return left


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(20, 80))])
def test_imports_do_what_they_show_and_undo_it(key_ring, seed):
    world = World(seed)
    before_subjects = listed_subjects(world.review)
    rows = list(world.rows())
    plan = plan_of(world.review, world.by, *rows, **world.options)
    world.move(3, begin=not world.options.get("clear_relationships"))
    refused = [(row["subject_email"], row["email"]) for row in rows if world.chance.random() < 0.1]
    before = standing(world.review)

    if not applied(world, plan, refused if seed % 2 else ()):
        assert standing(world.review) == before
        return
    after = standing(world.review)
    world.move(3)
    meanwhile = standing(world.review)
    undoing = undo_plan(plan, by=world.by)
    applied(world, undoing)

    begun = {email for pair, (_name, status) in meanwhile.items() if status != "NotStarted" for email in pair}
    assert listed_subjects(world.review) == before_subjects | (begun & listed_subjects(world.review))
    left = {pair: name for pair, (name, _status) in standing(world.review).items()}
    assert left == undone(before, after, meanwhile, before_subjects | begun)
