"""`/health/`: whether this process can use the services it needs; for load balancers and the supervisor.

Both services are written to, as a full one can still be read. Both are checked in threads, as one may hang.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from functools import cache as once
from threading import Lock

import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qxportal.core.causes import disk_is_full

log = structlog.get_logger(__name__)
SECONDS = 3.0  # time limit of each check
KEPT = 60
CODES = {"25006": "read-only", "57014": "hung"}  # PostgreSQL error codes: a standby or a switch-over; our time limit


class Probe:
    """Checks one service in its own thread; while a check hangs, no second one starts."""

    def __init__(self, name: str, ask: Callable[[], str]) -> None:
        self.name, self._ask = name, ask
        self._lock = Lock()
        self._asked: Future[str] | None = None
        self._thread = ThreadPoolExecutor(1, f"health-{name}")

    def begin(self) -> Future[str]:
        """Start a check, or join one that is still running."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            return self._asked

    def result(self, asked: Future[str]) -> str:
        """The result in one word: ok, or the kind of failure."""
        try:
            word = asked.result(SECONDS)
        except TooSlow:
            word = "hung"
        if word != "ok":
            log.warning("unhealthy", part=self.name, state=word)
        return word


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 if database and broker accept writes, else 503 with the state of each: away, hung, full or read-only."""
    asked = [(probe, probe.begin()) for probe in _probes()]
    words = {probe.name: probe.result(question) for probe, question in asked}
    return JsonResponse(words, status=200 if set(words.values()) == {"ok"} else 503)


@once
def _probes() -> list[Probe]:
    return [Probe("database", _database), Probe("broker", _broker)]


def _database() -> str:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [int(SECONDS * 900)])
            cache.set("health", 1, KEPT)  # the cache is a table
    except (DatabaseError, InterfaceError) as problem:
        if disk_is_full(problem):
            return "full"
        return CODES.get(getattr(problem.__cause__, "sqlstate", None) or "", "away")
    finally:
        connection.close()  # the next check starts over, as a page would
    return "ok"


def _broker() -> str:
    try:
        with redis.Redis.from_url(
            settings.BROKER_ADDRESS, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        ) as client:
            client.set("portal:health", 1, ex=KEPT)
    except redis.TimeoutError:
        return "hung"
    except redis.ReadOnlyError:
        return "read-only"
    except (redis.OutOfMemoryError, redis.ResponseError) as problem:
        return "full" if isinstance(problem, redis.OutOfMemoryError) or disk_is_full(problem) else "away"
    except (redis.RedisError, OSError):
        return "away"
    return "ok"
