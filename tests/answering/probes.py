"""The site's addresses, and beside them views that a measurement or a storm holds against the site's own save."""

import threading
import time

from django.db import Error, connections
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from qxportal.engine.models import Answer

TABLE = "probe_answer"
UPSERT = f"""
    INSERT INTO {TABLE} AS known (evaluation_id, question_id, value, text, device, given_at)
    VALUES (%s, %s, %s, '', '', now())
    ON CONFLICT (evaluation_id, question_id) DO UPDATE SET value = EXCLUDED.value, given_at = EXCLUDED.given_at
"""  # noqa: S608  # a name of ours
WRITE_EVERY = 0.3  # seconds between two writes of the naive saver

_unwritten: dict[tuple[int, int], int] = {}
_lock = threading.Lock()
_writers: list[threading.Thread] = []


def create_table() -> None:
    """A table like that of answers, for the views here; without its references to other tables."""
    with connections["engine"].cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (LIKE {Answer._meta.db_table} INCLUDING ALL)")


def drop_table() -> None:
    """Take the table away."""
    with connections["engine"].cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


@require_POST
def empty(request: HttpRequest) -> JsonResponse:
    """Do nothing, behind the site's middleware."""
    return JsonResponse({"kept": []})


@require_POST
def upsert(request: HttpRequest, evaluation: int, question: int, name: str) -> JsonResponse:
    """Write one row, and ask nothing."""
    with connections["engine"].cursor() as cursor:
        cursor.execute(UPSERT, [evaluation, question, int(request.POST[name])])
    return JsonResponse({"kept": [name]})


@require_POST
def orm(request: HttpRequest, evaluation: int, question: int, name: str) -> JsonResponse:
    """Write one answer as Django's own method does."""
    Answer.objects.update_or_create(
        evaluation_id=evaluation, question_id=question, defaults={"value": int(request.POST[name])}
    )
    return JsonResponse({"kept": [name]})


@require_POST
def naive(request: HttpRequest, evaluation: int, question: int, name: str) -> JsonResponse:
    """Acknowledge an answer and write it a moment later: the negative control."""
    with _lock:
        _unwritten[evaluation, question] = int(request.POST[name])
        if not _writers:
            _writers.append(threading.Thread(target=_write, daemon=True))
            _writers[0].start()
    return JsonResponse({"kept": [name]})


def _write() -> None:
    while True:
        time.sleep(WRITE_EVERY)
        with _lock:
            rows = dict(_unwritten)
            _unwritten.clear()
        try:
            with connections["engine"].cursor() as cursor:
                cursor.executemany(UPSERT, [(*key, value) for key, value in rows.items()])
        except Error:
            connections["engine"].close()


WHERE = "<int:evaluation>/<int:question>/<str:name>/"
urlpatterns = [
    path("probe/empty/", empty),
    path(f"probe/upsert/{WHERE}", upsert),
    path(f"probe/orm/{WHERE}", orm),
    path(f"probe/naive/{WHERE}", naive),
    path("", include("qxportal.engine.site.root_urls")),
]
