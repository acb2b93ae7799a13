"""Our own requests about nomination lists."""

from collections.abc import Callable, Mapping

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Participant, Person, User
from qxportal.engine.nominations import rules, steps
from qxportal.engine.nominations.overview import Entry, overview
from qxportal.engine.people import access, confidential

DECISIONS = ("Approve", "SendBack", "Reopen", "Submit")
REASON = 1_000  # characters


def get_nominations(user: User, arguments: Arguments) -> object:
    """List the nominations by subject, with the people on them and who acts next."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    subjects = Participant.objects.filter(assessment=assessment, is_subject=True, removed_at=None)
    if arguments.has("SubjectID"):
        subjects = subjects.filter(pk=access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID").pk)
    subjects = subjects.exclude(person__in=confidential.own_person_ids(user))
    return {"Nominations": [_record(one) for one in overview(subjects.order_by("pk"))]}


def set_nominations(user: User, arguments: Arguments) -> object:
    """Replace a subject's list, as HR does for people who do not find the time."""
    subject = _subject(user, arguments)
    without = _addresses(arguments.structure("WithoutOutside")) if arguments.has("WithoutOutside") else []
    _carry_out(lambda: steps.replace(subject, _wanted(user, arguments.structure("Nominees")), without=without))
    return {"Success": True}


def decide_nominations(user: User, arguments: Arguments) -> object:
    """Submit, approve, send back or reopen a list on behalf of the subject or manager."""
    subject, decision = _subject(user, arguments), arguments.text("Decision")
    reason = arguments.text("Reason", limit=REASON)
    if decision not in DECISIONS:
        raise Invalid("Decision", f"Possible: {', '.join(DECISIONS)}.")
    if decision in ("SendBack", "Reopen") and not reason:
        raise Invalid("Reason", "Whoever chose reads why.")
    step = {
        "Approve": lambda: steps.approve(subject),
        "SendBack": lambda: steps.send_back(subject, reason),
        "Reopen": lambda: steps.reopen(subject, reason),
        "Submit": lambda: steps.submit(subject, by=None),
    }[decision]
    _carry_out(step)
    return {"State": rules.list_of(subject).state}


def _carry_out(step: Callable[[], object]) -> None:
    try:
        step()
    except steps.StepRefusedError as refusal:
        raise Conflict("ETS3", str(refusal)) from refusal


def _subject(user: User, arguments: Arguments) -> Participant:
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    found = access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID")
    confidential.refuse_oneself(user, found.person_id)
    found.assessment = assessment
    return found


def _wanted(user: User, given: object) -> list[tuple[Person, str]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Invalid("Nominees", "A list of people with PersonID and Relationship is expected.")
    return [
        (access.person(user, str(one.get("PersonID", "")), parameter="Nominees"), str(one.get("Relationship", "Peer")))
        for one in given
    ]


def _addresses(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Invalid("WithoutOutside", "A list of e-mail addresses is expected.")
    return given


def _record(one: Entry) -> dict[str, object]:
    return {
        "SubjectID": one.subject.person.public_id,
        "State": one.listed.state,
        "Turn": rules.turn(one.listed, one.rules, one.manager),
        "ManagerID": one.manager.public_id if one.manager else "",
        "Reason": one.listed.reason,
        "ChangedAt": stamp(None if one.listed._state.adding else one.listed.changed_at),
        "Minimum": one.rules.minimum,
        "Maximum": one.rules.maximum,
        "Chosen": one.chosen,
        "Nominees": [
            {
                "PersonID": nominee.person.public_id,
                "Relationship": nominee.relationship,
                "AddedBy": nominee.added_by.public_id if nominee.added_by else "",
            }
            for nominee in one.nominees
        ],
        "Outside": [
            {
                "FirstName": wanted.first_name,
                "LastName": wanted.last_name,
                "Email": wanted.email,
                "Relationship": wanted.relationship,
                "AddedBy": wanted.added_by.public_id if wanted.added_by else "",
            }
            for wanted in one.outside
        ],
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxDecideNominations": decide_nominations,
    "qxGetNominations": get_nominations,
    "qxSetNominations": set_nominations,
}
