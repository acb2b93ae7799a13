"""Our own requests about access to reports on the site, and their openings."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from django.db.models import Max, Q
from django.utils import timezone

from qxportal.engine.editions import making
from qxportal.engine.editions import report_access as given
from qxportal.engine.http.arguments import Arguments, check_entry
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid, Problem
from qxportal.engine.mail import mailings
from qxportal.engine.models import Assessment, Participant, Person, ReportAccess, ReportOpening, User
from qxportal.engine.people import access, confidential, stored_reports
from qxportal.threesixty.catalogue import KNOWN

OWN_REPORT = "Subjects can neither release their own reports nor see who can open them."
MOST_ACCESSES = 100  # per call
SINGLE = KNOWN["qxSetReportAccess"]
Viewer = ReportAccess.Viewer


def set_report_access(user: User, arguments: Arguments) -> object:
    """Let a person open a subject's report on the site between two times; an end by now withdraws it."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    confidential.require(user, assessment)
    row = _set(user, confidential.own_person_ids(user), assessment, arguments)
    return {"AccessID": row.public_id}


def set_report_accesses(user: User, arguments: Arguments) -> object:
    """Set the access of many readers; returns for each whether it was done, or the reason why not."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    confidential.require(user, assessment)
    entries = arguments.structure("Accesses")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_ACCESSES:
        raise Invalid("Accesses", f"A list of 1 to {MOST_ACCESSES} maps is expected.")
    common = {"ThreeSixtyID": arguments.text("ThreeSixtyID"), "Notify": arguments.flag("Notify"), "IdempotencyKey": ""}
    own_ids, named, results = confidential.own_person_ids(user), set[int](), list[dict[str, object]]()
    for entry in entries:
        try:  # all checks run before anything is written
            row = _set(user, own_ids, assessment, check_entry(SINGLE, common, entry), named)
        except Problem as problem:
            results.append({"Code": problem.code, "Message": problem.message})
        else:
            named.add(row.pk)
            results.append({"AccessID": row.public_id})
    return {"Count": len(named), "Results": results}


def _set(
    user: User,
    own_ids: Collection[int],
    assessment: Assessment,
    arguments: Arguments,
    named: Collection[int] = (),
) -> ReportAccess:
    """Set one reader's access; `named`: those set earlier in the same call."""
    subject = _subject(own_ids, assessment, arguments)
    reader, viewer = _reader(user, subject, arguments), Viewer(arguments.required("Viewer"))
    if viewer == Viewer.SUBJECT and assessment.options.get("ReportApproval") and given.approver(subject) is None:
        raise Conflict(
            "ETS3", "The assessment has ReportApproval, and it is not known who the subject's manager is: name one."
        )
    row = ReportAccess.objects.filter(subject=subject, person=reader).first() or ReportAccess(
        brand=assessment.brand, assessment=assessment, subject=subject, person=reader
    )
    if row.pk in named:
        raise Invalid("PersonID", "An earlier entry names the same reader of the same report.")
    from_at, until_at = _moment(arguments, "From"), _moment(arguments, "Until")
    row.from_at = from_at or (row.from_at if row.pk else timezone.now())
    if until_at is not None and until_at <= row.from_at and row.pk is None:
        raise Invalid("Until", "It is not after From.")
    could_open = row.pk is not None and given.state(row) is given.State.OPEN
    row.until_at = until_at
    row.viewer, row.edition = viewer, _edition(assessment, subject, arguments)
    _ask_again(row, assessment, subject)
    row.given_by, row.given_at = user, timezone.now()
    row.save()
    stored_reports.forget(Q(pk=subject.pk), Q(person=reader))
    state = given.state(row)
    if state is given.State.WAITS_FOR_APPROVAL:
        mailings.ask_for_approvals(assessment, now=timezone.now())
    if arguments.flag("Notify") and state is not given.State.ENDED:
        mailings.tell_readers(assessment, now=timezone.now())
    elif arguments.flag("Notify") and could_open:
        mailings.tell_of_withdrawal(row, now=row.given_at)
    return row


def get_report_access(user: User, arguments: Arguments) -> object:
    """Readers and openings of the report of one subject, or of all subjects but the caller."""
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    rows, own_ids = (
        given.accesses().filter(assessment=assessment).order_by("subject", "pk"),
        confidential.own_person_ids(user),
    )
    if arguments.has("SubjectID"):
        rows = rows.filter(subject=_subject(own_ids, assessment, arguments))
    else:
        rows = rows.exclude(subject__person__in=own_ids)
    return {"Accesses": _records(list(rows))}


def _records(rows: Iterable[ReportAccess]) -> list[dict[str, object]]:
    now = timezone.now()
    openings = ReportOpening.objects.filter(access__in=list(rows)).values("access", "person")
    as_pdf = Max("at", filter=Q(what=ReportOpening.What.PDF))
    opened = {
        (each["access"], each["person"]): (each["at"], each["number"], each["fetched"])
        for each in openings.annotate(fetched=as_pdf, at=Max("at"), number=Max("edition"))
    }
    return [_record(row, opened, now) for row in rows]


def _record(
    row: ReportAccess, opened: Mapping[tuple[int, int], tuple[datetime, int, datetime | None]], now: datetime
) -> dict[str, object]:
    at, edition, fetched = opened.get((row.pk, row.person_id), (None, None, None))
    return {
        "AccessID": row.public_id,
        "SubjectID": row.subject.person.public_id,
        "PersonID": row.person.public_id,
        "FirstName": row.person.first_name,
        "LastName": row.person.last_name,
        "Left": row.person.removed_at is not None,
        "Viewer": row.viewer,
        "From": _written(row.from_at),
        "Until": _written(row.until_at),
        "Edition": row.edition,
        "State": given.state(row, now).value,
        "LastOpenedAt": _written(at),
        "OpenedEdition": edition,
        "LastDownloadedAt": _written(fetched),
        "Approval": _approval(row) if given.needs_approval(row) else None,
    }


def _approval(row: ReportAccess) -> dict[str, object]:
    asked = row.decided_by or given.approver(row.subject)
    return {
        "PersonID": asked.public_id if asked else None,
        "Name": str(asked) if asked else None,
        "Edition": row.approved_edition,
        "DecidedAt": _written(row.approved_at or row.sent_back_at),
        "Reason": row.sent_back_because or None,
    }


def _ask_again(row: ReportAccess, assessment: Assessment, subject: Participant) -> None:
    """Clear the manager's decision if it was about another edition than the subject would open now."""
    if row.approved_edition is not None:
        wanted = row.edition or _last(assessment, subject)
        if wanted == row.approved_edition:
            return
    row.approved_edition = row.approved_at = row.decided_by = row.sent_back_at = None
    row.sent_back_because = ""


def _edition(assessment: Assessment, subject: Participant, arguments: Arguments) -> int | None:
    number = arguments.number("Edition")
    if number is not None and not 0 < number <= _last(assessment, subject):
        raise Invalid("Edition", "There is no such edition: leave it out for the latest one.")
    return number


def _last(assessment: Assessment, subject: Participant) -> int:
    series = making.known_series(assessment, subject)
    found = making.last(series) if series.pk else None
    return found.number if found else 0


def _reader(user: User, subject: Participant, arguments: Arguments) -> Person:
    """The reader, checked against the role towards the subject."""
    row = ReportAccess.objects.filter(subject=subject, person__public_id=arguments.required("PersonID")).first()
    ends = _moment(arguments, "Until")
    if row is not None and ends is not None and ends <= timezone.now():  # access can be ended for people who left, too
        return row.person
    reader = access.person(user, arguments.required("PersonID"))
    is_subject, viewer = reader.pk == subject.person_id, arguments.text("Viewer")
    if is_subject != (viewer == Viewer.SUBJECT):
        raise Invalid("Viewer", "Subject is for the subject, and only for the subject.")
    if viewer == Viewer.MANAGER and not given.managers(subject).filter(pk=reader.pk).exists():
        raise Invalid("Viewer", "This person is neither the subject's manager nor asked for feedback as Manager.")
    return reader


def _subject(own_ids: Collection[int], assessment: Assessment, arguments: Arguments) -> Participant:
    found = access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID")
    if found.person_id in own_ids:
        raise Forbidden(OWN_REPORT)
    return Participant.objects.select_related("person__manager").get(pk=found.pk)


def _moment(arguments: Arguments, name: str) -> datetime | None:
    text = arguments.text(name)
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if text else None


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxGetReportAccess": get_report_access,
    "qxSetReportAccess": set_report_access,
    "qxSetReportAccesses": set_report_accesses,
}
