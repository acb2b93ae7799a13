"""How people outside HR reach the site."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import Brand, Person


class PersonalLink(models.Model):
    """Which personal links of a person still open the site: those of the present generation. No link is kept."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="personal_links")
    person = models.OneToOneField(Person, models.CASCADE, related_name="personal_link")
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)  # when earlier links ended

    def __str__(self) -> str:
        return f"{self.person_id}: {self.generation}"
