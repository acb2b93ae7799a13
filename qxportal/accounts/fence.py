"""What a member does not see and do because it is about him or her as an assessed person.

Hidden are raters, relationships, states, times, progress, and reports before their release; that the member is a
subject may be shown. The app that knows subjects registers the function that finds it out, from `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role


@dataclass(frozen=True)
class Fence:
    """What is about one member, or may be."""

    keys: frozenset[str] = frozenset()  # persons' ids at the vendor, and addresses where listings have no ids
    subjects: frozenset[int] = frozenset()  # numbers of mirrored subjects
    assessments: dict[str, int] = field(default_factory=dict)  # in which the member is one: vendor's id and number
    names: frozenset[str] = frozenset()  # of those subjects; and of their assessments:
    assessment_names: frozenset[str] = frozenset()


FenceFinder = Callable[[Member], Fence]
FINDERS: list[FenceFinder] = []  # one


def register(finder: FenceFinder) -> None:
    """Enter the function that finds out what is about a member; raises ValueError where another is entered."""
    if FINDERS and finder not in FINDERS:
        raise ValueError(f"What is about a member is found out by {FINDERS[0].__module__} already.")
    FINDERS[:] = [finder]


def fence_of(member: Member) -> Fence:
    """The member's fence, found out once per request."""
    known = member.__dict__.get("_fence")
    if known is None:
        [finder] = FINDERS
        known = member.__dict__["_fence"] = finder(member)
    return cast(Fence, known)


def others_who_act(member: Member) -> bool:
    """Whether another member could do what this one may not do about himself or herself."""
    acting = [role for role in Role if role.reaches(Role.EDITOR)]
    return Member.objects.filter(org_id=member.org_id, role__in=acting).exclude(user_id=member.user_id).exists()
