"""Libraries: their owners, users and contents. A library's id is its owner's: UR_, GR_ or TS_."""

from dataclasses import dataclass

from django.db.models import Model, QuerySet

from qxportal.engine.http.errors import Forbidden, Invalid
from qxportal.engine.models import Assessment, Brand, Graphic, Group, Message, Panel, User
from qxportal.engine.people import access

MOST_OBJECTS = 1_000  # of each kind in one library
KINDS: tuple[type[Model], ...] = (Message, Graphic, Panel)


@dataclass(frozen=True)
class Library:
    """The library of one user, group or assessment."""

    public_id: str
    brand: Brand
    language: str  # of texts given without one

    @property
    def messages(self) -> QuerySet[Message]:
        """The messages in order of creation."""
        return Message.objects.filter(library_id=self.public_id).order_by("pk")

    @property
    def graphics(self) -> QuerySet[Graphic]:
        """The images in order of creation."""
        return Graphic.objects.filter(library_id=self.public_id).order_by("pk")

    @property
    def panels(self) -> QuerySet[Panel]:
        """The panels in order of creation."""
        return Panel.objects.filter(library_id=self.public_id).order_by("pk")


def library(user: User, public_id: str) -> Library:
    """A library that the caller may use: of the caller, the caller's group, or an assessment that he or she runs."""
    found, allowed = _owner(user, public_id)
    if found is None:
        raise Invalid("LibraryID", "There is no such library: it has the id of a user, a group or an assessment.")
    if not (allowed or user.is_brand_admin):
        raise Forbidden("This library is for its owner, its group, or a brand administrator.")
    return Library(public_id, user.brand, _language(found, user))


def may_use(user: User, public_id: str) -> bool:
    """Whether the caller may use the library."""
    return user.is_brand_admin or _owner(user, public_id)[1]


def _owner(user: User, public_id: str) -> tuple[User | Group | Assessment | None, bool]:
    """The library's owner, and whether the caller may use it without being a brand administrator."""
    match public_id.partition("_")[0]:
        case "UR":
            return User.objects.filter(brand=user.brand, public_id=public_id).first(), public_id == user.public_id
        case "GR":
            group = Group.objects.filter(brand=user.brand, public_id=public_id).first()
            return group, group is not None and group.members.filter(pk=user.pk).exists()
        case "TS":
            assessment = access.assessments(user).filter(public_id=public_id).first()
            return assessment, assessment is not None and access.may_administer(user, assessment)
    return None, False


def _language(owner: User | Group | Assessment, user: User) -> str:
    """The library's language: the user's, the assessment's survey's, or for groups the caller's."""
    if isinstance(owner, Assessment):
        return owner.survey.language
    return owner.language if isinstance(owner, User) else user.language


def refuse_when_full(objects: QuerySet[Message] | QuerySet[Graphic]) -> None:
    """Raise Invalid if a library holds the maximum number of objects."""
    if objects.count() >= MOST_OBJECTS:
        raise Invalid("LibraryID", f"The library is full: it holds {MOST_OBJECTS} of these.")


def forget(public_id: str) -> None:
    """Delete a whole library when its owner is deleted."""
    for kind in KINDS:
        kind._default_manager.filter(library_id=public_id).delete()
