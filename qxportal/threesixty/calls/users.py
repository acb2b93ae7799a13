"""Calls about users and divisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, RetryPolicy, one_of, param
from qxportal.threesixty.enums import UserStatus
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import Created, UserRecord, read_users


@dataclass(frozen=True, kw_only=True)
class GetUserIDs(Call[tuple[UserRecord, ...]]):
    """The users of a brand or division (getUserIDs, since 2.0); `offset` needs a `limit`."""

    request = "getUserIDs"

    organization: str | None = param("Organization", default=None)
    division: str | None = param("Division", default=None)
    offset: int | None = param("Offset", default=None)
    limit: int | None = param("Limit", default=None)
    include_user_stats: bool = param("IncludeUserStats", default=False)

    def __post_init__(self) -> None:
        if self.offset is not None and self.limit is None:
            raise ValueError("Offset needs Limit.")

    def read(self, answer: Any) -> tuple[UserRecord, ...]:
        """One record per user; counts if requested."""
        return read_users(answer)


@dataclass(frozen=True, kw_only=True)
class CreateDivision(Call[Created]):
    """Create a division (createDivision, since 2.0), with the chosen `division_id` if given."""

    request = "createDivision"

    name: str = param("Name")
    division_id: str | None = param("DivisionID", default=None)
    administrators: tuple[str, ...] | None = param("DivisionAdmins", how=As.BRACKETS, default=None)

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        """Can be read back by a chosen id."""
        return RetryPolicy.NATURAL_KEY if self.division_id else RetryPolicy.CREATE

    def read(self, answer: Any) -> Created:
        """The new division's id."""
        return Created.read(answer, "DivisionID")

    def read_back(self) -> GetUserIDs | None:
        """Its users: the only request that reveals a division; refused if there is none."""
        return GetUserIDs(division=self.division_id, offset=0, limit=1) if self.division_id else None

    def shows(self, found: Any) -> bool | None:
        """Whether the vendor knows the chosen id."""
        if isinstance(found, Rejected):
            return False if found.status == 400 else None
        return True


@dataclass(frozen=True, kw_only=True)
class CreateUser(Call[Created]):
    """Create a user (createUser, since 2.0). The password is a secret: it is sent and never stored."""

    request = "createUser"
    retry_policy = RetryPolicy.NATURAL_KEY

    user_name: str = param("NewUsername")
    password: str = param("NewPassword", how=As.UNSEEN)
    first_name: str = param("FirstName")
    last_name: str = param("LastName")
    email: str = param("Email")
    organization: str = param("Organization")
    type: str = param("Type")
    division_id: str | None = param("DivisionID", default=None)

    def read(self, answer: Any) -> Created:
        """The new user's id."""
        return Created.read(answer, "UserID")

    def read_back(self) -> GetUserIDs:
        """The users of the brand, with all available details."""
        return GetUserIDs(organization=self.organization, include_user_stats=True)

    def shows(self, found: Any) -> bool | None:
        """Whether one has the user name; None if the vendor lists no user names."""
        return _has_name(found, self.user_name)


@dataclass(frozen=True, kw_only=True)
class UpdateUser(Call[None]):
    """Change given values of a user (updateUser, since 2.0). A password can only be set for the caller."""

    request = "updateUser"
    retry_policy = RetryPolicy.STATE

    user_id: str = param("UserID")
    first_name: str | None = param("FirstName", default=None)
    last_name: str | None = param("LastName", default=None)
    user_name: str | None = param("NewUsername", default=None)
    password: str | None = param("NewPassword", how=As.UNSEEN, default=None)
    email: str | None = param("Email", default=None)
    division_id: str | None = param("Division", default=None)
    type: str | None = param("UserType", default=None)
    status: UserStatus | None = param("Status", default=None)
    permissions: Mapping[str, Any] | None = param("Permissions", how=As.JSON, default=None)

    def __post_init__(self) -> None:
        if self.status is not None:
            object.__setattr__(self, "status", one_of(UserStatus, self.status, "Status"))

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetUserIDs | None:
        """The users, if the user name changes: no request shows the rest."""
        return GetUserIDs(include_user_stats=True) if self.user_name else None

    def shows(self, found: Any) -> bool | None:
        """False if the new user name is missing; otherwise None."""
        return False if self.user_name and _has_name(found, self.user_name) is False else None


@dataclass(frozen=True, kw_only=True)
class DeleteUser(Call[None]):
    """Delete a user (deleteUser, since 2.0)."""

    request = "deleteUser"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    user_id: str = param("UserID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetUserIDs:
        """The users of the brand."""
        return GetUserIDs()

    def shows(self, found: Any) -> bool | None:
        """Whether the user is no longer listed."""
        return None if isinstance(found, Rejected) else all(one.vendor_id != self.user_id for one in found)


@dataclass(frozen=True, kw_only=True)
class ChangeUserName(Call[None]):
    """Change a user name (changeUserName, since 2.0); with `is_email` the address changes as well."""

    request = "changeUserName"
    retry_policy = RetryPolicy.STATE

    old: str = param("OldUserName")
    new: str = param("NewUserName")
    is_email: bool = param("UserNameIsEmail", default=True)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetUserIDs:
        """The users of the brand, with all available details."""
        return GetUserIDs(include_user_stats=True)

    def shows(self, found: Any) -> bool | None:
        """Whether one has the new name; None if the vendor lists no user names."""
        return _has_name(found, self.new)


def _has_name(found: Any, name: str) -> bool | None:
    if isinstance(found, Rejected):
        return None
    names = {one.user_name.lower() for one in found if one.user_name}
    return name.lower() in names if names else None
