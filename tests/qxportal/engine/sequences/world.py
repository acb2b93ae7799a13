"""What the engine should hold after the requests so far, in plain Python: the rules of the API said a second time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

SELF = "Self"
BEGUN = ("InProgress", "Completed")
OPEN = ("NotStarted", "InProgress")


@dataclass
class Person:
    """Somebody in the directory."""

    id: str
    first_name: str
    last_name: str
    email: str
    external: bool = False
    user_name: str = ""
    user: str | None = None  # the linked one
    division: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.user_name = self.user_name or self.email


@dataclass
class User:
    """Somebody who may call."""

    id: str
    user_name: str
    first_name: str
    last_name: str
    email: str
    division: str | None = None


@dataclass
class Survey:
    """A form."""

    name: str
    owner: str
    active: bool = True
    expired: bool = False
    has_results: bool = True  # whether it has the competency of that name
    names: dict[str, str] = field(default_factory=dict)  # by language

    @property
    def open(self) -> bool:
        """Whether it can be answered."""
        return self.active and not self.expired


@dataclass
class Part:
    """One person's part in an assessment; it is remembered after he left."""

    is_subject: bool
    external: bool
    status: str = "Waiting"
    ready: bool = False
    here: bool = True


@dataclass
class Form:
    """One evaluation."""

    relationship: str
    status: str = "NotStarted"
    begun: bool = False  # whether there are answers


@dataclass
class Review:
    """One assessment."""

    id: str
    name: str
    type: str
    owner: str
    survey: str
    options: dict[str, object]
    relationships: list[str]
    status: str = "Draft"
    parts: dict[str, Part] = field(default_factory=dict)  # by person
    forms: dict[tuple[str, str], Form] = field(default_factory=dict)  # by subject and evaluator
    rows: int = 0  # of its predefined data

    @property
    def has_subjects(self) -> bool:
        """Whether it is a 360."""
        return self.type == "360"

    @property
    def here(self) -> list[str]:
        """Who takes part now."""
        return [person for person, part in self.parts.items() if part.here]

    @property
    def subjects(self) -> list[str]:
        """Who is assessed now."""
        return [person for person in self.here if self.parts[person].is_subject]

    @property
    def begun(self) -> bool:
        """Whether anybody has answered anything."""
        return any(form.begun or form.status in BEGUN for form in self.forms.values())

    def ask_self(self, persons: Iterable[str]) -> None:
        """Ask people about themselves where the assessment wants it; where it has no subjects, always."""
        if self.has_subjects and not self.options["SelfEvaluation"]:
            return
        for person in persons:
            self.forms.setdefault((person, person), Form(SELF))

    def enlist(self, person: str, *, subject: bool, external: bool) -> None:
        """Let somebody take part, unless he does; he may become a subject."""
        wanted = subject and self.has_subjects
        part = self.parts.get(person)
        if part is None:
            self.parts[person] = Part(wanted, external)
        elif not part.here:
            part.here, part.is_subject = True, wanted
        elif wanted and not part.is_subject:
            part.is_subject = True
        else:
            return
        if subject or not self.has_subjects:
            self.ask_self([person])

    def withdraw(self, persons: Iterable[str], *, with_evaluations: bool = False) -> None:
        """Take people out, with the forms by and about them that nobody began, or with all that they gave."""
        leaving = set(persons)
        for (subject, evaluator), form in list(self.forms.items()):
            unbegun = form.status == "NotStarted" and leaving & {subject, evaluator}
            if unbegun or (with_evaluations and evaluator in leaving):
                del self.forms[subject, evaluator]
        for person in leaving:
            self.parts[person].here = False

    def close_sessions(self, subject: str | None = None) -> None:
        """Record begun forms as partial answers."""
        for (about, _), form in self.forms.items():
            if form.status == "InProgress" and subject in (None, about):
                form.status = "Completed"

    def answerable(self, pair: tuple[str, str]) -> bool:
        """Whether this form can be filled in now, as far as the assessment goes."""
        subject, evaluator = pair
        about = self.parts[subject]
        return (
            self.status == "Active"
            and about.here
            and about.status == "Waiting"
            and evaluator in self.here
            and self.forms[pair].status in OPEN
        )


@dataclass
class Message:
    """A text in a library."""

    category: str
    name: str
    texts: dict[str, str]


@dataclass
class Library:
    """What belongs to one owner."""

    messages: dict[str, Message] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)  # id -> description


@dataclass
class World:
    """One brand; everything is kept in the order in which it came."""

    persons: dict[str, Person] = field(default_factory=dict)
    gone_persons: list[str] = field(default_factory=list)
    reviews: dict[str, Review] = field(default_factory=dict)
    gone_reviews: list[str] = field(default_factory=list)
    surveys: dict[str, Survey] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    gone_users: list[str] = field(default_factory=list)
    divisions: dict[str, str] = field(default_factory=dict)  # id -> name
    shown: dict[str, bool] = field(default_factory=dict)  # user data fields that everybody has
    own: dict[str, dict[str, object]] = field(default_factory=dict)  # those of the brand
    libraries: dict[str, Library] = field(default_factory=dict)

    def responses(self, survey: str, status: str = "Completed") -> int:
        """How many forms of a survey have a status."""
        return sum(
            form.status == status
            for review in self.reviews.values()
            if review.survey == survey
            for form in review.forms.values()
        )

    def may_answer(self, review: Review, pair: tuple[str, str]) -> bool:
        """Whether this form can be filled in now; its evaluator must be in the directory."""
        return pair[1] in self.persons and self.surveys[review.survey].open and review.answerable(pair)

    def bare(self, user_name: str) -> str:
        """A name in small letters, without the brand behind it."""
        return user_name.lower().partition("#")[0]

    @property
    def free_users(self) -> list[User]:
        """Those who are no person of the directory."""
        linked = {person.user for person in self.persons.values()}
        return [user for user in self.users.values() if user.id not in linked]

    def link_person(self, person: Person) -> None:
        """Link a new person to the free user of his name, or else of his address."""
        free = self.free_users
        found = _only([user for user in free if self.bare(user.user_name) == self.bare(person.user_name)]) or _only(
            [user for user in free if user.email.lower() == person.email.lower()]
        )
        person.user = found.id if found else None

    def link_user(self, user: User) -> None:
        """Link a new user to the free person of his name, or else of his address."""
        free = [person for person in self.persons.values() if person.user is None]
        names = (user.user_name.lower(), self.bare(user.user_name))
        found = _only([person for person in free if person.user_name.lower() in names]) or _only(
            [person for person in free if person.email.lower() == user.email.lower()]
        )
        if found:
            found.user = user.id

    def person_of(self, user: str) -> Person | None:
        """Who a user is in the directory."""
        return next((person for person in self.persons.values() if person.user == user), None)


def _only(found: list[T]) -> T | None:
    return found[0] if len(found) == 1 else None
