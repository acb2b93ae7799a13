"""An assessment's own relationships and tables of predefined data, which its reports show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from qxportal.engine.models import Assessment, DataSource, Relationship
from qxportal.engine.reports import norms


@dataclass(frozen=True)
class Definitions:
    """The own relationships of an assessment with their translations, and its tables of predefined data."""

    relationships: Mapping[str, Mapping[str, str]]
    tables: Sequence[tuple[str, Sequence[norms.Row]]]


def relationships(assessment: str) -> ArraySubquery:
    """A column of a query with an assessment's own relationships; `assessment`: the query's field with its key."""
    found = Relationship.objects.filter(assessment=OuterRef(assessment)).order_by("position", "id")
    return ArraySubquery(found.values(json=JSONObject(name="name", translations="translations")))


def tables(assessment: str) -> ArraySubquery:
    """A column of a query with an assessment's tables of predefined data."""
    found = DataSource.objects.filter(report__assessment=OuterRef(assessment)).order_by("pk")
    return ArraySubquery(found.values(json=JSONObject(name="name", rows="rows")))


def definitions_of(assessment: Assessment) -> Definitions:
    """Read the definitions of one assessment."""
    found = Assessment.objects.filter(pk=assessment.pk).annotate(own=relationships("pk"), tables=tables("pk"))
    row = found.values_list("own", "tables").first()
    return read(*row) if row else Definitions({}, ())


def read(own: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> Definitions:
    """The definitions from the values of the columns `relationships` and `tables`."""
    return Definitions(
        {row["name"]: row["translations"] for row in own}, [(row["name"], row["rows"]) for row in tables]
    )
