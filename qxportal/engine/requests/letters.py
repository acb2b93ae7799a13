"""Our own requests about printed letters with a code, for people without e-mail."""

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.db.models import F, QuerySet

from qxportal.core.languages import written
from qxportal.engine.assessments.deadlines import deadline
from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Forbidden, Invalid
from qxportal.engine.http.idempotency import ToldOnce
from qxportal.engine.mail import audience
from qxportal.engine.mail.letters import language_of
from qxportal.engine.models import Assessment, Person, PrintedLetter, User
from qxportal.engine.people import access, confidential, printed_letters
from qxportal.engine.people.personal_links import LASTS
from qxportal.engine.people.printed_letters import FreshLetter

MOST = 300  # letters per call


def print_letters(user: User, arguments: Arguments) -> object:
    """Create a code for each of these people; the response has the codes, the one to a repeated key has not."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    access.require_brand_admin(user)  # a letter opens all of a person's tasks in all assessments
    _refuse_subjects(user)
    persons = _persons(assessment, arguments.items("PersonIDs"))
    fresh = printed_letters.print_letters(assessment, persons, key=arguments.text("IdempotencyKey"))
    brand = assessment.brand
    about = {"SiteURL": settings.SITE_URL, "Organization": brand.title, "TimeZone": brand.zone.key}
    told = [_letter(one) for one in fresh]
    return ToldOnce(
        {**about, "Letters": [{**row, "Code": one.code} for row, one in zip(told, fresh, strict=True)]},
        {**about, "Letters": [{**row, "Code": ""} for row in told]},
    )


def get_letters(user: User, arguments: Arguments) -> object:
    """List the letters printed for people of an assessment, newest last and without codes."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    if confidential.is_subject(user, assessment):
        raise Forbidden("Another person has to ask for this: you are a subject.")
    found = PrintedLetter.objects.filter(assessment=assessment)
    if arguments.has("PersonID"):
        found = found.filter(person=access.person(user, arguments.text("PersonID")))
    return {"Letters": [_record(*row) for row in _with_state(found)]}


def _refuse_subjects(user: User) -> None:
    """Raise Forbidden for callers who are subjects now: they could sign in as one of their raters."""
    if confidential.is_subject_now(user):
        raise Forbidden("Another person has to print letters: you are a subject of an assessment that is not closed.")


def _persons(assessment: Assessment, wanted: Sequence[str]) -> list[Person]:
    if not 0 < len(wanted) <= MOST:
        raise Invalid("PersonIDs", f"Between 1 and {MOST} people are expected.")
    found = Person.objects.filter(
        public_id__in=wanted,
        removed_at=None,
        participations__assessment=assessment,
        participations__removed_at=None,
    )
    known = {person.public_id: person for person in found.select_related("org_structure__brand")}
    if unknown := next((one for one in wanted if one not in known), None):
        raise Invalid("PersonIDs", f"{unknown[:40]} does not take part in the assessment.")
    return [known[one] for one in dict.fromkeys(wanted)]


def _letter(fresh: FreshLetter) -> dict[str, object]:
    """The contents of a letter except its code."""
    person, brand = fresh.letter.person, fresh.letter.brand
    tasks = audience.open_of(person).select_related("assessment__survey", "assessment__schedule")
    deadlines = [until for task in tasks if (until := deadline(task)) is not None]
    return {
        "PersonID": person.public_id,
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Language": written(language_of(person, brand), brand.language).upper(),
        "Deadline": stamp(min(deadlines, default=None)),
        "PrintedAt": stamp(fresh.letter.printed_at),
        "ExpiresAt": stamp(fresh.letter.printed_at + LASTS),
    }


def _with_state(found: QuerySet[PrintedLetter]) -> list[tuple[PrintedLetter, bool]]:
    """Letters, each with whether its code is still valid."""
    rows = found.select_related("person").annotate(present=F("person__personal_link__generation")).order_by("pk")
    return [(row, row.generation == row.present and row.person.removed_at is None) for row in rows]


def _record(letter: PrintedLetter, counts: bool) -> dict[str, object]:
    return {
        "PersonID": letter.person.public_id,
        "PrintedAt": stamp(letter.printed_at),
        "ExpiresAt": stamp(letter.printed_at + LASTS),
        "Ended": int(not counts),
        "Key": letter.key,
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxGetLetters": get_letters,
    "qxPrintLetters": print_letters,
}
