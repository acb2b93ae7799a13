"""The owner of a new assessment: a user, a division, a group, or the whole brand."""

from dataclasses import dataclass

from qxportal.engine.http.errors import Forbidden, Invalid
from qxportal.engine.models import Division, Group, User
from qxportal.engine.people import access


@dataclass(frozen=True)
class Owner:
    """Exactly one of these."""

    user: User | None = None
    division: Division | None = None
    group: Group | None = None
    public: bool = False


def owner(user: User, public_id: str, *, brand: bool = True) -> Owner:
    """The owner with this id, the caller if empty; `brand`: whether the whole brand may be the owner."""
    if not public_id or public_id == user.public_id:
        return Owner(user=user)
    found = _find(user, public_id, brand=brand)
    if not (user.is_brand_admin or _among(user, found)):
        raise Forbidden("Only a brand administrator makes assessments for others.")
    return found


def _find(user: User, public_id: str, *, brand: bool) -> Owner:
    if brand and public_id == user.brand.name:
        return Owner(public=True)
    if other := User.objects.filter(brand=user.brand, public_id=public_id).first():
        return Owner(user=other)
    if division := Division.objects.filter(brand=user.brand, public_id=public_id).first():
        return Owner(division=division)
    if group := Group.objects.filter(brand=user.brand, public_id=public_id).first():
        return Owner(group=group)
    raise Invalid("OwnerID", f"There is no such user, group or division{', nor is it the brand' if brand else ''}.")


def _among(user: User, found: Owner) -> bool:
    """Whether the caller belongs to the division or group."""
    if found.division:
        return access.in_division(user, found.division.pk)
    return found.group is not None and access.in_group(user, found.group.pk)
