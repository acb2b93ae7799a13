"""The log of requests, injected faults, and failed sign-ins."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import User


class Fault(models.Model):
    """A fault injected into one user's calls, a number of times or always."""

    class Kind(models.TextChoices):
        """What goes wrong."""

        DELAY = "delay"  # normal response after `seconds`
        DRIP = "drip"  # normal response, a few bytes at a time, over `seconds`
        TOO_MANY = "429"  # not executed; 429 with Retry-After `seconds`
        BUSY = "503"  # not executed; 503 with Retry-After `seconds`
        DOWN = "503-bare"  # not executed; 503 without Retry-After
        ERROR_BEFORE = "500-before"  # not executed; 500
        ERROR_AFTER = "500-after"  # executed, then 500
        CUT = "cut"  # executed; the body ends after `cut_at` bytes
        RESET = "reset"  # executed; connection reset after `cut_at` bytes of the body
        MAINTENANCE = "maintenance"  # not executed; an HTML page with status 200
        LATE = "late"  # 500 now, executed after `seconds`
        DOUBLE = "double"  # a list repeats some of its rows
        SHRINK = "shrink"  # a list lacks some rows, its end, or all rows, with Success
        STALE = "stale"  # a read returns the state of `seconds` ago

    READING = (Kind.DOUBLE, Kind.SHRINK, Kind.STALE)  # no effect on calls that change something

    user = models.ForeignKey(User, models.CASCADE, related_name="faults")
    kind = models.CharField(max_length=12, choices=Kind)
    request = models.CharField(max_length=60, blank=True)  # empty for every request
    seconds = models.FloatField(default=1)
    cut_at = models.PositiveIntegerField(default=20)
    remaining = models.PositiveIntegerField(null=True, blank=True)  # None: unlimited
    share = models.FloatField(default=1)  # share of the matching calls
    at_random = models.BooleanField(default=False)  # random delay up to `seconds`, and random `cut_at`
    seed = models.BigIntegerField(default=0)  # makes the random sequence reproducible
    met = models.PositiveBigIntegerField(default=0)  # matching calls so far
    shown = models.PositiveBigIntegerField(default=0)  # calls that it affected
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} for {self.request or 'every request'}"


class SignInFailures(models.Model):
    """Number of refused calls without sign-in from one address: for one user name, or in total."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest, see `failures.py`
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField()  # end of the counting period

    class Meta:
        indexes = (models.Index(fields=["ends_at"], name="failures_that_ended"),)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"


class UsualAddress(models.Model):
    """An address from which a user signs in, where strangers' failures cannot lock the user out."""

    user = models.ForeignKey(User, models.CASCADE, related_name="usual_addresses")
    address = models.CharField(max_length=64)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "address"], name="one_usual_address_per_user"),)

    def __str__(self) -> str:
        return self.address


class PastState(models.Model):
    """A past snapshot of the database that can still be read, see `snapshot_reads.py`."""

    at = models.DateTimeField(default=timezone.now)
    snapshot = models.CharField(max_length=60)  # PostgreSQL's snapshot id

    def __str__(self) -> str:
        return f"{self.snapshot} of {self.at:%H:%M:%S}"


class LoggedCall(models.Model):
    """One received call. Only the newest are kept, with few details without sign-in, see `request_log.py`."""

    at = models.DateTimeField(default=timezone.now)
    user_name = models.CharField(max_length=254, blank=True)
    request = models.CharField(max_length=60)
    mutates = models.BooleanField()
    parameters = models.JSONField(default=dict)  # known parameters, without secrets
    code = models.PositiveIntegerField()  # HTTP status of the response
    error = models.CharField(max_length=120, blank=True)  # QualtricsErrorCode of the response
    executed = models.BooleanField(default=False)  # whether it took effect, whatever the response

    class Meta:
        db_table = "engine_call"

    def __str__(self) -> str:
        return f"{self.request} -> {self.code}"
