"""Queries that differ only in their values: Django compiles them once per process, PostgreSQL plans them once per
connection.

    PEOPLE = Prepared(lambda values: Person.objects.filter(name=values["name"]), name=str)
    PEOPLE.all(name="Mara")

Django's own cursors put the values into the text of each statement, which prevents prepared statements.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
Kinds = type[int] | type[str]
_places = count(2_000_000_001)  # placeholders for values until the statement is compiled


@contextmanager
def preparing(database: BaseDatabaseWrapper) -> Iterator[CursorWrapper]:
    """A cursor that prepares its statements; Django counts and logs them like all others."""
    with database.cursor() as own, database.wrap_database_errors:
        connection: psycopg.Connection[Any] = own.connection
        usual, connection.prepare_threshold = connection.prepare_threshold, 0
        cursor: Any  # of psycopg, unknown to Django's types
        try:
            with psycopg.Cursor(connection) as cursor:
                yield database.make_debug_cursor(cursor) if database.queries_logged else database.make_cursor(cursor)
        finally:
            connection.prepare_threshold = usual


@dataclass(frozen=True)
class _Compiled:
    """A compiled statement, its parameters by position, and how rows become objects."""

    database: str
    locks: bool
    sql: str
    places: Sequence[tuple[str, object]]  # the name of a value, or an empty name and a constant
    rows: Callable[[list[Any]], Iterator[Any]]


class Prepared(Generic[M]):
    """A query for objects, with `select_related`, that differs only in some values.

    `make` receives the values by name and must put each into the query unchanged: it runs once, with placeholders,
    so any computation in Python would be frozen.
    """

    def __init__(self, make: Callable[[Mapping[str, Any]], QuerySet[M]], **kinds: Kinds) -> None:
        self._make = make
        self._kinds = kinds

    def all(self, **values: int | str) -> list[M]:
        """The objects for these values."""
        compiled = self._compiled
        database = connections[compiled.database]
        if compiled.locks and database.get_autocommit():
            raise transaction.TransactionManagementError("Rows are locked in a transaction only.")
        given: list[Any] = [values[name] if name else fixed for name, fixed in compiled.places]
        with preparing(database) as cursor:
            found = cursor.execute(compiled.sql, given).fetchall()
        return list(compiled.rows(found))

    def first(self, **values: int | str) -> M | None:
        """The first object, or None."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _compiled(self) -> _Compiled:
        marks = {name: kind(next(_places)) for name, kind in self._kinds.items()}
        names = {mark: name for name, mark in marks.items()}
        query = self._make(marks)
        compiler: Any = query.query.get_compiler(using=query.db)
        sql, parameters = compiler.as_sql()
        places = [
            (names[one], None) if isinstance(one, int | str) and one in names else ("", one) for one in parameters
        ]
        if {name for name, _fixed in places if name} != {*marks}:
            raise ValueError("A value is not in the statement as it was given.")
        return _Compiled(query.db, query.query.select_for_update, sql, places, _reader(compiler, query.db))


def _reader(compiler: Any, database: str) -> Callable[[list[Any]], Iterator[Any]]:
    """A function that turns rows into objects as a query set does."""
    select, kind = compiler.select, compiler.klass_info
    start, end = kind["select_fields"][0], kind["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    related = get_related_populators(kind, select, database)  # type: ignore[call-arg]  # of a later Django
    converters = compiler.get_converters([column[0] for column in select])
    added = dict(compiler.annotation_col_map or {})

    def read(rows: list[Any]) -> Iterator[Any]:
        for row in compiler.apply_converters(rows, converters) if converters else rows:
            one = kind["model"].from_db(database, names, row[start:end])
            for populator in related:
                populator.populate(row, one)
            for name, place in added.items():
                setattr(one, name, row[place])
            yield one

    return read
