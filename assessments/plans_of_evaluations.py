"""Plans that add evaluators, remove them or change their relationship, by selections and rules, in any assessments."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.evaluation_lines import ADD, CHANGE, REMOVE, GroupEffect, Known, Wanted, lines_for
from assessments.imports import evaluator_row, evaluators_addition
from assessments.intents import evaluator_removal, relationship_change
from assessments.models import Assessment, Editions, Evaluation, Subject, Thresholds
from assessments.plan_places import assessment_place
from assessments.rules import rows_of
from directory.models import Person
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models import Action, Plan, PlanLine, Version
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import PlanKind, newest_key, newest_version
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.evaluators import RemoveEvaluator
from qxportal.threesixty.relationships import MINIMUM
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import Message, gettext_stored

AT_ONCE = 1_000  # rows of one import


def plan_evaluations(
    org: Organisation,
    wanted: Iterable[Wanted],
    *,
    by: Member,
    title: Message,
    source: Mapping[str, Any],
    plan_id: uuid.UUID | None = None,
    options: Mapping[str, Any] | None = None,
) -> Plan:
    """A plan of these rows, without those about the member as a subject."""
    rows = _of_others(by, wanted)
    named = sorted({one.assessment for one in rows})
    return make_plan(
        org,
        EVALUATIONS.name,
        (one.row for one in rows),
        by=by,
        title=title,
        source=source,
        options={**(options or {}), "assessments": named},
        assessment_id=named[0] if len(named) == 1 else "",
        plan_id=plan_id,
    )


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Plan lines for each evaluation, and the effects on groups."""
    wanted = [Wanted.of(row) for row in rows]
    yield from lines_for(wanted, read_known(plan.org, wanted))


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove added evaluators, add removed ones, and restore relationships."""
    back = {line.data["instead"]: line.data["evaluator"] for line in done if "instead" in line.data}
    wanted = [_inverse(line, instead=back.get(line.key, "")) for line in done]
    known = read_known(plan.org, wanted)
    for one, line in zip(wanted, done, strict=True):
        given = known.given_by(one)
        if one.do != ADD and given is not None and given.relationship != line.new["relationship"]:
            yield left_alone(line, gettext_stored("The relationship has changed since."))
    still = [
        one
        for one, line in zip(wanted, done, strict=True)
        if one.do == ADD or (given := known.given_by(one)) is None or given.relationship == line.new["relationship"]
    ]
    yield from lines_for(still, known)


def _inverse(line: PlanLine, *, instead: str) -> Wanted:
    do = {Action.ADD.value: REMOVE, Action.REMOVE.value: ADD, Action.CHANGE.value: CHANGE}[line.action]
    names = {name: line.data[name] for name in ("assessment", "subject", "evaluator")}
    relationship = line.old.get("relationship", "") or line.new["relationship"]
    return Wanted(do, **names, relationship=relationship, instead=instead)


def rule_rows(plan: Plan, member: Member) -> Iterable[SourceRow] | None:
    """Current rows of the plan's rule; the plan names their assessments."""
    rule = plan.options.get("rule")
    wanted = rows_of(member, rule) if rule else None
    if wanted is None:
        return None
    wanted = _of_others(member, wanted)
    plan.options = {**plan.options, "assessments": sorted({one.assessment for one in wanted})}
    return [one.row for one in wanted]


def _of_others(member: Member, wanted: Iterable[Wanted]) -> list[Wanted]:
    keys = fence_of(member).keys
    return [one for one in wanted if one.subject not in keys]


def read_known(org: Organisation, wanted: Sequence[Wanted]) -> Known:
    """Mirrored records that the rows refer to, in a few queries."""
    named = {one.assessment for one in wanted}
    assessments = {row.vendor_id: row for row in Assessment.objects.filter(org=org, vendor_id__in=named)}
    minimums = Thresholds.objects.filter(org=org, assessment__vendor_id__in=named)
    subject_keys = {one.subject for one in wanted}
    subjects = Subject.objects.filter(org=org, assessment__vendor_id__in=named, vendor_id__in=subject_keys)
    evaluations: dict[tuple[str, str], list[Evaluation]] = defaultdict(list)
    about = Evaluation.objects.filter(
        org=org, assessment__vendor_id__in=named, subject_key__in=subject_keys, gone_at=None
    )
    listed = set()
    for one in about.select_related("assessment").order_by(F("missing_since").asc(nulls_first=True), "pk"):
        who = (one.assessment_id, one.subject_key, one.evaluator_key)
        if one.missing_since is None or who not in listed:  # otherwise it is listed in another relationship by now
            listed.add(who)
            evaluations[one.assessment.vendor_id, one.subject_key].append(one)
    people = Person.objects.filter(org=org, vendor_id__in={one.evaluator for one in wanted if one.evaluator})
    return Known(
        assessments,
        dict.fromkeys(assessments, MINIMUM) | dict(minimums.values_list("assessment__vendor_id", "min_group")),
        {(row.assessment.vendor_id, row.vendor_id): row for row in subjects.select_related("assessment")},
        {person.vendor_id: person for person in people},
        evaluations,
        single_evaluators(org, named),
        dict(minimums.values_list("assessment__vendor_id", "group_of")),
    )


def single_evaluators(org: Organisation, named: Iterable[str]) -> frozenset[str]:
    """The assessments whose server can remove and change single evaluations."""
    if not may_ask(org, RemoveEvaluator):
        return frozenset()
    told = Editions.objects.filter(org=org, assessment__vendor_id__in=list(named))
    return frozenset(told.order_by().values_list("assessment__vendor_id", flat=True).distinct())


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One import for each assessment (more beyond a thousand rows), then one change for each other line,
    which is not sent where the line that it depends on fails."""
    named = {line.data["assessment"] for line in lines}
    names = dict(Assessment.objects.filter(org=plan.org, vendor_id__in=named).values_list("vendor_id", "name"))
    keys = {line.data["evaluator"] for line in lines if line.action == Action.ADD}
    people = {person.vendor_id: person for person in Person.objects.filter(org=plan.org, vendor_id__in=keys)}
    asked: dict[str, list[PlanLine]] = defaultdict(list)
    forgotten = set()
    for line in lines:
        if line.action == Action.ADD and line.data["evaluator"] in people:
            asked[line.data["assessment"]].append(line)
        elif line.action == Action.ADD:
            forgotten.add(line.key)
    targets = {line.key: _target(line) for line in lines if line.action != Action.ADD}
    for vendor_id, rows in asked.items():
        for number, start in enumerate(range(0, len(rows), AT_ONCE)):
            part = rows[start : start + AT_ONCE]
            imported = _import(plan, vendor_id, names.get(vendor_id, ""), part, number, people)
            targets |= dict.fromkeys((line.key for line in part), imported.target)
            yield imported, part
    for line in lines:
        if line.action != Action.ADD and line.data.get("instead") not in forgotten:
            after = targets.get(line.data.get("instead", ""), "")
            yield _single(line, names.get(line.data["assessment"], ""), after), [line]


def _import(
    plan: Plan, vendor_id: str, name: str, lines: Sequence[PlanLine], number: int, people: Mapping[str, Person]
) -> Intent:
    emails = dict(
        Subject.objects.filter(org=plan.org, assessment__vendor_id=vendor_id).values_list("vendor_id", "email")
    )
    rows = []
    for line in lines:
        person, subject = people[line.data["evaluator"]], line.data["subject"]
        rows.append(evaluator_row(person, emails.get(subject, ""), subject, line.new["relationship"]))
    return evaluators_addition(vendor_id, name, rows, part=f"{plan.pk}:{number}")


def _target(line: PlanLine) -> str:
    return f"{line.data['assessment']}:evaluation:{line.data['subject']}:{line.data['evaluator']}"


def _single(line: PlanLine, name: str, after: str) -> Intent:
    vendor_id, subject, evaluator = (line.data[key] for key in ("assessment", "subject", "evaluator"))
    if line.action == Action.REMOVE:
        wanted = evaluator_removal(vendor_id, name, subject, evaluator, seen=line.old, names=line.label)
        return replace(wanted, after=after)
    return replace(relationship_change(vendor_id, name, line), after=after)


def mark(plan: Plan) -> str:
    """The newest version of the directory and of the plan's assessments with their records.

    And the newest evaluation and subject, as added rows have no version yet.
    """
    named = Assessment.objects.filter(org=plan.org, vendor_id__in=plan.options.get("assessments", ()))
    rows = Version.objects.filter(assessment_id__in=list(named.values_list("pk", flat=True)), progress=False)
    newest = (newest_key(model.objects.filter(assessment__in=named)) for model in (Evaluation, Subject))
    return ".".join(map(str, (newest_key(rows), *newest))) + f"/{newest_version(plan.org, 'person')}"


def details(member: Member, plan: Plan, lines: Sequence[PlanLine]) -> dict[str, Any]:
    """Effects of each line on the groups of its subject."""
    return {line.key: [GroupEffect(*kept) for kept in line.data["groups"]] for line in lines if line.data.get("groups")}


def listings(plan: Plan) -> set[str]:
    """The lists of evaluations of its assessments."""
    return {
        f"evaluations:{vendor_id}" for vendor_id in plan.lines.values_list("data__assessment", flat=True) if vendor_id
    }


def verb(plan: Plan) -> str:
    """The words of the button."""
    counts = {action: plan.counts.get(action, 0) for action in (Action.ADD, Action.REMOVE, Action.CHANGE)}
    if counts[Action.ADD] == plan.acting:
        return ngettext("Add %(n)s evaluator", "Add %(n)s evaluators", plan.acting) % {"n": plan.acting}
    if counts[Action.REMOVE] == plan.acting:
        return ngettext("Remove %(n)s evaluator", "Remove %(n)s evaluators", plan.acting) % {"n": plan.acting}
    return ngettext("Change %(n)s evaluation", "Change %(n)s evaluations", plan.acting) % {"n": plan.acting}


def back(plan: Plan) -> str:
    """The person's or the assessment's page; of several assessments their list."""
    person = plan.source.get("person")
    if isinstance(person, int):
        return reverse("assessments:person", args=(plan.org.slug, person))
    found = Assessment.objects.filter(org=plan.org, vendor_id=plan.assessment_id).first()
    if found is None:
        return reverse("assessments:list", args=(plan.org.slug,))
    return reverse("assessments:subjects", args=(plan.org.slug, found.pk))


EVALUATIONS = PlanKind(
    name="evaluations",
    label=_("Evaluations"),
    validate=validate,
    intents=intents,
    undo=undo,
    rule_rows=rule_rows,
    mark=mark,
    listings=listings,
    fields={"relationship": _("Relationship"), "state": _("State")},
    words={"relationship": RELATIONSHIPS, "state": dict(Evaluation.Status.choices)},
    line_template="assessments/_plan_groups.html",
    details=details,
    verb=verb,
    back=back,
    place=assessment_place,
)
