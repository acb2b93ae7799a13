"""The brand, and the mails, letters and texts of an assessment."""

from typing import Any

from django.db import models

from assessments.models.assessments import Assessment
from qxportal.accounts.models import Organisation


class BrandState(models.Model):
    """The brand's appearance, texts and mail settings at the server; without versions, as it contains no person."""

    org = models.OneToOneField(Organisation, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see brand.py
    logo = models.BinaryField(default=b"")  # the PNG that pages and mails show; apart, as few pages need it

    def __str__(self) -> str:
        return f"{self.facts.get('name', '')}"


class Mailings(models.Model):
    """An assessment's mailings at the server; without versions, as a reminded person had not answered."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="mailings")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see mailings.py

    class Meta:
        verbose_name_plural = "mailings"

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class Mail(models.Model):
    """One mail to one person about an assessment, as the server reports it, without its text."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="mails", db_index=False)
    vendor_id = models.CharField(max_length=60)
    mailing_key = models.CharField(max_length=60, blank=True)
    person_key = models.CharField(max_length=254, blank=True)
    person_name = models.CharField(max_length=410, blank=True)
    kind = models.CharField(max_length=30)
    covers_all = models.BooleanField(default=True)  # whether the person was asked for nothing since being invited
    state = models.CharField(max_length=30)
    why = models.CharField(max_length=60, blank=True)  # a code of the server's
    address = models.CharField(max_length=254, blank=True)
    reply = models.TextField(blank=True)  # the mail server's
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    search = models.CharField(max_length=700, default="")

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_mail_per_vendor_id"),)
        indexes = (
            models.Index(fields=("assessment", "-created_at", "-id"), name="mails_by_time"),
            models.Index(
                fields=("org", "person_key"), condition=models.Q(state="failed"), name="failed_mails_by_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.vendor_id}: {self.state}"


class LetterBatch(models.Model):
    """Letters with codes printed together. The codes are sealed until they are downloaded, once."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="letter_batches")
    change_key = models.UUIDField(unique=True)  # of the change that had them made, which may be forgotten before
    person_keys = models.JSONField(default=list)
    printed_at = models.DateTimeField()
    printed_by_name = models.CharField(max_length=254, blank=True)
    lost = models.BooleanField(default=False)  # the letters were made, but the answer with the codes did not arrive
    downloaded_at = models.DateTimeField(null=True, blank=True)
    downloaded_by_name = models.CharField(max_length=254, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)  # the codes expired without a download

    class Meta:
        ordering = ("-printed_at", "-pk")
        verbose_name_plural = "letter batches"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="letter_batches_have_their_organisation"),)

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.printed_at:%Y-%m-%d}"

    @property
    def state(self) -> str:
        """Whether the letters can be downloaded, in the words of the screens."""
        if self.downloaded_at:
            return "printed"
        if self.lost:
            return "lost"
        return "forgotten" if self.forgotten_at else "ready"


class MessageText(models.Model):
    """A text that mailings of an assessment can send, in several languages: of its own library or of its owner's."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="message_texts", db_index=False)
    vendor_id = models.CharField(max_length=60)
    seen_at = models.DateTimeField()  # an older answer never overwrites
    name = models.CharField(max_length=200)
    library_id = models.CharField(max_length=60, blank=True)  # empty: the assessment's own
    category = models.CharField(max_length=60)  # the server's
    texts = models.JSONField(default=dict)  # by language

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_text_per_vendor_id"),)

    def __str__(self) -> str:
        return self.name
