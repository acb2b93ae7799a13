"""Rules that mark subjects as done at set times, and the result of each time."""

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.models.assessments import Assessment
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models import Plan
from qxportal.ui.stored_messages import MessageField

LONGEST_HOLD = 72  # hours


class Timetable(models.Model):
    """When a rule is applied to an assessment: once or daily, in the time zone of the organisation.

    active -> ended      after its last time
      ^  |
      v  |
    paused               by a person, or because the member who set it lost the right to it
    """

    class State(models.TextChoices):
        """Whether it makes plans."""

        ACTIVE = "active", pgettext_lazy("timetable", "Active")
        PAUSED = "paused", pgettext_lazy("timetable", "Paused")
        ENDED = "ended", pgettext_lazy("timetable", "Ended")

    class Repeats(models.TextChoices):
        """How often."""

        ONCE = "once", _("Once")
        DAILY = "daily", _("Every day")

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="timetables")
    rule: Any = models.JSONField()  # least number of finished evaluations by relationship
    leave_begun = models.BooleanField(default=True)  # leaves out subjects with evaluations in progress
    most = models.PositiveSmallIntegerField(default=50)  # subjects; a plan with more of them waits for a person
    repeats = models.CharField(max_length=10, choices=Repeats.choices, default=Repeats.ONCE)
    first_on = models.DateField()
    last_on = models.DateField()
    at = models.TimeField()
    hold_hours = models.PositiveSmallIntegerField(default=24, validators=[MaxValueValidator(LONGEST_HOLD)])
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    next_run_at = models.DateTimeField(null=True, blank=True)
    problem = MessageField(blank=True)  # why it is paused, unless a person paused it
    set_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    set_by_name = models.CharField(max_length=254, blank=True)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("org", "id"), name="timetable_has_its_organisation"),
            models.CheckConstraint(condition=models.Q(hold_hours__lte=LONGEST_HOLD), name="hold_is_three_days_at_most"),
        )
        indexes = (
            models.Index(fields=("next_run_at",), condition=models.Q(state="active"), name="timetables_by_next_run"),
        )

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.at}"


class TimetableRun(models.Model):
    """One run of a timetable: its plan, and the plan's result.

    held -> applied | waiting | stopped | nothing
    """

    class State(models.TextChoices):
        """Progress of the run's plan."""

        HELD = "held", _("Applies itself")
        APPLIED = "applied", pgettext_lazy("run of a timetable", "Applied")
        WAITING = "waiting", _("Waits for a person")
        STOPPED = "stopped", pgettext_lazy("run of a timetable", "Stopped")
        NOTHING = "nothing", _("Nothing to do")

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="runs", db_index=False)
    due_at = models.DateTimeField()
    ran_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices)
    plan = models.OneToOneField(Plan, models.SET_NULL, null=True, blank=True, related_name="timetable_run")
    applies_at = models.DateTimeField(null=True, blank=True)
    shown: Any = models.JSONField(default=list, blank=True)  # keys of the acting lines, as announced
    outcome = MessageField(blank=True)

    class Meta:
        ordering = ("-due_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("timetable", "due_at"), name="one_run_per_time"),)
        indexes = (
            models.Index(fields=("applies_at",), condition=models.Q(state="held"), name="held_runs_by_time"),
            models.Index(fields=("org",), name="timetable_runs_by_org"),
        )

    def __str__(self) -> str:
        return f"{self.timetable_id}: {self.due_at}"
