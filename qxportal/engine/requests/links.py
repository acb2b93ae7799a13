"""Our own requests about personal links: their state and revocation. No response contains a link."""

from collections.abc import Callable, Mapping

from django.db.models import Max

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Forbidden
from qxportal.engine.models import Person, PersonalLink, PrintedLetter, User
from qxportal.engine.people import access, confidential, personal_links

FIRST = 1  # the generation of links that were never revoked


def get_link(user: User, arguments: Arguments) -> object:
    """Times of a person's last revocation and last printed letter, and the lifetime of links."""
    access.require_brand_admin(user)
    _refuse_subjects(user)  # a letter revokes links, and subjects may not learn who got a letter
    return _record(access.person(user, arguments.text("PersonID")))


def end_links(user: User, arguments: Arguments) -> object:
    """Revoke all links and codes of a person, and sign out the person's devices. Answers stay."""
    access.require_brand_admin(user)
    _refuse_subjects(user)  # otherwise subjects could keep people from answering
    person = access.person(user, arguments.text("PersonID"))
    personal_links.end_links(person, key=arguments.text("IdempotencyKey"))
    return _record(person)


def _refuse_subjects(user: User) -> None:
    if confidential.is_subject_now(user):
        raise Forbidden("Another user has to send this: you are a subject of an assessment that is not closed.")


def _record(person: Person) -> dict[str, object]:
    found = PersonalLink.objects.filter(person=person).first()
    printed = PrintedLetter.objects.filter(person=person).aggregate(at=Max("printed_at"))["at"]
    ended = found is not None and found.generation > FIRST
    return {
        "PersonID": person.public_id,
        "EndedAt": stamp(found.changed_at) if found is not None and ended else None,
        "PrintedAt": stamp(printed) if printed else None,
        "Days": personal_links.LASTS.days,
        "Key": found.ended_key if found is not None else "",
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {"qxEndLinks": end_links, "qxGetLink": get_link}
