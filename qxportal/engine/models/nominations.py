"""Lists of evaluators that subjects and their managers choose."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models.assessments import Assessment, Participant
from qxportal.engine.models.directory import Brand, Person


class NominationList(models.Model):
    """The people chosen for one subject.

    Open or SentBack --submit--> Submitted --approve--> Approved; without approval Open --submit--> Approved
    Submitted --send back--> SentBack; Submitted or Approved --reopen--> Open
    Approval asks the people on the list. People whom HR adds to an approved list are asked at once. Existing
    evaluations stay.
    """

    class State(models.TextChoices):
        """State of the list, which decides who acts next: the subject, the manager or HR."""

        OPEN = "Open"
        SENT_BACK = "SentBack"
        SUBMITTED = "Submitted"
        APPROVED = "Approved"

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="nomination_lists")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="nomination_lists")
    subject = models.OneToOneField(Participant, models.CASCADE, related_name="nomination_list")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reason = models.TextField(blank=True)  # why it was sent back or reopened
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.state}"


class Nominee(models.Model):
    """One person on a list."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="nominees")
    list = models.ForeignKey(NominationList, models.CASCADE, related_name="nominees")
    person = models.ForeignKey(Person, models.CASCADE, related_name="nominations")
    relationship = models.CharField(max_length=100)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # None: by HR
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("person__last_name", "person__first_name", "pk")
        constraints = (models.UniqueConstraint(fields=["list", "person"], name="nominated_once"),)

    def __str__(self) -> str:
        return f"{self.person_id} as {self.relationship}"


class OutsideNominee(models.Model):
    """A nominee from outside the directory, who becomes a person of the directory on approval."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+")
    list = models.ForeignKey(NominationList, models.CASCADE, related_name="outside")
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    relationship = models.CharField(max_length=100)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("last_name", "first_name", "pk")
        constraints = (models.UniqueConstraint(fields=["list", "email"], name="wanted_once_from_outside"),)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"
