"""The chain of causes behind an exception."""

import errno
from collections.abc import Iterator

from psycopg.errors import DiskFull
from redis import RedisError

FULL = (errno.ENOSPC, errno.EDQUOT)


def behind(problem: BaseException | None) -> Iterator[BaseException]:
    """The exception and every cause or context behind it, each once."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def disk_is_full(problem: BaseException | None) -> bool:
    """Whether a full disk of ours, the database or the broker is among the causes."""
    return any(
        isinstance(each, DiskFull)
        or (isinstance(each, OSError) and each.errno in FULL)
        or (isinstance(each, RedisError) and "MISCONF" in str(each))
        for each in behind(problem)
    )
