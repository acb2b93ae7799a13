"""Brands, their users, divisions and groups, and directories with their persons."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.keys import KeyField
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD


class Brand(models.Model):
    """One customer (tenant) of this server; all other rows belong to one."""

    class MailMode(models.TextChoices):
        """Mail delivery of a brand."""

        OFF = "off"
        TEST = "test"  # all mail goes to the address of the last test mail
        ON = "on"

    name = models.CharField(max_length=60, unique=True)  # the short name in `mail#brand`
    title = models.CharField(max_length=200)
    data_centre = models.URLField(blank=True)  # root address of the brand's server, if it is another one
    time_zone = models.CharField(max_length=60, blank=True)  # of dates in reports; empty: ENGINE_TIME_ZONE
    language = models.CharField(max_length=10, default="EN")  # of reports about people without one of their own
    color = models.CharField(max_length=7, blank=True)  # #rrggbb, accent colour of mails, site and reports
    logo = models.ForeignKey("Graphic", models.SET_NULL, null=True, blank=True, related_name="+")
    logo_key = models.CharField(max_length=64, blank=True)  # SHA-256 of the BrandLogo; empty: the name is shown
    mail = models.CharField(max_length=4, choices=MailMode, default=MailMode.OFF)
    test_address = models.CharField(max_length=254, blank=True)  # of the last test mail, and of all mail in test mode
    from_name = models.CharField(max_length=100, blank=True)  # empty: the title
    reply_to = models.CharField(max_length=254, blank=True)
    footer = models.JSONField(default=dict, blank=True)  # language -> text below each mail
    report_cover = models.JSONField(default=dict, blank=True)  # language -> text on the cover of reports
    report_confidential = models.JSONField(default=dict, blank=True)  # language -> text after a report's own one
    quiet_from = models.TimeField(default=time(20))  # in the brand's zone; only requested mail is sent
    quiet_until = models.TimeField(default=time(7))
    min_group = models.PositiveSmallIntegerField(default=MINIMUM)  # minimum number of answers in a group
    min_comments = models.PositiveSmallIntegerField(default=MINIMUM)
    min_spread = models.PositiveSmallIntegerField(default=MINIMUM_FOR_SPREAD)
    default_fields = models.JSONField(default=dict, blank=True)  # standard user data fields: name -> whether shown
    optional_fields = models.JSONField(default=dict, blank=True)  # name -> {CanEdit, Required, Type, Choices}
    raw_answers_since = models.DateTimeField(null=True, blank=True)  # the site tells of exports with names
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    min_group__gte=MINIMUM,
                    min_comments__gte=models.F("min_group"),
                    min_spread__gte=models.F("min_group"),
                ),
                name="a_brand_shows_no_smaller_groups",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The brand's time zone."""
        return ZoneInfo(self.time_zone or settings.ENGINE_TIME_ZONE)


class Division(models.Model):
    """A part of a brand that users and persons may belong to."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.division_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="divisions")
    name = models.CharField(max_length=200)
    administrators: Any = models.ManyToManyField("User", related_name="administered_divisions", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["brand", "name"], name="one_division_per_name"),)

    def __str__(self) -> str:
        return self.name


class OrgStructure(models.Model):
    """A directory of persons; a brand's first one is its default."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.org_structure_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="org_structures")
    name = models.CharField(max_length=200)
    next_position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A user of the API, with hashes of one token and perhaps a password."""

    class Status(models.TextChoices):
        """State of the account."""

        ACTIVE = "Active"
        DISABLED = "Disabled"
        NOT_VERIFIED = "NotVerified"

    public_id = models.CharField(max_length=40, unique=True, default=ids.user_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="users")
    user_name = models.CharField(max_length=254, unique=True)
    user_name_key = KeyField(of="user_name")
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    email_key = KeyField(of="email")
    division = models.ForeignKey(Division, models.SET_NULL, null=True, blank=True, related_name="users")
    type = models.CharField(max_length=40, blank=True)  # UT_...
    token_hash = models.CharField(max_length=64, blank=True)  # SHA-256 in hex, see `authentication.hash_token`
    password_hash = models.CharField(max_length=128, blank=True)  # as Django writes it; empty: no password
    permissions = models.JSONField(default=dict, blank=True)
    is_brand_admin = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    language = models.CharField(max_length=10, default="EN")
    time_zone = models.CharField(max_length=60, default="UTC")
    locked_until = models.DateTimeField(null=True, blank=True)  # by an operator; for failed sign-ins see `failures.py`
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user_name_key"], name="one_user_per_user_name"),)

    def __str__(self) -> str:
        return self.user_name


class Group(models.Model):
    """Users who share a library and may own assessments together."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.group_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=200)
    members = models.ManyToManyField(User, related_name="shared_groups", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["brand", "name"], name="one_group_per_name"),)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A person of a directory; the row of a removed person stays because evaluations refer to it."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.person_id)
    org_structure = models.ForeignKey(OrgStructure, models.CASCADE, related_name="persons", db_index=False)
    position = models.BigIntegerField()  # counts up from 0 within the directory, see `directory.take_positions`
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    email_key = KeyField(of="email")
    user_name = models.CharField(max_length=254)
    user_name_key = KeyField(of="user_name")
    unique_identifier = models.CharField(max_length=200, blank=True)  # the organisation's own key, if any
    user = models.OneToOneField(User, models.SET_NULL, null=True, blank=True, related_name="person")
    left_by = models.ForeignKey(  # the user linked to the person when it left the directory
        User, models.SET_NULL, null=True, blank=True, related_name="former_persons", db_index=False
    )
    division = models.ForeignKey(Division, models.SET_NULL, null=True, blank=True, related_name="persons")
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="direct_reports")
    external = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict, blank=True)  # name -> text
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org_structure", "user_name_key"],
                condition=models.Q(removed_at=None),
                name="one_person_per_user_name",
            ),
            models.UniqueConstraint(
                fields=["org_structure", "unique_identifier"],
                condition=models.Q(removed_at=None) & ~models.Q(unique_identifier=""),
                name="one_person_per_unique_identifier",
            ),
        )
        indexes = (
            models.Index(fields=["org_structure", "position"], name="person_position"),
            models.Index(
                fields=["org_structure", "position"], condition=models.Q(removed_at__isnull=False), name="person_hole"
            ),
            models.Index(fields=["org_structure", "email_key"], name="person_email"),
            models.Index(fields=["left_by"], condition=models.Q(left_by__isnull=False), name="person_left_by"),
        )

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"
