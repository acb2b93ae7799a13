"""How people outside HR reach the site."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.assessments import Assessment
from qxportal.engine.models.directory import Brand, Person


class PersonalLink(models.Model):
    """Which personal links of a person still open the site: those of the present generation. No link is kept."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="personal_links")
    person = models.OneToOneField(Person, models.CASCADE, related_name="personal_link")
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)  # when earlier links ended
    ended_key = models.CharField(max_length=64, blank=True)  # the idempotency key with which they were ended last
    address_epoch = models.PositiveIntegerField(default=0)  # how often the person's address was changed
    address_changed_at = models.DateTimeField(null=True, blank=True)  # the last time

    def __str__(self) -> str:
        return f"{self.person_id}: {self.generation}"


class PrintedLetter(models.Model):
    """A letter with a code, which lets a person in like a personal link. Of code and PIN only hashes are kept."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="printed_letters")
    person = models.ForeignKey(Person, models.CASCADE, related_name="printed_letters")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="printed_letters")
    generation = models.PositiveIntegerField()  # the code counts as long as this is the link's present one
    code_hash = models.CharField(max_length=64, unique=True)  # keyed, in hex
    pin_hash = models.CharField(max_length=128, blank=True)  # of the PIN that the person chose; empty: not used yet
    key = models.CharField(max_length=64, blank=True)  # the idempotency key with which it was printed
    printed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.printed_at:%Y-%m-%d}"
