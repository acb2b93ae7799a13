"""What is hidden from and forbidden to a member because it is about the member as an assessed person.

Hidden are raters, relationships, states, times, progress, and reports before their release; the fact that the member
is a subject may be shown. The app that knows subjects registers a finder from `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role


@dataclass(frozen=True)
class Fence:
    """Records that are, or may be, about one member."""

    keys: frozenset[str] = frozenset()  # vendor ids of persons, and addresses for listings without ids
    subjects: frozenset[int] = frozenset()  # primary keys of mirrored subjects
    assessments: dict[str, int] = field(default_factory=dict)  # with the member as subject: vendor id and primary key
    names: frozenset[str] = frozenset()  # of those subjects; below, of their assessments
    assessment_names: frozenset[str] = frozenset()


FenceFinder = Callable[[Member], Fence]
FINDERS: list[FenceFinder] = []  # at most one


def register(finder: FenceFinder) -> None:
    """Register the finder; raises ValueError if another is registered."""
    if FINDERS and finder not in FINDERS:
        raise ValueError(f"What is about a member is found out by {FINDERS[0].__module__} already.")
    FINDERS[:] = [finder]


def fence_of(member: Member) -> Fence:
    """The member's fence, computed once per request."""
    known = member.__dict__.get("_fence")
    if known is None:
        [finder] = FINDERS
        known = member.__dict__["_fence"] = finder(member)
    return cast(Fence, known)


def others_who_act(member: Member) -> bool:
    """Whether another member could act where this one may not because of a conflict of interest."""
    acting = [role for role in Role if role.reaches(Role.EDITOR)]
    return Member.objects.filter(org_id=member.org_id, role__in=acting).exclude(user_id=member.user_id).exists()
