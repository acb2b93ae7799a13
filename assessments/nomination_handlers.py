"""How changes of lists of nominations are made, compared and mirrored."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from assessments.models import Nominations, Subject
from assessments.nominations import APPROVED, OPEN, SENT_BACK, seen_list
from assessments.sync import start_refresh
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.ledger.outbox.serialize import parameters_of, restored
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.nominations import SetNominations

CERTAIN = {"Approve": APPROVED, "SendBack": SENT_BACK, "Reopen": OPEN}  # what submitting leads to only the server knows
SENT = ("PersonID", "Relationship")  # of a nominee; a change also stores the names for its readers


def _row(change: Change) -> Nominations | None:
    there = {"org": change.org, "assessment__vendor_id": change.assessment_id}
    rows = Nominations.objects.filter(**there, subject__vendor_id=change.parameters["subject_id"])
    return rows.select_related("subject").first()


def _call(change: Change) -> Call[Any]:
    call = restored(change)
    if not isinstance(call, SetNominations):
        raise TypeError(change.request)
    return replace(call, nominees=tuple({name: one[name] for name in SENT} for one in call.nominees))


def _mirrored_list(change: Change) -> MirroredValues | None:
    row = _row(change)
    if row is None:
        return None
    return MirroredValues({"nominees": seen_list(row.subject), "nominations_state": row.state}, row.seen_at)


def _wanted_list(change: Change) -> dict[str, object]:
    nominees: Any = parameters_of(change)["nominees"]
    named = ((one.get("FirstName") or one["PersonID"], one["Relationship"]) for one in nominees)
    return {"nominees": sorted(f"{name} ({relationship})" for name, relationship in named)}


def _mirror_list(change: Change, as_of: datetime) -> None:
    """Store the accepted list; the number of people it counts as is read again."""
    row = _row(change)
    if row is not None and row.seen_at <= as_of:
        before = {one["key"]: one for one in row.facts["nominees"]}
        wanted: Any = parameters_of(change)["nominees"]
        kept = [
            {
                "key": one["PersonID"],
                "relationship": one["Relationship"],
                "added_by": before.get(one["PersonID"], {}).get("added_by", ""),
            }
            for one in wanted
        ]
        without: Any = parameters_of(change).get("without_outside", [])
        outside = [one for one in row.facts.get("outside", ()) if one["email"] not in without]
        facts = {**row.facts, "nominees": kept, "outside": outside}
        Nominations.objects.filter(pk=row.pk, seen_at__lte=as_of).update(facts=facts, seen_at=as_of)
    start_refresh(change.org, change.assessment_id)


def _mirror_decision(change: Change, as_of: datetime) -> None:
    row, state = _row(change), CERTAIN.get(change.parameters["decision"])
    if row is not None and state:
        facts = {**row.facts, "reason": change.parameters.get("reason") or "", "changed_at": as_of.isoformat()}
        Nominations.objects.filter(pk=row.pk, seen_at__lte=as_of).update(
            state=state, turn=_turn(row.subject, state), facts=facts, seen_at=as_of
        )
    start_refresh(change.org, change.assessment_id)


def _turn(subject: Subject, state: str) -> str:
    """The turn after a list was approved, sent back or reopened."""
    if state == APPROVED:
        return ""
    return "Subject" if (subject.assessment.workflow_options or {}).get("SubjectsNominate") else "Manager"


NOMINATION_HANDLERS: dict[str, ChangeHandler] = {
    "qxSetNominations": ChangeHandler(
        call=_call, mirror=_mirror_list, mirrored_values=_mirrored_list, target_values=_wanted_list
    ),
    "qxDecideNominations": ChangeHandler(
        mirror=_mirror_decision,
        mirrored_values=_mirrored_list,
        target_values=lambda change: {"nominations_state": CERTAIN.get(change.parameters["decision"])},
    ),
}
