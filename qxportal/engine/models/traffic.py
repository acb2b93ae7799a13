"""What was asked of this server, and how it shall misbehave."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import User


class Fault(models.Model):
    """A misbehaviour shown to one user's calls, some times or always."""

    class Kind(models.TextChoices):
        """What goes wrong."""

        DELAY = "delay"  # answers rightly after `seconds`
        TOO_MANY = "429"  # acts not, answers 429 with Retry-After `seconds`
        ERROR_BEFORE = "500-before"  # acts not, answers 500
        ERROR_AFTER = "500-after"  # acts, then answers 500
        CUT = "cut"  # acts, then ends the body after `cut_at` bytes
        MAINTENANCE = "maintenance"  # acts not, answers an HTML page with code 200
        LATE = "late"  # answers 500 now and acts after `seconds`

    user = models.ForeignKey(User, models.CASCADE, related_name="faults")
    kind = models.CharField(max_length=12, choices=Kind)
    request = models.CharField(max_length=60, blank=True)  # empty for every request
    seconds = models.FloatField(default=1)
    cut_at = models.PositiveIntegerField(default=20)
    remaining = models.PositiveIntegerField(null=True, blank=True)  # None for ever
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} for {self.request or 'every request'}"


class Call(models.Model):
    """One received call. Only the newest are kept, see `traffic.KEEP`."""

    at = models.DateTimeField(default=timezone.now)
    user_name = models.CharField(max_length=254, blank=True)
    request = models.CharField(max_length=60)
    mutates = models.BooleanField()
    parameters = models.JSONField(default=dict)  # all but the secrets
    code = models.PositiveIntegerField()  # what was answered
    error = models.CharField(max_length=120, blank=True)  # the QualtricsErrorCode that was answered
    executed = models.BooleanField(default=False)  # whether the request took effect, whatever was answered

    def __str__(self) -> str:
        return f"{self.request} -> {self.code}"
