"""Concurrent calls and full disks: documented errors in place of an unknown one.

The database decides between two concurrent calls: one waits for a row of the other, violates a constraint, or finds a
row deleted. Its transaction is rolled back and the request is tried again; the other's changes are visible by then, so
the request's own checks give the documented error. If it fails repeatedly, the violated constraint gives the error.
"""

import errno
import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError
from psycopg import Error

from qxportal.engine.http.errors import Conflict, Problem

log = logging.getLogger(__name__)

T = TypeVar("T")

TRIES = 5
NAP = 0.05  # maximum seconds before the next try; longer each time
UNIQUE = "23505"
LOST = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
NO_ROOM = ("53100", "53200")  # disk full, out of memory
NO_ROOM_IN_FILES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
USER_NAMES = ("one_person_per_user_name", "one_user_per_user_name", "engine_user_user_name")
IDS = ("_public_id_",)


def with_reasons(work: Callable[[], T]) -> T:
    """Run a request's work (one transaction, or reads only), with retries after races; full disks raise Problem."""
    for tried in range(1, TRIES + 1):
        try:
            return work()
        except (DatabaseError, ObjectDoesNotExist, OSError) as error:
            if full := no_room(error):
                raise full from error
            if not _lost_a_race(error):
                raise
            if tried == TRIES:
                raise _reason(error) from error
            log.info("Trying again: %s", type(error).__name__)
            time.sleep(random.uniform(0, NAP * tried))  # random, so that two calls do not collide again
    raise AssertionError


def no_room(error: BaseException) -> Problem | None:
    """The 503 problem for an error caused by a full disk or memory, else None; the transaction was rolled back."""
    state = _state(error)
    if state not in NO_ROOM and not (isinstance(error, OSError) and error.errno in NO_ROOM_IN_FILES):
        return None
    log.error("No room: %s", state or error)
    words = "The server has no room left, so nothing was recorded. Its operator has to make some; then send it again."
    return Problem(503, "ESRV503", words, retry_after=60)


def _lost_a_race(error: Exception) -> bool:
    if isinstance(error, IntegrityError | ObjectDoesNotExist):
        return True
    return isinstance(error, DatabaseError) and (_state(error) in LOST or _no_row_left(error))


def _no_row_left(error: DatabaseError) -> bool:
    """Whether Django's save() found no row to update, an error without a cause in the database."""
    return error.__cause__ is None and "did not affect any rows" in str(error)


def _reason(error: Exception) -> Problem:
    constraint = _constraint(error)
    if _state(error) == UNIQUE and any(name in constraint for name in IDS):
        return Conflict("ETS1", "This id is taken.")
    if any(name in constraint for name in USER_NAMES):
        return Conflict("ETS2", "A person or a user with this user name exists.")
    if _state(error) in LOST:
        return Problem(503, "ESRV503", "Other calls change the same: nothing was done. Try again.", retry_after=1)
    return Conflict(
        "ETS3", "Something that the call is about was changed or removed at the same time: look, and repeat."
    )


def _cause(error: BaseException) -> Error | None:
    cause = error.__cause__
    return cause if isinstance(cause, Error) else None


def _state(error: BaseException) -> str:
    cause = _cause(error)
    return (cause.sqlstate or "") if cause else ""


def _constraint(error: BaseException) -> str:
    cause = _cause(error)
    return (cause.diag.constraint_name or "") if cause else ""
