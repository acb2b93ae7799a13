"""Clearing all relationships before an import of evaluators: affected records, the request, and its undo.

The request clears the managers of the whole directory and removes every evaluator of the assessment who has not
begun. So all rows of the file are sent in the same upload.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _

from assessments.imports import STILL_OPEN, directory_import, evaluators_import, row_again
from assessments.models import Assessment, Evaluation
from assessments.plans_of_statuses import mark
from assessments.selectors import standing
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import plan_lines
from qxportal.ledger.models import Action, Change, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.registry import newest_version
from qxportal.threesixty.catalogue import UPLOAD_LIMIT
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.relationships import SELF
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

CLEARS = "clear_relationships"  # the option of a plan
CLEARED = "cleared:"  # key prefix of lines about evaluators that it removes
MANAGED = "manager:"  # begins the key of a line about the manager of a person
CLEARING = Q(key__startswith=CLEARED) | Q(key__startswith=MANAGED)
GOING = Q(status=Evaluation.Status.NOT_STARTED) & ~Q(relationship=SELF)
LINKS = Q(parameters__no_hierarchy_update=False) | Q(parameters__no_hierarchy_update__isnull=True)
ROOM = UPLOAD_LIMIT - 256 * 1024
BATCH = 1_000  # rows of one change
NOT_AGAIN = gettext_stored("An import that clears data cannot be sent again. Start a new one.")
MANAGERS = ("FirstName", "LastName", "Email", "UniqueIdentifier", "ManagerEmail")


def clears(line: PlanLine) -> bool:
    """Whether a line is about a cleared relationship."""
    return line.action == Action.REMOVE and line.key.startswith((CLEARED, MANAGED))


def clears_all(plan: Plan) -> bool:
    """Whether a plan clears relationships, so that the number must be typed; its undo does not."""
    return bool(plan.options.get(CLEARS)) and plan.undo_of_id is None


def cleared(assessment: Assessment, asked: Collection[tuple[str, str]]) -> Iterator[Line]:
    """All cleared relationships; `asked`: subjects and evaluators in the file."""
    goes = gettext_stored("Not in the file. Has not begun; stays if that has changed when the request is sent.")
    returns = gettext_stored("Is removed and asked again, as the file says.")
    going = standing(assessment).filter(GOING)
    for one in going.select_related("subject").order_by("subject__sort_name", "sort_name", "pk").iterator():
        anew = (one.subject_key, one.evaluator_key) in asked
        yield Line(
            Action.REMOVE,
            f"{CLEARED}{one.subject_key}|{one.evaluator_key}",
            f"{one.evaluator_name} → {one.subject}",
            reason=returns if anew else goes,
            old={"relationship": one.relationship},
            undoable=Undoable.PARTLY,
            undo_note=gettext_stored("Undo asks the evaluator again. Personal links that were sent do not return."),
            data={"row": row_again(one)},
            about=one.subject_key,
        )
    yield from _managers(assessment)


def _managers(assessment: Assessment) -> Iterator[Line]:
    people = Person.objects.filter(org=assessment.org, gone_at=None).exclude(manager_email="")
    manager = Person.objects.filter(org=assessment.org, gone_at=None, email=OuterRef("manager_email"))
    known = people.filter(Exists(manager)).order_by("sort_name", "pk")
    reason = gettext_stored("%(Service)s forgets the manager. The address in the person’s details stays.")
    already = gettext_stored(
        "An earlier import already cleared this manager, unless the manager was set again since then."
    )
    forgotten = _forgotten(assessment.org)
    for person in known.iterator():
        gone = forgotten.get(person.vendor_id) == person.manager_email
        yield Line(
            Action.SKIP if gone else Action.REMOVE,
            MANAGED + person.vendor_id,
            str(person),
            reason=already if gone else reason,
            old={"manager_email": person.manager_email},
            about=person.vendor_id,
        )


def _forgotten(org: Organisation) -> dict[str, str]:
    """Cleared managers, by person, that neither a line nor a portal import has set since then.

    In the directory's listing, a manager's address is a detail that stays whether or not the two are linked.
    """
    imports = Change.objects.filter(org=org, request="importPersons", state=Change.State.DONE)
    linking = imports.exclude(parameters__has_key="rows").filter(LINKS)
    linked_at = linking.aggregate(at=Max("settled_at"))["at"]
    lines = PlanLine.objects.filter(plan__org=org, key__startswith=MANAGED, state=PlanLine.State.DONE)
    told = lines.order_by("change__settled_at", "change__number")
    last = {line.about: line for line in told.select_related("change")}
    return {
        about: line.old["manager_email"]
        for about, line in last.items()
        if clears(line)
        and line.change
        and line.change.settled_at
        and (linked_at is None or linked_at < line.change.settled_at)
    }


def clearing_mark(plan: Plan) -> str:
    """The newest version of the assessment, and of the directory if its managers are cleared."""
    own = mark(plan)
    return f"{own}:{newest_version(plan.org, 'person')}" if plan.options.get(CLEARS) else own


def check_clearing(plan: Plan) -> None:
    """Refuse to clear beside open changes, without a row that asks an evaluator, or with more than one upload takes."""
    if not clears_all(plan) or not plan.lines.filter(CLEARING, action=Action.REMOVE).exists():
        return
    if Change.objects.filter(org=plan.org, assessment_id=plan.assessment_id, state__in=Change.OPEN).exists():
        raise ActionRefused(
            _("Other changes to this assessment are still open, and clearing could undo them. Wait for them first.")
        )
    asking = plan.lines.filter(action=Action.ADD, data__has_key="row")
    size = sum(len(to_csv(list(data["row"].values()), []).encode()) for data in asking.values_list("data", flat=True))
    if not size:
        raise ActionRefused(_("No row of the file asks anybody, so all relationships would only be removed."))
    if size > ROOM:
        raise ActionRefused(
            _("The file is too large to clear relationships with it: all rows have to fit into one upload of 8 MB.")
        )


def counts_of_clearing(member: Member, plan: Plan) -> Mapping[str, Any]:
    """Numbers of removed evaluators and cleared managers, for the plan's page."""
    if not clears_all(plan):
        return {}
    going = plan_lines(member, plan.lines.filter(action=Action.REMOVE))
    return {
        "cleared_evaluators": going.filter(key__startswith=CLEARED).count(),
        "cleared_managers": going.filter(key__startswith=MANAGED).count(),
    }


def no_second_clearing(plan: Plan) -> Message:
    """Why lines that failed are not sent once more: data that others have set since then is on no line."""
    failed = plan.lines.filter(CLEARING, action=Action.REMOVE, state__in=PlanLine.RETRIABLE)
    return NOT_AGAIN if clears_all(plan) and failed.exists() else ""


def clearing_import(
    plan: Plan, assessment: Assessment, asked: Sequence[PlanLine], going: Sequence[PlanLine]
) -> tuple[Intent, Sequence[PlanLine]]:
    """The single request; its rows are the lines that add evaluators, which precede the lines about cleared ones.

    Only the first attempt sends it: relationships set since then are on no line.
    """
    if any(line.state != PlanLine.State.WAITING for line in going):
        raise ActionRefused(str(NOT_AGAIN))
    rows = [dict(line.data["row"]) for line in asked]
    intent = Intent(
        call=evaluators_import(assessment.vendor_id, rows, clear=True),
        target=f"{assessment.vendor_id}:evaluators:{plan.pk}:clear",
        title=ngettext_stored(
            "Clear all relationships and ask %(n)s evaluator of “%(name)s”",
            "Clear all relationships and ask %(n)s evaluators of “%(name)s”",
            len(rows),
            name=assessment.name,
        ),
        expected_values={STILL_OPEN: True},
        parameters={"assessment_id": assessment.vendor_id, "rows": rows, "clear": True},
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
    )
    return intent, [*asked, *going]


def managers_now(plan: Plan, lines: Iterable[PlanLine]) -> dict[str, str]:
    """The addresses of the managers that people of these lines have now."""
    about = [line.about for line in lines if line.key.startswith(MANAGED)]
    people = Person.objects.filter(org=plan.org, gone_at=None, vendor_id__in=about)
    return dict(people.values_list("vendor_id", "manager_email"))


def manager_back(line: PlanLine, managers: Mapping[str, str]) -> Line:
    """The undo of a line about a cleared manager; `managers`: their current addresses, by person."""
    if managers.get(line.about) not in ("", None, line.old["manager_email"]):
        return left_alone(line, gettext_stored("The manager has changed since."))
    reason = gettext_stored("%(Service)s is told the manager again.")
    new = dict(line.old)
    return Line(Action.ADD, line.key, line.label, reason=reason, new=new, undoable=Undoable.NO, about=line.about)


def managers_again(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Imports into the directory that restore people's managers."""
    every = [line for line in lines if line.action == Action.ADD and line.key.startswith(MANAGED)]
    for start in range(0, len(every), BATCH):
        part = every[start : start + BATCH]
        found = Person.objects.filter(org=plan.org, gone_at=None, vendor_id__in=[line.about for line in part])
        people = {person.vendor_id: person for person in found}
        kept = [line for line in part if line.about in people]
        if kept:
            rows = [_managed(people[line.about], line.new["manager_email"]) for line in kept]
            yield _managers_import(plan, rows, kept[0].number), kept


def _managed(person: Person, manager_email: str) -> list[str]:
    return [person.first_name, person.last_name, person.email, person.vendor_id, manager_email]


def _managers_import(plan: Plan, rows: Sequence[Sequence[str]], first: int) -> Intent:
    return Intent(
        call=directory_import(MANAGERS, rows, by_id=True),
        target=f"managers:{plan.pk}:{first}",
        title=ngettext_stored("Set the manager of %(n)s person", "Set the managers of %(n)s people", len(rows)),
    )
