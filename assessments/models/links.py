"""The state of people's personal links at our own server; never a link."""

from django.db import models

from directory.models import Person
from qxportal.accounts.models import Organisation


class LinkState(models.Model):
    """When a person's links were last ended and a letter was last printed, as it was read last."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    person = models.OneToOneField(Person, models.CASCADE, related_name="link_state")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    ended_at = models.DateTimeField(null=True)  # None: never
    printed_at = models.DateTimeField(null=True)  # the last letter; None: none
    days = models.PositiveIntegerField()  # for which a new link is valid

    def __str__(self) -> str:
        return f"{self.person_id}"
