"""What the engine should hold after the requests so far, in plain Python: the rules of the API said a second time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
        """Take people out, with the forms by and about them that nobody began, or with all of them."""
        leaving = set(persons)
        for pair, form in list(self.forms.items()):
            if leaving & set(pair) and (with_evaluations or form.status == "NotStarted"):
                del self.forms[pair]
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
    surveys: dict[str, str] = field(default_factory=dict)  # id -> name
    libraries: dict[str, Library] = field(default_factory=dict)

    def responses(self, survey: str) -> int:
        """How many completed forms a survey has."""
        return sum(
            form.status == "Completed"
            for review in self.reviews.values()
            if review.survey == survey
            for form in review.forms.values()
        )

    def may_answer(self, review: Review, pair: tuple[str, str]) -> bool:
        """Whether this form can be filled in now; its evaluator must be in the directory."""
        return pair[1] in self.persons and review.answerable(pair)
