"""Earlier contents of mirrored rows, and read marks."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models.changes import Change


class Version(models.Model):
    """Earlier contents of a mirrored row, and how they ended. A trigger writes versions."""

    class Event(models.TextChoices):
        """How the version ended."""

        ADDED = "added", _("Added")  # the row did not exist before; lasts no time
        CHANGED = "changed", _("Changed")
        GONE = "gone", _("Gone")
        BACK = "back", _("Back")

    class Source(models.TextChoices):
        """The cause of the version's end."""

        NEW = "new", _("Not checked yet")
        VENDOR = "vendor", _("Changed elsewhere")
        PORTAL = "portal", _("Changed from here")

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)  # always with more
    kind = models.CharField(max_length=20)  # of the mirrored model
    row_id = models.BigIntegerField()
    vendor_id = models.CharField(max_length=600)
    assessment_id = models.BigIntegerField(null=True)  # which the row belongs to, or is itself
    person_key = models.CharField(max_length=254, blank=True)  # vendor id of the person described by the row
    event = models.CharField(max_length=10, choices=Event.choices)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()  # when we noticed the difference
    gone = models.BooleanField()  # the vendor did not list it meanwhile
    columns: Any = models.JSONField()  # all column values
    after: Any = models.JSONField()  # columns that differ in the next version
    progress = models.BooleanField()  # only progress of evaluations differs
    source = models.CharField(max_length=10, choices=Source.choices)
    change = models.ForeignKey(  # our change that ended it
        Change, models.SET_NULL, null=True, related_name="versions", db_index=False
    )
    alarm = models.CharField(max_length=30, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("kind", "row_id", "valid_to"), name="versions_of_row"),
            models.Index(fields=("org", "kind", "valid_to"), name="versions_by_time"),
            models.Index(fields=("assessment_id", "-id"), name="versions_of_assessment"),
            models.Index(fields=("org", "person_key", "-id"), name="versions_of_person"),
            models.Index(
                fields=("org", "-id"), condition=models.Q(source="vendor", progress=False), name="versions_by_vendor"
            ),
            models.Index(fields=("org",), condition=models.Q(source="new"), name="versions_not_looked_at"),
            models.Index(fields=("change",), condition=models.Q(change__isnull=False), name="versions_of_change"),
            models.Index(
                fields=("acknowledged_by",),
                condition=models.Q(acknowledged_by__isnull=False),
                name="versions_acknowledged",
            ),
            models.Index(
                fields=("org", "-id"), condition=~models.Q(alarm="") & models.Q(acknowledged_at=None), name="alarms"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} until {self.valid_to:%Y-%m-%d %H:%M}"


class ReadMark(models.Model):
    """The last external change that a member has read."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="read_mark")
    version_id = models.BigIntegerField()  # the newest version on the screen
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.member} up to {self.version_id}"
