"""Secrets and files sealed for a while, and the row that tells this database from its copies.

Both tables belong to the app `accounts`, whose migrations made them.
"""

from django.db import models
from django.utils import timezone


class Sealed(models.Model):
    """A record that must be kept for a while, but not in the clear; only `sealed.py` reads it."""

    org_id = models.BigIntegerField()  # id of the organisation; the package accounts is above this one
    purpose = models.CharField(max_length=20)
    record = models.CharField(max_length=100)
    blob = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "accounts"
        constraints = (models.UniqueConstraint(fields=("org_id", "purpose", "record"), name="sealed_once"),)
        verbose_name_plural = "sealed"

    def __str__(self) -> str:
        return f"{self.purpose} {self.record}"


class Instance(models.Model):
    """The one row that tells this database from its copies; `instance.py` writes and reads it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField()  # stored outside as well, see settings.INSTANCE
    former = models.JSONField(default=list)  # the epochs before each resume
    place = models.CharField(max_length=200)  # PostgreSQL cluster, timeline and database
    written_by = models.BigIntegerField()  # the transaction that wrote this row; a restored row was written by another
    held_at = models.DateTimeField(null=True, blank=True)  # when this was found to be a copy
    resumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_instance"),)

    def __str__(self) -> str:
        return str(self.epoch)
