"""Administrators' commands on users of the survey service. Each change is recorded; a worker sends it."""

import uuid
from typing import Any

from django.utils.translation import gettext as _

from directory.commands import refuse_own_person, why_no_address
from directory.job_kinds import SYNC_USERS
from directory.models import Person, VendorUser
from qxportal.accounts.models import Credential, Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.noted import record_and_note
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.users import ChangeUserName, CreateDivision, CreateUser, DeleteUser, UpdateUser
from qxportal.threesixty.enums import UserStatus
from qxportal.ui.stored_messages import Message, gettext_stored

RIGHTS = {"division_id", "type", "status", "permissions", "user_name"}  # fields that affect a user's rights or sign-in
BRAND_MARK = "#"  # between a user name and its brand


def brand_name(org: Organisation) -> str:
    """Brand suffix of the organisation's API user name; empty if it has none."""
    credential = Credential.objects.filter(org=org).first()
    return credential.api_user.partition(BRAND_MARK)[2] if credential else ""


def refresh_users(org: Organisation, *, by: Member) -> Job:
    """Ask the server for its users now."""
    return start(org, SYNC_USERS, by=by, title=gettext_stored("Refresh of users"))


def create_user(
    org: Organisation,
    *,
    by: Member,
    first_name: str,
    last_name: str,
    email: str,
    user_name: str,
    password: str,
    brand: str,
    type: str,
    division_id: str,
    intent: uuid.UUID | None = None,
) -> Change:
    """Create a user, who can sign in with the password (createUser). The password is kept sealed until it is sent."""
    if not recorded(org, intent) and (reason := why_no_address(by)):
        raise ActionRefused(str(reason))
    name = user_name if BRAND_MARK in user_name or not brand else f"{user_name}{BRAND_MARK}{brand}"
    if not recorded(org, intent) and VendorUser.objects.filter(org=org, user_name__iexact=name).exists():
        raise ActionRefused(_("There is a user with this name already."))
    call = CreateUser(
        user_name=name,
        password=password,
        first_name=first_name,
        last_name=last_name,
        email=email,
        organization=brand,
        type=type,
        division_id=division_id or None,
    )
    title = gettext_stored("Create the user %(name)s", name=user_name)
    return _record(org, call, f"user-name:{name}", title, "user.created", name, by=by, intent=intent)


def update_user(
    user: VendorUser,
    *,
    by: Member,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    division_id: str = "",
    type: str = "",
    status: str = "",
    intent: uuid.UUID | None = None,
) -> Change:
    """Change given values of a user (updateUser); a linked person's names and address follow."""
    wanted: dict[str, Any] = {
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "division_id": division_id,
        "type": type,
        "status": UserStatus(status) if status else "",
    }
    given = {name: value for name, value in wanted.items() if value}
    if not recorded(user.org, intent):
        if not given:
            raise ActionRefused(_("Nothing was changed."))
        if given.keys() & {"first_name", "last_name", "email"}:
            _refuse_own(user, by, address=bool(email))
        if given.keys() & RIGHTS:
            _refuse_portals(user.org, user.user_name)
    title = gettext_stored("Change the user %(name)s", name=user.shown_name)
    call = UpdateUser(user_id=user.vendor_id, **given)
    return _record(
        user.org, call, f"user:{user.vendor_id}", title, "user.changed", user.vendor_id, by=by, intent=intent
    )


def rename_user(
    user: VendorUser, *, by: Member, user_name: str, is_email: bool, intent: uuid.UUID | None = None
) -> Change:
    """Rename a user; with `is_email` the name is also the address (changeUserName)."""
    brand = user.user_name.partition(BRAND_MARK)[2]
    name = f"{user_name}{BRAND_MARK}{brand}" if brand and BRAND_MARK not in user_name else user_name
    if not recorded(user.org, intent):
        if name == user.user_name:
            raise ActionRefused(_("Nothing was changed."))
        if VendorUser.objects.filter(org=user.org, user_name__iexact=name).exclude(pk=user.pk).exists():
            raise ActionRefused(_("There is a user with this name already."))
        _refuse_own(user, by, address=True)
        _refuse_portals(user.org, user.user_name)
    title = gettext_stored("Rename the user %(name)s", name=user.shown_name)
    call = ChangeUserName(old=user.user_name, new=name, is_email=is_email)
    return _record(
        user.org, call, f"user:{user.vendor_id}", title, "user.renamed", user.vendor_id, by=by, intent=intent
    )


def delete_user(user: VendorUser, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Delete a user and its library (deleteUser); a linked person stays in the directory."""
    if not recorded(user.org, intent):
        _refuse_portals(user.org, user.user_name)
        if user.surveys:
            raise ActionRefused(_("Surveys belong to this user. Transfer them first."))
    title = gettext_stored("Delete the user %(name)s", name=user.shown_name)
    call = DeleteUser(user_id=user.vendor_id)
    return _record(
        user.org, call, f"user:{user.vendor_id}", title, "user.deleted", user.vendor_id, by=by, intent=intent
    )


def create_division(
    org: Organisation, *, by: Member, name: str, administrators: tuple[str, ...], intent: uuid.UUID | None = None
) -> Change:
    """Create a division with its administrators (createDivision)."""
    intent = intent or uuid.uuid4()
    call = marked(CreateDivision(name=name, administrators=administrators or None), intent)
    title = gettext_stored("Create the division “%(name)s”", name=name)
    return _record(org, call, f"division:{name}", title, "division.created", name, by=by, intent=intent)


def refuse_user_call(call: Call[Any], by: Member) -> None:
    """Raise ActionRefused if a call would change the user that the portal signs in as, or the member's own user."""
    if isinstance(call, ChangeUserName):
        _refuse_portals(by.org, call.old)
    if not isinstance(call, UpdateUser | DeleteUser):
        return
    user = VendorUser.objects.select_related("org").filter(org=by.org, vendor_id=call.user_id).first()
    if user is None:
        raise ActionRefused(_("The portal does not know this user. Refresh the users, then try again."))
    if isinstance(call, DeleteUser) or any(getattr(call, name) is not None for name in RIGHTS):
        _refuse_portals(by.org, user.user_name)
    if isinstance(call, UpdateUser):
        _refuse_own(user, by, address=False)


def _refuse_portals(org: Organisation, user_name: str) -> None:
    """Raise ActionRefused for the user whose token the portal uses: without that user every call would fail."""
    credential = Credential.objects.filter(org=org).first()
    if credential is None or not user_name:
        return
    ours, brand = _apart(credential.api_user)
    theirs, other = _apart(user_name)
    if ours == theirs and (brand == other or not brand or not other):
        raise ActionRefused(_("The portal itself signs in as this user."))


def _apart(user_name: str) -> tuple[str, str]:
    """The name and its brand, in lower case."""
    name, _mark, brand = user_name.strip().lower().partition(BRAND_MARK)
    return name, brand


def _refuse_own(user: VendorUser, by: Member, *, address: bool) -> None:
    """Raise ActionRefused as for the linked person: mails to that address give access to the person's answers."""
    if address and (reason := why_no_address(by)):
        raise ActionRefused(str(reason))
    for person in Person.objects.filter(org=user.org, user_id=user.vendor_id, gone_at=None):
        refuse_own_person(by, person)


def _record(
    org: Organisation,
    call: Call[Any],
    target: str,
    title: Message,
    verb: str,
    about: str,
    *,
    by: Member,
    intent: uuid.UUID | None,
) -> Change:
    """Record one change with a log entry."""
    wanted = Intent(id=intent or uuid.uuid4(), call=call, target=target, title=title)
    return record_and_note(org, wanted, by=by, verb=verb, target=about[:60])
