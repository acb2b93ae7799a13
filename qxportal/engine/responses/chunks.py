"""Forms in chunks, all of one moment: a long export is as whole as a short one and needs no more memory."""

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
    """Let every query inside see the same state of the database."""
    outermost = not connections["engine"].in_atomic_block
    with transaction.atomic(using="engine"):
        if outermost:
            with connections["engine"].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def chunks(evaluations: QuerySet[Evaluation], fields: Sequence[str]) -> Iterator[list[Any]]:
    """Give named tuples of `fields`, a list at a time."""
    rows = evaluations.values_list(*fields, named=True).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
