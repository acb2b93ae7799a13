"""Access of participants to the site: personal links and printed letters."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.assessments import Assessment
from qxportal.engine.models.directory import Brand, Person


class PersonalLink(models.Model):
    """The generation of a person's links that are still valid; links themselves are never stored."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="personal_links")
    person = models.OneToOneField(Person, models.CASCADE, related_name="personal_link")
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)  # when earlier links were revoked
    ended_key = models.CharField(max_length=64, blank=True)  # idempotency key of the last revocation
    address_epoch = models.PositiveIntegerField(default=0)  # number of changes of the person's address
    address_changed_at = models.DateTimeField(null=True, blank=True)  # time of the last change

    def __str__(self) -> str:
        return f"{self.person_id}: {self.generation}"


class PrintedLetter(models.Model):
    """A printed letter, whose code opens the site like a personal link; stores only hashes of code and PIN."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="printed_letters")
    person = models.ForeignKey(Person, models.CASCADE, related_name="printed_letters")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="printed_letters")
    generation = models.PositiveIntegerField()  # the code is valid while this is the link's generation
    code_hash = models.CharField(max_length=64, unique=True)  # keyed, in hex
    pin_hash = models.CharField(max_length=128, blank=True)  # of the chosen PIN; empty: not used yet
    key = models.CharField(max_length=64, blank=True)  # idempotency key of the request
    printed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.printed_at:%Y-%m-%d}"
