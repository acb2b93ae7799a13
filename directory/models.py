"""The mirrored directory: who there is."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from qxportal.ledger.mirror.mirrored import Mirrored


class Person(Mirrored):
    """Somebody in an organisation's directory (`P_`)."""

    of_person = "vendor_id"

    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    user_name = models.CharField(max_length=254, blank=True)
    user_id = models.CharField(max_length=60, blank=True)  # the linked vendor user (`UR_`)
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
            # with what is searched, so that a search in the list's order never leaves the index
            models.Index(fields=("org", "sort_name", "id"), include=("search", "gone_at"), name="persons_by_name"),
            models.Index(fields=("org", "email"), name="persons_by_email"),
            models.Index(fields=("org", "manager_email"), name="persons_by_manager"),
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
        """The organisation's own key of the person, as its HR system has it."""
        return str(self.raw.get("ExternalDataReference") or "")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email
