"""Evaluations in chunks from one database snapshot: long exports are consistent and need no more memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet

from qxportal.engine.models import Evaluation

CHUNK = 500


@contextmanager
def one_moment() -> Iterator[None]:
    """Context in which all queries see the same state of the database."""
    outermost = not connections["engine"].in_atomic_block
    with transaction.atomic(using="engine"):
        if outermost:
            with connections["engine"].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def chunks(evaluations: QuerySet[Evaluation], fields: Sequence[str]) -> Iterator[list[Any]]:
    """Lists of named tuples of `fields`."""
    rows = evaluations.values_list(*fields, named=True).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
