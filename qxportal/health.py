"""`/health/`: whether this process reaches what it needs; for load balancers and the supervisor."""

import structlog
from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

log = structlog.get_logger(__name__)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, else 503; says no more than that."""
    parts = {"database": _database_answers(), "broker": _broker_answers()}
    return JsonResponse(
        {name: "ok" if good else "away" for name, good in parts.items()}, status=200 if all(parts.values()) else 503
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        log.warning("database_away")
        return False
    return True


def _broker_answers() -> bool:
    try:
        cache.get("health")  # the cache lies on the broker
    except (RedisError, OSError):
        log.warning("broker_away")
        return False
    return True
