"""Fields that columns can be mapped to, and their names in exports of other systems."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from qxportal.core.searching import folded
from qxportal.ui.badges import Words

METADATA = "metadata:"  # prefix for a column kept as other data, before its name
NAME_LENGTH = 100  # for names of other data
NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Field:
    """A field that a column can be mapped to."""

    name: str
    label: Words
    known_as: tuple[str, ...] = ()  # normalised column names, most certain first
    many: bool = False  # whether several columns may map to it, such as Peer 1 and Peer 2


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The fields of one import."""

    fields: tuple[Field, ...]
    one_of: tuple[tuple[str, ...], ...]  # at least one field of each group is required
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # if the first is mapped, one of these is needed
    other_data: bool = True  # whether further columns may be kept as other data

    def label(self, name: str) -> str:
        """Display name of a field."""
        return next((str(each.label) for each in self.fields if each.name == name), name.removeprefix(METADATA))


FIRST_NAME = Field(
    "first_name",
    _("First name"),
    (
        "firstname",
        "givenname",
        "forename",
        "vorname",
        "legalnamefirstname",
        "legalfirstname",
        "preferredfirstname",
        "preferrednamefirstname",
        "firstnames",
        "rufname",
    ),
)
LAST_NAME = Field(
    "last_name",
    _("Last name"),
    (
        "lastname",
        "surname",
        "familyname",
        "nachname",
        "familienname",
        "legalnamelastname",
        "legallastname",
        "preferredlastname",
        "preferrednamelastname",
        "zuname",
    ),
)
EMAIL = Field(
    "email",
    _("E-mail address"),
    (
        "email",
        "emailaddress",
        "evaluatoremail",
        "workemail",
        "workemailaddress",
        "emailprimarywork",
        "primaryworkemail",
        "primaryemail",
        "emailwork",
        "businessemail",
        "businessemailaddress",
        "businessemailinformationemailaddress",
        "emailinformationemailaddress",
        "companyemail",
        "mail",
        "emailadresse",
        "mailadresse",
        "geschaftlicheemail",
        "geschaftlicheemailadresse",
        "emailgeschaftlich",
        "dienstlicheemail",
        "arbeitsemail",
        "recipientemail",
    ),
)
UNIQUE_ID = Field(
    "unique_id",
    _("Unique identifier"),
    (
        "uniqueidentifier",
        "uniqueid",
        "uniquepersonid",
        "externaldatareference",
        "employeeid",
        "employeenumber",
        "employeeno",
        "empid",
        "personnelnumber",
        "workerid",
        "personidexternal",
        "personid",
        "staffid",
        "staffnumber",
        "userid",
        "personalnummer",
        "personalnr",
        "mitarbeiternummer",
        "mitarbeiternr",
        "mitarbeiterid",
        "pernr",
        "id",
    ),
)
USER_NAME = Field("user_name", _("User name"), ("username", "loginname", "login", "benutzername", "anmeldename"))
EXTERNAL = Field("external", _("External person"), ("external", "externalperson", "isexternal", "extern"))

PEOPLE = Fields(fields=(FIRST_NAME, LAST_NAME, EMAIL, UNIQUE_ID, USER_NAME, EXTERNAL), one_of=(("email", "unique_id"),))
# Portal columns stored as other data, by their name at the survey service.
OTHER_DATA: Mapping[str, tuple[str, ...]] = {
    "Department": ("department", "dept", "abteilung", "organisationseinheit", "organizationalunit", "orgunit"),
    "Title": ("title", "jobtitle", "businesstitle", "position", "positiontitle", "stellenbezeichnung"),
    "Location": ("location", "office", "standort", "buro", "worklocation", "arbeitsort"),
    "ManagerEmail": (
        "manageremail",
        "manageremailaddress",
        "supervisoremail",
        "managersemail",
        "vorgesetzteemail",
        "emailvorgesetzter",
        "emaildesvorgesetzten",
        "supervisoremailaddress",
    ),
    "Language": ("language", "preferredlanguage", "defaultlocale", "sprache"),
}


def squeezed(header: str) -> str:
    """A column name without case, accents, blanks and signs: "Personal-Nr." as personalnr, "Employee #" too."""
    return NOT_A_LETTER.sub("", folded(header.replace("#", " number ")))


def guess(fields: Fields, header: Sequence[str], samples: Sequence[Sequence[str]]) -> dict[int, str]:
    """Guess each column's field from its name or values; each field once, by its most certain name."""
    names = [squeezed(cell) for cell in header]
    found: dict[int, str] = {}
    for each in fields.fields:
        plain = [name.rstrip("0123456789") for name in names] if each.many else names
        places = [place for name in each.known_as for place, said in enumerate(plain) if said == name]
        places = [place for place in places if place not in found]
        found |= dict.fromkeys(places if each.many else places[:1], each.name)
    if "email" not in found.values() and any(each.name == "email" for each in fields.fields):
        place = next((place for place in range(len(header)) if place not in found and _addresses(place, samples)), None)
        if place is not None:
            found[place] = "email"
    if fields.other_data:
        found |= _other_data(header, names, found)
    return dict(sorted(found.items()))


def _other_data(header: Sequence[str], names: Sequence[str], found: Mapping[int, str]) -> dict[int, str]:
    """Columns that the portal knows as other data; for a file in the survey service's own form, all of them."""
    other: dict[int, str] = {}
    own_form = {"FirstName", "LastName"} <= {cell.strip() for cell in header}
    for place, name in enumerate(names):
        if place in found or not name:
            continue
        known = next((kept for kept, known_as in OTHER_DATA.items() if name in known_as), "")
        if own_form and not known:
            known = header[place].strip()[:NAME_LENGTH]
        if known and METADATA + known not in other.values():
            other[place] = METADATA + known
    return other


def _addresses(place: int, samples: Sequence[Sequence[str]]) -> bool:
    filled = [row[place] for row in samples if place < len(row) and row[place].strip()]
    return bool(filled) and all("@" in cell for cell in filled)
