"""Personal links to stored reports and their codes, for readers without an account if the server has no site."""

import uuid

from django.db import models
from django.utils import timezone

from assessments.models.reports import Report
from directory.models import Person
from qxportal.accounts.models import Member, Organisation


class ReportLink(models.Model):
    """One person's link to one kept version of a report; it stays as a row when it has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="report_links")
    report = models.ForeignKey(Report, models.CASCADE, related_name="links")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    address_key = models.CharField(max_length=64)  # of the address that the person had: another one opens nothing
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField()
    asks_code = models.BooleanField(default=False)  # by a second mail, for each device; the organisation may ask always
    ended_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)  # when the PDF was fetched last
    openings = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)  # wrong addresses since `tries_since`
    tries_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("report", "person"), condition=models.Q(ended_at=None), name="one_open_link_per_reader"
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_id} for {self.person_id}"


class ReportCode(models.Model):
    """A code requested on one device; it is generated when its mail is composed, and only its hash is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    link = models.ForeignKey(ReportLink, models.CASCADE, related_name="codes")
    device = models.CharField(max_length=64)  # keyed hash of the device's cookie
    code_key = models.CharField(max_length=64, blank=True)  # keyed hash; empty: not drawn yet
    asked_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)  # it was used, or the device asked for another

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("link", "device"), condition=models.Q(ended_at=None), name="one_open_code_per_device"
            ),
        )

    def __str__(self) -> str:
        return f"{self.link_id} on a device"
