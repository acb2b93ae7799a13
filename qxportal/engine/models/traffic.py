"""The log of requests, and the faults that are switched on."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import User


class Fault(models.Model):
    """A misbehaviour shown to one user's calls, some times or always."""

    class Kind(models.TextChoices):
        """What goes wrong."""

        DELAY = "delay"  # answers rightly after `seconds`
        DRIP = "drip"  # answers rightly, a few bytes at a time, over `seconds`
        TOO_MANY = "429"  # acts not, answers 429 with Retry-After `seconds`
        BUSY = "503"  # acts not, answers 503 with Retry-After `seconds`
        DOWN = "503-bare"  # acts not, answers 503 and says not for how long
        ERROR_BEFORE = "500-before"  # acts not, answers 500
        ERROR_AFTER = "500-after"  # acts, then answers 500
        CUT = "cut"  # acts, then ends the body after `cut_at` bytes
        RESET = "reset"  # acts, then resets the connection after `cut_at` bytes of the body
        MAINTENANCE = "maintenance"  # acts not, answers an HTML page with code 200
        LATE = "late"  # answers 500 now and acts after `seconds`
        DOUBLE = "double"  # a listing repeats some of its rows
        SHRINK = "shrink"  # a listing lacks some rows, its end, or all of them, and says Success
        STALE = "stale"  # a reading tells what was so `seconds` ago

    READING = (Kind.DOUBLE, Kind.SHRINK, Kind.STALE)  # these do nothing to calls that change something

    user = models.ForeignKey(User, models.CASCADE, related_name="faults")
    kind = models.CharField(max_length=12, choices=Kind)
    request = models.CharField(max_length=60, blank=True)  # empty for every request
    seconds = models.FloatField(default=1)
    cut_at = models.PositiveIntegerField(default=20)
    remaining = models.PositiveIntegerField(null=True, blank=True)  # None for ever
    share = models.FloatField(default=1)  # of the calls that it meets
    at_random = models.BooleanField(default=False)  # `seconds` up to that, and `cut_at` anywhere in the body
    seed = models.BigIntegerField(default=0)  # the same one gives the same chances in the same order
    met = models.PositiveBigIntegerField(default=0)  # calls so far
    shown = models.PositiveBigIntegerField(default=0)  # those of them that went wrong by it
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} for {self.request or 'every request'}"


class SignInFailures(models.Model):
    """How often calls from one address were refused before anybody had signed in: as one user, or altogether."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest, see `failures.py`
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField()  # then it counts no more

    class Meta:
        indexes = (models.Index(fields=["ends_at"], name="failures_that_ended"),)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"


class UsualAddress(models.Model):
    """From where a user signs in: strangers cannot lock it out there."""

    user = models.ForeignKey(User, models.CASCADE, related_name="usual_addresses")
    address = models.CharField(max_length=64)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "address"], name="one_usual_address_per_user"),)

    def __str__(self) -> str:
        return self.address


class PastState(models.Model):
    """A moment of the database that can still be read, see `snapshot_reads.py`."""

    at = models.DateTimeField(default=timezone.now)
    snapshot = models.CharField(max_length=60)  # PostgreSQL's name for it

    def __str__(self) -> str:
        return f"{self.snapshot} of {self.at:%H:%M:%S}"


class LoggedCall(models.Model):
    """One received call. Only the newest are kept, and of strangers little, see `request_log.py`."""

    at = models.DateTimeField(default=timezone.now)
    user_name = models.CharField(max_length=254, blank=True)
    request = models.CharField(max_length=60)
    mutates = models.BooleanField()
    parameters = models.JSONField(default=dict)  # those that the request has, without secrets
    code = models.PositiveIntegerField()  # what was answered
    error = models.CharField(max_length=120, blank=True)  # the QualtricsErrorCode that was answered
    executed = models.BooleanField(default=False)  # whether the request took effect, whatever was answered

    class Meta:
        db_table = "engine_call"

    def __str__(self) -> str:
        return f"{self.request} -> {self.code}"
