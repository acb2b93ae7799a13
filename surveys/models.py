"""Mirrored surveys: what is asked."""

from django.db import models

from qxportal.ledger.mirror.mirrored import Mirrored


class Survey(Mirrored):
    """A questionnaire (`SV_`), used as the form of an assessment."""

    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30, blank=True)
    owner_id = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("org", "vendor_id"), name="one_survey_per_vendor_id"),)

    def __str__(self) -> str:
        return self.name
