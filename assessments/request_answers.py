"""API requests without a better page: what they may read and change, and display of their responses, never stored."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from assessments.any_request import ADDING
from assessments.commands import refuse_lost
from assessments.editing_commands import refuse_fixed
from assessments.fence import whose_turn
from assessments.intents import refuse_if_closed
from assessments.models import Assessment
from directory.alike import name_words
from directory.commands import why_no_address
from directory.joins import own_likeness
from directory.models import Person
from directory.user_commands import refuse_user_call
from qxportal.accounts.audit import note
from qxportal.accounts.credentials import client_for
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.redaction import GONE, redacted
from qxportal.threesixty.calls.assessments import (
    GetEvaluationStatus,
    GetSubjectStatus,
    SetCustomRelationships,
    UpdateAssessment,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import ImportPersons, UpdatePerson
from qxportal.threesixty.calls.reports import SetPredefinedData, person_of
from qxportal.ui.stored_messages import StoredMessage

MOST_ROWS = 200
MOST_CHARACTERS = 100_000
SECRET = ("token", "passw", "secret", "link", "code")
OF_PEOPLE = ("assessment_id", "library_id")
TELLS_OF_SUBJECTS = ("getSubjectStatus", "getEvaluationStatus")
COUNTS_ANSWERS = "getQuotas"  # of a survey, over all its subjects together
GIVES_ADDRESSES = ("importPersons", "createUser", "updateUser", "changeUserName")


class Shown(NamedTuple):
    """A displayed response, its number of rows if it is a list, and whether the page shows only a part."""

    text: str
    rows: int | None
    cut: bool = False


def refuse(call: Call[Any], by: Member) -> None:
    """Raise ActionRefused for anything that the member may not read or change by an own request."""
    fence = fence_of(by)
    if _ids(call, ("person_id",)) & fence.keys or _ids(call, OF_PEOPLE) & fence.assessments.keys():
        raise ActionRefused(whose_turn(by))
    times = getattr(call, "include_user_stats", False)  # such as the time of the last answer
    if fence.assessments and (times or call.request == COUNTS_ANSWERS):
        raise ActionRefused(whose_turn(by))
    gives = getattr(call, "email", None) is not None or call.request in GIVES_ADDRESSES
    if call.mutates and gives and call.request != "createPerson" and (reason := why_no_address(by)):
        raise ActionRefused(str(reason))
    _refuse_by_kind(call, by)
    if call.request in ADDING:
        for one in Assessment.objects.filter(org=by.org, vendor_id__in=_ids(call, ("assessment_id",))):
            refuse_if_closed(one)
    refuse_user_call(call, by)


def _refuse_by_kind(call: Call[Any], by: Member) -> None:
    """What the page of a request refuses, where it has one, and what nobody can tell to be about the member."""
    match call:
        case GetEvaluationStatus(include_evaluation_responses=True):
            raise ActionRefused(_("Raw answers are exported under Settings › Answers only."))
        case GetEvaluationStatus() | GetSubjectStatus():
            _known(call.assessment_id, by)
        case UpdateAssessment():
            refuse_fixed(_known(call.assessment_id, by), swapped=call.survey_id is not None)
        case SetCustomRelationships():
            refuse_lost(_known(call.assessment_id, by), {one.name for one in call.relationships})
        case ImportPersons():
            named = set(re.split(r'[\s,;"]+', call.file_contents.lower()))
            if named & {key.lower() for key in fence_of(by).keys}:
                raise ActionRefused(whose_turn(by))
        case SetPredefinedData():
            if {person_of(row) for row in call.rows} & fence_of(by).keys:
                raise ActionRefused(whose_turn(by))
        case UpdatePerson():
            if not Person.objects.filter(org=by.org, vendor_id=call.person_id).exists():
                raise ActionRefused(_("The portal does not know this person. Refresh, then try again."))


def answer(call: Call[Any], by: Member, *, whole: bool = False) -> Shown:
    """Send the call, record it in the log, and return the response without secrets, cut for a page unless `whole`.

    Raises ActionRefused if it turns out to be about the member, whom the mirror did not know as a subject there.
    """
    with client_for(by.org) as threesixty:
        found = threesixty.call(call)
    note(by.org, by=by, verb="request.read", target=call.request, words=StoredMessage(call.request))
    if isinstance(found, tuple):
        if call.request in TELLS_OF_SUBJECTS and are_about(by, map(_subject, found)):
            raise ActionRefused(whose_turn(by))
        return _shown(found if whole else found[:MOST_ROWS], len(found), whole=whole)
    return _shown(found, None, whole=whole)


def _shown(value: Any, rows: int | None, *, whole: bool) -> Shown:
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    if whole:
        return Shown(text, rows)
    return Shown(text[:MOST_CHARACTERS], rows, cut=len(text) > MOST_CHARACTERS or (rows or 0) > MOST_ROWS)


def plain(value: Any) -> Any:
    """A record in JSON form, without values that have a secret's name and tokens in URLs.

    >>> plain({"Name": "Anna", "ApiToken": "3f2a", "At": ("a", 1)})
    {'Name': 'Anna', 'ApiToken': '…', 'At': ['a', 1]}
    """
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int() | float():
            return value
        case str():
            return redacted(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {
                str(name): GONE if _is_secret(str(name)) and inner else plain(inner) for name, inner in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
    if is_dataclass(value):
        return plain({item.name: getattr(value, item.name) for item in fields(value)})
    return redacted(str(value))


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET)


def _ids(call: Call[Any], names: tuple[str, ...]) -> set[str]:
    return {str(value) for name in names if (value := getattr(call, name, None))}


def are_about(by: Member, people: Iterable[tuple[str, str, str]]) -> bool:
    """Whether one of these ids, addresses or names is, or may be, the member's."""
    keys, likeness = {key.lower() for key in fence_of(by).keys}, own_likeness(by)
    for key, address, name in people:
        if {key.lower(), address.lower()} & keys:
            return True
        if likeness and likeness.names_meet(name_words(name)):
            return True
    return False


def _subject(row: Any) -> tuple[str, str, str]:
    """The subject of a row of statuses."""
    if hasattr(row, "subject_first_name"):
        return row.subject_id, row.subject_email, f"{row.subject_first_name} {row.subject_last_name}"
    return row.person_id, row.email, f"{row.first_name} {row.last_name}"


def _known(vendor_id: str, by: Member) -> Assessment:
    found = Assessment.objects.filter(org=by.org, vendor_id=vendor_id).first()
    if found is None:
        raise ActionRefused(_("The portal does not know this assessment. Refresh, then try again."))
    return found
