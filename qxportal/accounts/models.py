"""Users, organisations, members, invitations, sealed credentials, and the audit log."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.roles import Role
from qxportal.mail.queue import OPEN, QueuedMail
from qxportal.threesixty.catalogue import OLDEST
from qxportal.ui.stored_messages import MessageField


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user, who cannot sign in until a password is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an operator of this installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in; may be a member of several organisations."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    former_names = models.JSONField(default=list, blank=True)  # former names of the user
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(
        _("language"), max_length=10, blank=True, choices=settings.LANGUAGES
    )  # empty: browser's
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name for greetings."""
        return str(self)


WORKING = {"paused": False, "archived_at": None}  # organisations with sync and sending


class Organisation(models.Model):
    """One customer of the portal, one brand at the vendor; owns all other records."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")  # of its mails
    terms = models.JSONField(default=dict, blank=True)  # its own terms: {"Subject": "Feedback recipient"}
    paused = models.BooleanField(default=False)  # no background sync, no sending of changes
    release_alone = models.PositiveIntegerField(default=200)  # maximum readers of a release by one admin
    report_codes = models.BooleanField(default=False)  # links to reports also need a mailed code
    raw_answers_at = models.DateTimeField(null=True, blank=True)  # since when admins may export answers
    archived_at = models.DateTimeField(null=True, blank=True)  # since then no access, sync or sending
    next_sync_at = models.DateTimeField(default=timezone.now)
    job_claimed_at = models.DateTimeField(null=True, editable=False)  # last claim: the oldest one is served next
    changes_sent_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def at_rest(self) -> bool:
        """Whether sync and sending are off."""
        return self.paused or self.archived_at is not None


class Member(models.Model):
    """A user's membership of an organisation, with a role, and the member's directory person (directory/joins.py)."""

    class PersonState(models.TextChoices):
        """How the member's person is known."""

        UNSAID = "", _("Not chosen")
        CLAIMED = "claimed", _("Chosen, not confirmed")
        PROVEN = "proven", _("Confirmed by the e-mail address")
        CONFIRMED = "confirmed", _("Confirmed")
        NOBODY_CLAIMED = "nobody-claimed", _("Chosen “Not in the directory”, not confirmed")
        NOBODY = "nobody", _("Confirmed as not in the directory")

    SETTLED = (PersonState.PROVEN, PersonState.CONFIRMED)

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.READER)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    person_key = models.CharField(max_length=60, blank=True)  # vendor id of the person
    person_name = models.CharField(max_length=410, blank=True)  # name at that time
    person_state = models.CharField(max_length=20, blank=True, choices=PersonState.choices, default=PersonState.UNSAID)
    person_at = models.DateTimeField(null=True, blank=True)
    releases_since = models.DateTimeField(default=timezone.now)  # earlier releases no longer count
    lists: Any = models.JSONField(default=dict, blank=True)  # kind of list -> {columns, view}, see lists.py

    class Meta:
        ordering = ("user__email",)
        constraints = (models.UniqueConstraint(fields=("org", "user"), name="one_membership_per_user"),)

    def __str__(self) -> str:
        return str(self.user)

    def may(self, least: Role) -> bool:
        """Whether the member's role reaches `least`."""
        return Role(self.role).reaches(least)


def invitation_expiry() -> Any:
    """Expiry of an invitation made now."""
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


class Invitation(models.Model):
    """An offer of membership, mailed as a link; only the hash of the link is stored."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.READER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=invitation_expiry)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("org", "email"), condition=models.Q(accepted_at=None), name="one_open_invitation_per_address"
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def ended(self) -> bool:
        """Whether its link has expired."""
        return self.expires_at <= timezone.now()


class PortalMail(QueuedMail):
    """A mail to a member, an invited person, or a recipient whom its writer determines."""

    class Why(models.TextChoices):
        """The reason why a mail failed, was cancelled, or is delayed."""

        ADDRESS = "address", _("No mail can be sent to this address.")
        REFUSED = "refused", _("The mail server refused the mail.")
        UNREACHED = "unreached", _("The mail server could not be reached.")
        GAVE_UP = "gave-up", _("Sending the mail ended the process several times.")
        ENDED = "ended", _("What the mail was about had ended.")
        REPLACED = "replaced", _("A newer mail replaced this one.")
        COPY = "copy", _("The portal was copied or restored before the mail was sent.")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=40)  # selects its writer
    invitation = models.ForeignKey(Invitation, models.CASCADE, null=True, blank=True, related_name="mails")
    member = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, related_name="mails")
    about = models.JSONField(default=dict, blank=True)  # ids of its subject matter; no text, no secrets

    class Meta:
        indexes = (
            models.Index(fields=["not_before"], condition=models.Q(state__in=OPEN), name="portal_mails_that_are_open"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(invitation=None) | models.Q(member=None), name="portal_mail_has_one_recipient"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}: {self.state}"

    @property
    def reason(self) -> str:
        """The reason why the mail has not left, with the mail server's reply."""
        words = str(self.Why(self.why).label) if self.why else ""
        return f"{words} {self.reply}".strip()


class SavedView(models.Model):
    """Filters, search, order and columns of a kind of list, saved under a name by a member or for the organisation."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")  # none: the sharing member left
    kind = models.CharField(max_length=40)  # of the list
    path = models.CharField(max_length=300)  # of the list where it was saved
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(max_length=2000, blank=True)  # query string
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                "org", "kind", Lower("name"), condition=Q(shared=True), name="one_shared_view_by_name"
            ),
            models.UniqueConstraint(
                "owner", "kind", Lower("name"), condition=Q(shared=False), name="one_own_view_by_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CalendarFeed(models.Model):
    """Access of a member's calendar program to deadlines: a name, and the hash of a password."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="calendar_feed")
    name = models.CharField(max_length=40, unique=True)
    password_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Credential(models.Model):
    """An organisation's access to the API; the token is sealed and never shown."""

    class Version(models.TextChoices):
        """Supported API versions."""

        OLDEST = OLDEST, _("Oldest (user and password)")
        V2_0 = "2.0", "2.0"
        V2_1 = "2.1", "2.1"
        V2_2 = "2.2", "2.2"
        V2_3 = "2.3", "2.3"
        V2_4 = "2.4", "2.4"
        V2_5 = "2.5", "2.5"

    org = models.OneToOneField(Organisation, models.CASCADE, related_name="credential")
    host = models.CharField(_("API host"), max_length=200)
    api_user = models.CharField(_("API user"), max_length=200)
    sealed_token = models.BinaryField(null=True, blank=True)
    version = models.CharField(_("API version"), max_length=4, choices=Version.choices, default=Version.V2_5)
    names = models.JSONField(default=dict, blank=True)  # request name -> name in use at this vendor
    heard: Any = models.JSONField(default=dict, blank=True)  # request -> {name, outcome, words, at}, see `Heard`
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)  # keyed; reveals a token used twice
    token_set_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(
        null=True, blank=True
    )  # the vendor refused the token: no calls until it is replaced or tested
    refusal = MessageField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.api_user} at {self.host}"

    @property
    def usable(self) -> bool:
        """Whether calls may be made with it."""
        return self.sealed_token is not None and self.refused_at is None


class CredentialTries(models.Model):
    """Number of an organisation's recent refusals as one API user; see `tries.py`."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="credential_tries")
    key = models.CharField(max_length=64)  # a digest of host and API user
    refused = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)
    succeeded_at = models.DateTimeField(null=True, blank=True)  # signed in as that API user before

    class Meta:
        constraints = (models.UniqueConstraint(fields=["org", "key"], name="tries_once_per_api_user"),)
        indexes = (models.Index(fields=["key"], name="tries_of_api_user"),)

    def __str__(self) -> str:
        return f"{self.refused} since {self.since:%H:%M:%S}"


class RememberedValue(models.Model):
    """A cached value that throttling relies on; only `remembered.py` reads and writes it."""

    key = models.CharField(primary_key=True, max_length=300)
    value: Any = models.JSONField()
    set_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_remembered"

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """An entry of the audit log; never changed or deleted."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="audit")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254, blank=True)
    verb = models.CharField(max_length=60)  # "report.opened", "member.invited"
    target = models.CharField(max_length=200, blank=True)  # a vendor id, or the name of the target
    words = MessageField(blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("org", "target", "-at"), name="audit_by_target"),
            models.Index(fields=("org", "-at"), name="audit_by_time"),
        )
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.verb} {self.target}".strip()
