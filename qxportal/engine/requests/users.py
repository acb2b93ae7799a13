"""Requests about users and divisions."""

from collections.abc import Callable, Mapping

from django.db.models.functions import Coalesce

from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid, Missing
from qxportal.engine.library import libraries
from qxportal.engine.mail import chosen_texts
from qxportal.engine.models import Division, Message, Survey, User, ids
from qxportal.engine.models.mailboxes import EMAIL_LIMIT, AddressError, clean
from qxportal.engine.people import access, confidential, person_user_links, user_accounts, user_stats
from qxportal.engine.people.user_accounts import BRAND_ADMIN

OWN = frozenset({"FirstName", "LastName", "NewPassword"})  # fields that users may change themselves
NAMES = {"FirstName": "first_name", "LastName": "last_name"}
CHANGES = (*OWN, "NewUsername", "Email", "Division", "UserType", "Status", "Permissions")


def create_division(user: User, arguments: Arguments) -> object:
    """Create a division with its administrators."""
    access.require_brand_admin(user)
    person_user_links.lock(user.brand)
    name = arguments.required("Name")
    public_id = _unused_division_id(arguments)
    named = dict.fromkeys(arguments.listed("DivisionAdmins"))
    admins = {one.public_id: one for one in User.objects.filter(brand=user.brand, public_id__in=named)}
    for wanted in named:
        if wanted not in admins:
            raise Invalid("DivisionAdmins", f"There is no user {wanted[:40]}.")
    division, made = Division.objects.get_or_create(
        brand=user.brand, name=name, defaults={"public_id": public_id} if public_id else {}
    )
    if not made:
        raise Invalid("Name", "The brand has a division of this name.")
    division.administrators.set(admins.values())
    return division.public_id


def create_user(user: User, arguments: Arguments) -> object:
    """Create a user of the caller's brand, who can sign in with the password; tokens are issued by the operator."""
    access.require_brand_admin(user)
    if arguments.text("Organization") != user.brand.name:
        raise Invalid("Organization", "Users are made in one's own brand.")
    kind = user_accounts.user_type(arguments, "Type")
    made = User(
        brand=user.brand,
        user_name=user_accounts.user_name(arguments, "NewUsername", user.brand),
        first_name=arguments.required("FirstName"),
        last_name=arguments.required("LastName"),
        email=user_accounts.email(arguments),
        type=kind,
        is_brand_admin=kind == BRAND_ADMIN,
        division=access.division(user, arguments.text("DivisionID"), parameter="DivisionID"),
        password_hash=user_accounts.password_hash(arguments),
    )
    person_user_links.lock(user.brand)
    user_accounts.add(made)
    return {"UserID": made.public_id}


def delete_user(user: User, arguments: Arguments) -> object:
    """Delete a user who owns nothing, and its library; a linked person stays."""
    access.require_brand_admin(user)
    person_user_links.lock(user.brand)
    found = user_accounts.find(user, public_id=arguments.text("UserID"))
    if found.pk == user.pk:
        raise Conflict("ETS11", "Users cannot delete themselves.")
    surveys, assessments = found.surveys.count(), found.assessments.count()
    if surveys or assessments:
        raise Conflict("ETS10", f"The user owns {surveys} surveys and {assessments} assessments: transfer them first.")
    Survey.objects.filter(creator=found).update(creator=Coalesce("owner", user.pk))  # replace the deleted creator
    chosen_texts.refuse_loss(user, Message.objects.filter(library_id=found.public_id))
    libraries.forget(found.public_id)
    found.delete()
    return {"Success": True}


def get_user_ids(user: User, arguments: Arguments) -> object:
    """List the users of the brand or a division with statistics."""
    access.require_brand_admin(user)
    if arguments.text("Organization") not in ("", user.brand.name):
        raise Invalid("Organization", "There is no such organization.")
    users = User.objects.filter(brand=user.brand).order_by("pk")
    division = access.division(user, arguments.text("Division"), parameter="Division")
    if division is not None:
        users = users.filter(division=division)
    offset, limit = arguments.number("Offset"), arguments.number("Limit")
    if limit is not None:
        users = users[offset or 0 : (offset or 0) + limit]
    elif offset is not None:
        raise Missing("Limit")
    if arguments.flag("IncludeUserStats"):
        return user_stats.of(users, confidential.evaluations(user))
    return list(users.values_list("public_id", flat=True))


def update_user(user: User, arguments: Arguments) -> object:
    """Change a user, and names and address of a linked person."""
    person_user_links.lock(user.brand)
    found = user_accounts.find(user, public_id=arguments.text("UserID"))
    is_self = found.pk == user.pk
    given = {name for name in CHANGES if arguments.has(name)}
    if not (is_self and given <= OWN):
        access.require_brand_admin(user)
    if "NewPassword" in given and not is_self:
        raise Forbidden("Only one's own password can be set.")
    _refuse_to_lock_out_oneself(found, arguments, is_self=is_self)
    changes = {field: arguments.required(name) for name, field in NAMES.items() if name in given}
    if "Email" in given:
        changes["email"] = user_accounts.email(arguments)
    if "NewPassword" in given:
        found.password_hash = user_accounts.password_hash(arguments)
    if "Division" in given:
        found.division = access.division(user, arguments.text("Division"), parameter="Division")
    if "UserType" in given:
        found.type = user_accounts.user_type(arguments, "UserType")
        found.is_brand_admin = found.type == BRAND_ADMIN
    if "Status" in given:
        found.status = User.Status(arguments.text("Status"))
    if "Permissions" in given:
        found.permissions = user_accounts.permissions(arguments.structure("Permissions"), over=found.permissions)
    name = user_accounts.user_name(arguments, "NewUsername", user.brand) if "NewUsername" in given else found.user_name
    user_accounts.change(found, changes, name=name)
    return {"Success": True}


def change_user_name(user: User, arguments: Arguments) -> object:
    """Rename a user; by default the new name is a mail address and becomes the user's address."""
    access.require_brand_admin(user)
    person_user_links.lock(user.brand)
    found = user_accounts.find(user, "OldUserName", user_name=arguments.text("OldUserName", limit=EMAIL_LIMIT))
    name = user_accounts.user_name(arguments, "NewUserName", user.brand)
    changes: dict[str, str] = {}
    if arguments.flag("UserNameIsEmail"):
        try:
            changes["email"] = clean(person_user_links.bare(name, user.brand))
        except AddressError as error:
            raise Invalid("NewUserName", f"{error} A mail address is expected, or UserNameIsEmail=0.") from error
    user_accounts.change(found, changes, name=name)
    return {"Success": True}


def _refuse_to_lock_out_oneself(found: User, arguments: Arguments, *, is_self: bool) -> None:
    if not is_self:
        return
    if arguments.text("Status") not in ("", User.Status.ACTIVE):
        raise Conflict("ETS11", "Users cannot disable themselves.")
    if found.is_brand_admin and arguments.text("UserType") not in ("", BRAND_ADMIN):
        raise Conflict("ETS11", "Brand administrators cannot take that right from themselves.")


def _unused_division_id(arguments: Arguments) -> str:
    chosen = arguments.text("DivisionID")
    if chosen and not ids.well_formed(chosen, "DV"):
        raise Invalid("DivisionID", "DV_ and up to 15 letters and digits are expected.")
    if chosen and Division.objects.filter(public_id=chosen).exists():
        raise Conflict("ETS1", "This DivisionID is taken.")
    return chosen


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "changeUserName": change_user_name,
    "createDivision": create_division,
    "createUser": create_user,
    "deleteUser": delete_user,
    "getUserIDs": get_user_ids,
    "updateUser": update_user,
}
