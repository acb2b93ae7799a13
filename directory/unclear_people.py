"""Reasons why a row's address and identifier do not identify one person."""

from directory.known_people import Known
from directory.models import Person
from qxportal.ui.labels import PARAMETERS
from qxportal.ui.stored_messages import Message, gettext_stored, label_stored

PERSON = ("email", "unique_id")  # field names of a row's address and identifier


def same_person(given: str, there: str, name: str) -> Message:
    """The identifier differs from a person's only in spelling."""
    return gettext_stored(
        "%(given)s matches %(there)s of %(name)s apart from capitals, blanks or invisible characters. Same person? "
        "Then choose so for this row or for the whole import, or correct the cell.",
        given=given,
        there=there,
        name=name,
    )


def two_people(
    fields: tuple[str, str], identifier: str, with_id: Known | Person, address: str, with_address: Known | Person
) -> Message:
    """Identifier and address belong to two persons; `fields`: names of the address and identifier fields."""
    email, unique_id = (label_stored(PARAMETERS.get(name, name)) for name in fields)
    return gettext_stored(
        "“%(id_field)s” %(id)s is that of %(first)s (%(first_address)s), but “%(address_field)s” %(address)s is that "
        "of %(second)s. Correct one of the two cells.",
        id_field=unique_id,
        id=identifier,
        first=str(with_id),
        first_address=with_id.email,
        address_field=email,
        address=address,
        second=str(with_address),
    )


def other_address(name: str) -> Message:
    """The identifier belongs to a person with another address."""
    return gettext_stored("The unique id is that of %(name)s, whose address is another one.", name=name)


def other_identifier(address: str, name: str, unique_id: str) -> Message:
    """The address belongs to a person with another identifier."""
    return gettext_stored(
        "%(address)s is the address of %(name)s, who has the unique id %(id)s.",
        address=address,
        name=name,
        id=unique_id,
    )
