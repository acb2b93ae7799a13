"""Authentication by user name and token or password, in constant time; for lockouts see `failures.py`."""

import hashlib
import hmac
import math
import secrets

from django.utils import timezone

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.http import failures, usual
from qxportal.engine.http.errors import Missing, Problem
from qxportal.engine.http.passwords import is_right
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.http.text import storable
from qxportal.engine.models import Brand, User

LONGEST = 1_000  # of a name, a token or a password
USERS = Prepared(
    lambda values: User.objects.select_related("brand", "division").filter(user_name=values["name"]), name=str
)
NOBODY = "0" * 64  # compared for unknown users, so that the response takes as long


def hash_token(token: str) -> str:
    """The stored hash of a token; tokens are long and random, so an unsalted hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def give_token(user: User) -> str:
    """Replace a user's token and end a lock; returns the new token, which is never shown again."""
    token = secrets.token_urlsafe(30)
    user.token_hash, user.locked_until = hash_token(token), None
    user.save(update_fields=["token_hash", "locked_until"])
    return token


def authenticate(incoming: Incoming, *, by_password: bool = False) -> User:
    """The calling user; otherwise raises Problem, which does not reveal whether the user exists."""
    user_name, secret = (_credential(incoming, name) for name in ("User", "Password" if by_password else "Token"))
    address = incoming.way.address
    if by_password:
        failures.refuse_guesses(address, user_name)
    sound = all(len(text) <= LONGEST and storable(text) for text in (user_name, secret))
    found = USERS.first(name=user_name if sound else "")
    user = found or User(brand=Brand())  # so that an unknown user takes as long as a known one
    right = (_right_password if by_password else _right_token)(user, secret[:LONGEST])
    if found is None or not (right and sound):
        failures.count_wrong(address, user_name)
        raise Problem(401, "ESRV1", "The user name and the token or password do not belong together.")
    _refuse_locked(user, address, by_password=by_password)
    if user.status != User.Status.ACTIVE:
        raise Problem(401, "ESRV2", "The account is disabled.")
    usual.note(user, address)
    return user


def _refuse_locked(user: User, address: str, *, by_password: bool) -> None:
    """Raise Problem if the account is locked.

    A token cannot be guessed, so strangers' failures do not lock out a valid token from a usual address.
    """
    seconds = 0
    if by_password or not usual.is_usual(user, address):
        seconds = failures.locked_for(address, user.user_name)
    if user.locked_until:
        seconds = max(seconds, math.ceil((user.locked_until - timezone.now()).total_seconds()))
    if seconds > 0:
        words = f"The account is locked after repeated failures. Try again in {math.ceil(seconds / 60)} minutes."
        raise Problem(401, "ESRV2", words, retry_after=seconds)


def _right_token(user: User, token: str) -> bool:
    return hmac.compare_digest(hash_token(token), user.token_hash or NOBODY)


def _right_password(user: User, password: str) -> bool:
    return is_right(password, user.password_hash)  # hashes once even where there is none


def _credential(incoming: Incoming, name: str) -> str:
    value = incoming.values.get(name)
    if not isinstance(value, str) or not value:
        raise Missing(name)
    return value
