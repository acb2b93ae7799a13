"""Stored results of requests with an idempotency key, so that no change is made twice."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import Brand, User


class KeptResult(models.Model):
    """The first result of a request with an idempotency key."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="kept_results")
    user = models.ForeignKey(User, models.CASCADE, related_name="kept_results", db_index=False)
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # of the request and its parameters
    result = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="one_result_per_key"),)
        indexes = (models.Index(fields=["at"], name="kept_results_by_age"),)

    def __str__(self) -> str:
        return self.key
