"""The selection of responses for an export."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Evaluation, Panel, ResponseSet, Subgroup, Survey, User
from qxportal.engine.people import confidential

ALONE = ("ResponseSetID", "SubgroupID", "StartDate", "EndDate")  # excluded by ResponseID
RECORDED, SESSION = "R_", "FS_"


@dataclass(frozen=True)
class Selection:
    """A survey's selected responses, in order of recording, or of start for those in progress."""

    survey: Survey
    in_progress: bool
    zone: tzinfo
    all: QuerySet[Evaluation]  # determines the columns, which are the same on every page
    page: QuerySet[Evaluation]


def select(user: User, survey: Survey, arguments: Arguments) -> Selection:
    """The selection from the parameters; raises Invalid for an unknown id."""
    in_progress = arguments.flag("ResponsesInProgress")
    zone = _zone(user) if arguments.flag("LocalTime") else UTC
    status = Evaluation.Status.IN_PROGRESS if in_progress else Evaluation.Status.COMPLETED
    readable = confidential.evaluations(user).filter(assessment__survey=survey)  # others are unknown
    everything = readable.filter(status=status)
    moment = "started_at" if in_progress else "finished_at"
    if arguments.text("ResponseID"):
        found = _one(everything, readable, arguments)
    else:
        found = everything.filter(
            _response_set(survey, arguments.text("ResponseSetID")),
            _subgroup(survey, arguments.text("SubgroupID")),
            _after(arguments, "StartDate", f"{moment}__gt", zone),
            _after(arguments, "EndDate", f"{moment}__lt", zone),
        )
    found = found.filter(_panel(user, arguments.text("PanelID")))
    last = arguments.text("LastResponseID")
    if last:
        found = found.filter(_behind(readable, last, moment))
    ordered = found.order_by(F(moment).asc(nulls_last=True), "pk")
    offset, limit = arguments.number("Offset") or 0, arguments.number("Limit")
    page = ordered[offset : None if limit is None else offset + limit]
    return Selection(survey, in_progress, zone, everything, page)


def _one(
    everything: QuerySet[Evaluation], readable: QuerySet[Evaluation], arguments: Arguments
) -> QuerySet[Evaluation]:
    """The response with this id; empty if it exists but is in the other state."""
    for name in ALONE:
        if arguments.has(name):
            raise Invalid(name, "It may not be given together with ResponseID.")
    public_id = _recorded_id(arguments.text("ResponseID"))
    if not _begun(readable, public_id).exists():
        raise Invalid("ResponseID", "The survey has no such response.")
    return everything.filter(public_id=public_id)


def _behind(readable: QuerySet[Evaluation], public_id: str, moment: str) -> Q:
    last = _begun(readable, _recorded_id(public_id)).exclude(**{moment: None}).values_list("pk", moment).first()
    if last is None:
        raise Invalid("LastResponseID", "The survey has no such response.")
    pk, at = last
    return Q(**{f"{moment}__gt": at}) | Q(**{moment: at, "pk__gt": pk})


def _begun(readable: QuerySet[Evaluation], public_id: str) -> QuerySet[Evaluation]:
    """Filter for evaluations that are or will become responses."""
    begun = (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED)
    return readable.filter(status__in=begun, public_id=public_id)


def _recorded_id(public_id: str) -> str:
    return RECORDED + public_id.removeprefix(SESSION) if public_id.startswith(SESSION) else public_id


def _response_set(survey: Survey, public_id: str) -> Q:
    if not public_id:
        return Q(response_set=None)
    found = ResponseSet.objects.filter(survey=survey, public_id=public_id).first()
    if found is None:
        raise Invalid("ResponseSetID", "The survey has no such response set.")
    return Q(response_set=found)


def _subgroup(survey: Survey, public_id: str) -> Q:
    if not public_id:
        return Q()
    found = Subgroup.objects.filter(survey=survey, public_id=public_id).first()
    if found is None:
        raise Invalid("SubgroupID", "The survey has no such subgroup.")
    return Q(relationship__in=found.relationships)


def _panel(user: User, public_id: str) -> Q:
    if not public_id:
        return Q()
    found = Panel.objects.filter(brand=user.brand, public_id=public_id).first()
    if found is None:
        raise Invalid("PanelID", "There is no such panel.")
    return Q(evaluator__in=found.persons.values("pk"))


def _after(arguments: Arguments, name: str, lookup: str, zone: tzinfo) -> Q:
    text = arguments.text(name)
    if not text:
        return Q()
    return Q(**{lookup: datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)})


def _zone(user: User) -> tzinfo:
    try:
        return ZoneInfo(user.time_zone)
    except (LookupError, OSError, ValueError):  # a zone unknown on this machine
        return UTC
