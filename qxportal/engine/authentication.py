"""Who calls: a user name with its token or password, in constant time, with a lock after repeated mistakes."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from qxportal.engine.incoming import Incoming
from qxportal.engine.models import User
from qxportal.engine.passwords import is_right
from qxportal.engine.problems import Missing, Problem
from qxportal.engine.text import storable

ATTEMPTS = 5
LOCK = timedelta(minutes=10)
LONGEST = 1_000  # of a name, a token or a password
NOBODY = "0" * 64  # compared with when there is no such user, so that the answer takes as long


def hash_token(token: str) -> str:
    """What is stored of a token; tokens are long and random, so a plain hash does."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def give_token(user: User) -> str:
    """Give a user a new token in place of the old one, and forget its mistakes; it is shown this once."""
    token = secrets.token_urlsafe(30)
    user.token_hash, user.failed_attempts, user.locked_until = hash_token(token), 0, None
    user.save(update_fields=["token_hash", "failed_attempts", "locked_until"])
    return token


def authenticate(incoming: Incoming, *, by_password: bool = False) -> User:
    """Give the calling user or refuse."""
    user_name, secret = (_credential(incoming, name) for name in ("User", "Password" if by_password else "Token"))
    user = User.objects.select_related("brand", "division").filter(user_name=user_name).first()
    right = (_right_password if by_password else _right_token)(user, secret)
    if user is None:
        raise _refused()
    if user.locked_until and user.locked_until > timezone.now():
        raise Problem(401, "ESRV2", "The account is locked after repeated failures. Try again in 10 minutes.")
    if not right:
        _count_failure(user)
        raise _refused()
    if user.status != User.Status.ACTIVE:
        raise Problem(401, "ESRV2", "The account is disabled.")
    if user.failed_attempts:
        User.objects.filter(pk=user.pk).update(failed_attempts=0)
    return user


def _right_token(user: User | None, token: str) -> bool:
    return hmac.compare_digest(hash_token(token), (user and user.token_hash) or NOBODY)


def _right_password(user: User | None, password: str) -> bool:
    return is_right(password, user.password_hash if user else "")  # hashes once even where there is none


def _credential(incoming: Incoming, name: str) -> str:
    value = incoming.values.get(name)
    if not isinstance(value, str) or not value:
        raise Missing(name)
    if len(value) > LONGEST or not storable(value):
        raise _refused()
    return value


def _count_failure(user: User) -> None:
    User.objects.filter(pk=user.pk).update(failed_attempts=F("failed_attempts") + 1)
    attempts = getattr(settings, "ENGINE_LOGIN_ATTEMPTS", ATTEMPTS)
    User.objects.filter(pk=user.pk, failed_attempts__gte=attempts).update(
        failed_attempts=0, locked_until=timezone.now() + getattr(settings, "ENGINE_LOCK", LOCK)
    )


def _refused() -> Problem:
    return Problem(401, "ESRV1", "The user name and the token or password do not belong together.")
