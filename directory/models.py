"""The mirrored directory, and files of people that wait to be imported."""

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.mirror.mirrored import Mirrored


class Person(Mirrored):
    """A person of an organisation's directory (`P_`)."""

    of_person = "vendor_id"

    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    user_name = models.CharField(max_length=254, blank=True)
    user_id = models.CharField(max_length=60, blank=True)  # vendor id of the linked user (`UR_`)
    external = models.BooleanField(default=False)
    department = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    location = models.CharField(max_length=200, blank=True)
    manager_email = models.CharField(max_length=254, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    search = models.CharField(max_length=1200, default="")  # lower case: name, address, title, identifier, metadata
    sort_name = models.CharField(max_length=410, default="")  # lower case: last name, first name

    class Meta:
        ordering = ("sort_name", "pk")
        constraints = (models.UniqueConstraint(fields=("org", "vendor_id"), name="one_person_per_vendor_id"),)
        indexes = (
            # includes the searched column, so that a search in list order stays within the index
            models.Index(fields=("org", "sort_name", "id"), include=("search", "gone_at"), name="persons_by_name"),
            models.Index(fields=("org", "email"), name="persons_by_email"),
            models.Index(fields=("org", "manager_email"), name="persons_by_manager"),
            models.Index(fields=("org", "user_id"), name="persons_by_user"),
            models.Index(
                fields=("org", "department", "sort_name", "id"),
                condition=models.Q(gone_at=None),
                name="persons_by_department",
            ),
            models.Index(
                fields=("org", "sort_name", "id"),
                condition=models.Q(gone_at=None, external=True),
                name="persons_external",
            ),
            models.Index(
                fields=("org", "sort_name", "id"), condition=models.Q(gone_at__isnull=False), name="persons_gone"
            ),
            models.Index(fields=("org", "first_seen_at"), name="persons_by_first_sight"),
            GinIndex(fields=("search",), opclasses=("gin_trgm_ops",), name="persons_search"),
        )

    @property
    def external_reference(self) -> str:
        """The organisation's own key of the person, from its HR system."""
        return str(self.raw.get("ExternalDataReference") or "")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class Upload(models.Model):
    """A sealed file that waits until its columns are chosen; deleted after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)  # kind of the plan
    target = models.CharField(max_length=60, blank=True)  # vendor id of the assessment, if any
    name = models.CharField(max_length=200)
    pasted = models.BooleanField(default=False)
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    columns: Any = models.JSONField(default=dict)  # position of a column -> field
    options: Any = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("member", "kind", "target"), name="one_upload_per_member_and_import"),
        )

    def __str__(self) -> str:
        return self.name


class ColumnMemory(models.Model):
    """Fields chosen for a file's columns, by column name; suggested for later files."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    signature = models.CharField(max_length=64)  # of the header
    columns: Any = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("org", "kind", "signature"), name="one_memory_per_header"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.signature[:8]}"


class DifferentPeople(models.Model):
    """A member's mark that people who look alike are different; valid while the shared values are unchanged."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    people = models.JSONField()  # their primary keys, in order
    key = models.CharField(max_length=64)  # of these keys
    seen = models.CharField(max_length=64)  # of the values shared then, as written
    said_by = models.CharField(max_length=200)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "different people"
        constraints = (models.UniqueConstraint(fields=("org", "key"), name="one_word_about_the_same_people"),)

    def __str__(self) -> str:
        return f"{len(self.people)} people, said by {self.said_by}"


class VendorUser(models.Model):
    """A user of the survey service (`UR_`) as last listed; without versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    vendor_id = models.CharField(max_length=60)
    user_name = models.CharField(max_length=254, blank=True)
    surveys = models.PositiveIntegerField(null=True)  # owned by the user; None if not listed
    seen_at = models.DateTimeField()  # time of the whole listing; an older response never overwrites

    class Meta:
        ordering = ("user_name", "pk")
        constraints = (models.UniqueConstraint(fields=("org", "vendor_id"), name="one_user_per_vendor_id"),)
        indexes = (models.Index(fields=("org", "user_name", "id"), name="users_by_name"),)

    def __str__(self) -> str:
        return self.user_name or self.vendor_id

    @property
    def shown_name(self) -> str:
        """The user name without the brand."""
        return str(self).partition("#")[0]
