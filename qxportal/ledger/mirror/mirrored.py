"""Base of every mirrored row."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.utils import timezone

from qxportal.accounts.models import Organisation


@dataclass(frozen=True)
class Alarm:
    """An external change that raises an alert: a row is gone, or a column goes from one value to another."""

    name: str
    gone: bool = False
    column: str = ""
    before: str = ""  # empty: any value
    after: str = ""


class Mirrored(models.Model):
    """A copy of a record at the vendor. A sync writes it and never deletes it; no member edits it.

    Earlier contents are kept as Versions, by a trigger (triggers.py).
    """

    alarms: ClassVar[tuple[Alarm, ...]] = ()
    of_assessment: ClassVar[str] = ""  # the column with the number of the assessment that the row is part of
    answering: ClassVar[tuple[str, ...]] = ()  # columns that change while evaluations are answered
    of_person: ClassVar[str] = ""  # the column with the vendor's id of the person described by the row

    vendor_id = models.CharField(max_length=60)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)  # indexed with others
    raw = models.JSONField(default=dict)  # the vendor's whole row
    row_hash = models.BinaryField(max_length=16, default=b"")
    seen_at = models.DateTimeField()  # when the vendor reported it; an older stamp never overwrites
    first_seen_at = models.DateTimeField(default=timezone.now, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True)  # a consistent listing lacked it
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def kind_of(model: type[Mirrored]) -> str:
    """The `kind` of versions of a mirrored model's rows."""
    return str(model._meta.model_name)


def mirrored_models() -> dict[str, type[Any]]:
    """Every mirrored model by its kind."""
    return {kind_of(model): model for model in apps.get_models() if issubclass(model, Mirrored)}
