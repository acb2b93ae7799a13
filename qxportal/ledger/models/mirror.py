"""Freshness of each mirrored listing."""

from typing import Any

from django.db import models

from qxportal.accounts.models import Organisation
from qxportal.ui.stored_messages import MessageDecoder, MessageEncoder, MessageField


class ResourceSync(models.Model):
    """Freshness of one mirrored listing, and the result of its last sync."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="resource_syncs")
    resource = models.CharField(max_length=120)  # "persons", "subjects:TS_..."
    seen_at = models.DateTimeField(null=True, blank=True)  # when the last consistent sync began
    tried_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)  # number of missing rows held for a person's confirmation
    held_digest = models.CharField(max_length=32, blank=True)  # of their keys: what a person saw and confirms
    quarantined = models.PositiveIntegerField(default=0)  # rows that could not be stored
    quarantine: Any = models.JSONField(  # the first of them: [{"id", "reason"}]
        default=list, blank=True, encoder=MessageEncoder, decoder=MessageDecoder
    )
    problem = MessageField(blank=True)

    class Meta:
        db_table = "ledger_pull"
        constraints = (models.UniqueConstraint(fields=("org", "resource"), name="one_pull_per_listing"),)

    def __str__(self) -> str:
        return self.resource


class SuspectedDeletion(models.Model):
    """A row that is missing together with many others, so that a person must confirm its deletion."""

    sync = models.ForeignKey(ResourceSync, models.CASCADE, related_name="suspected_deletions")
    vendor_id = models.CharField(max_length=600)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "ledger_absence"
        ordering = ("vendor_id",)
        constraints = (models.UniqueConstraint(fields=("sync", "vendor_id"), name="one_absence_per_row"),)

    def __str__(self) -> str:
        return self.vendor_id
