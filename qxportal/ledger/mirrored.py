"""What every mirrored row carries."""

from django.db import models

from qxportal.accounts.models import Organisation


class Mirrored(models.Model):
    """A copy of something at the vendor. A sync writes it; nobody edits it; it is never deleted by a sync."""

    vendor_id = models.CharField(max_length=60)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)  # always with more
    raw = models.JSONField(default=dict)  # the vendor's whole row
    row_hash = models.BinaryField(max_length=16, default=b"")
    seen_at = models.DateTimeField()  # the vendor said so then; an older stamp never overwrites
    missing_since = models.DateTimeField(null=True, blank=True)  # a sound listing lacked it
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
