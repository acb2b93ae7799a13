"""What every mirrored row carries."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.utils import timezone

from qxportal.accounts.models import Organisation


@dataclass(frozen=True)
class Alarm:
    """What must not happen at the vendor unnoticed: a row is gone, or a column goes from one value to another."""

    name: str
    gone: bool = False
    column: str = ""
    before: str = ""  # empty: whatever it was
    after: str = ""


class Mirrored(models.Model):
    """A copy of something at the vendor. A sync writes it; nobody edits it; it is never deleted by a sync.

    What a row said earlier is kept as Versions, by a trigger (keeping.py).
    """

    alarms: ClassVar[tuple[Alarm, ...]] = ()
    of_assessment: ClassVar[str] = ""  # the column with the number of the assessment that the row is part of
    answering: ClassVar[tuple[str, ...]] = ()  # the columns that change while forms are answered
    of_person: ClassVar[str] = ""  # the column with the vendor's id of the person whom the row is about

    vendor_id = models.CharField(max_length=60)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)  # always with more
    raw = models.JSONField(default=dict)  # the vendor's whole row
    row_hash = models.BinaryField(max_length=16, default=b"")
    seen_at = models.DateTimeField()  # the vendor said so then; an older stamp never overwrites
    first_seen_at = models.DateTimeField(default=timezone.now, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True)  # a consistent listing lacked it
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def kind_of(model: type[Mirrored]) -> str:
    """The name that the versions of a mirrored model's rows carry."""
    return str(model._meta.model_name)


def mirrored_models() -> dict[str, type[Any]]:
    """Every mirrored model by its kind."""
    return {kind_of(model): model for model in apps.get_models() if issubclass(model, Mirrored)}
