"""Server data of an assessment beside the mirror: only the present state, without versions."""

from typing import Any

from django.db import models
from django.utils import timezone

from assessments.models.assessments import Assessment, Evaluation, Subject
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Change


class Editions(models.Model):
    """A subject's editions at the server: answers shown and waiting, and the manager's exemption.

    Not mirrored with versions: counts of answers over time would reveal who answered when.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="editions")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see editions.py

    class Meta:
        verbose_name_plural = "editions"

    def __str__(self) -> str:
        return f"{self.subject}: edition {self.facts.get('edition', 0)}"


class Schedule(models.Model):
    """An assessment's dates at the server, and extensions of people; not mirrored with versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="schedule")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see schedules.py

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class Thresholds(models.Model):
    """Minimum numbers of answers in an assessment's reports at the server, and combined relationships.

    Not mirrored with versions.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="thresholds")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    min_group = models.PositiveSmallIntegerField()  # a group's figures
    min_comments = models.PositiveSmallIntegerField()
    min_spread = models.PositiveSmallIntegerField()
    groups: Any = models.JSONField(default=list)  # combined relationships, in the form of qxSetReportGroups
    group_of: Any = models.JSONField(default=dict)  # the same: relationship -> name of the group
    groups_fixed = models.BooleanField(default=False)  # a report was given
    comparison: Any = models.JSONField(default=dict)  # the earlier round of its reports: see earlier_rounds.py

    class Meta:
        verbose_name_plural = "thresholds"

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class ReportGroupVersion(models.Model):
    """Combined relationships in an assessment's reports from a time on, and who set them."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="report_group_versions")
    groups: Any = models.JSONField()  # as qxSetReportGroups takes them
    at = models.DateTimeField(null=True)  # since when; None for groups that were there before the first change
    set_by = models.CharField(max_length=254, blank=True)  # empty if not set here
    change = models.ForeignKey(Change, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class ReportGate(models.Model):
    """HR's requirements for releasing an assessment's reports; unknown to the server."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="report_gate")
    rule: Any = models.JSONField()  # relationship -> the least number of finished evaluations
    everyone: Any = models.JSONField(default=list)  # relationships in which all evaluators have to finish
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class CriticalEvaluator(models.Model):
    """An evaluator named by HR: without this answer the subject's report is not ready; unknown to the server."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="critical_evaluators")
    evaluator_key = models.CharField(max_length=254)
    evaluator_name = models.CharField(max_length=410)
    named_by = models.CharField(max_length=254)
    named_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subject", "evaluator_key"), name="evaluators_are_named_once"),)

    def __str__(self) -> str:
        return self.evaluator_name


class DeclineReason(models.Model):
    """Why an evaluator declined, in the evaluator's words; kept apart from the mirror so that no version holds it."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    evaluation = models.OneToOneField(Evaluation, models.CASCADE, related_name="decline_reason")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    words = models.TextField()

    def __str__(self) -> str:
        return f"{self.evaluation_id}"


class ReportAccess(models.Model):
    """A reader's access to a subject's report on the server's site: period and openings, as reported."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="report_access")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    readers: Any = models.JSONField()  # see report_access.py

    class Meta:
        verbose_name_plural = "report access"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="report_access_has_its_organisation"),)

    def __str__(self) -> str:
        return f"{self.subject}: {len(self.readers)} readers"


class Nominations(models.Model):
    """A subject's list of evaluators that subject or manager choose, as reported by the server."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="nominations")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    state = models.CharField(max_length=20)  # Open, SentBack, Submitted or Approved
    turn = models.CharField(max_length=20, blank=True)  # Subject, Manager or HR; empty if no one has to act
    manager_key = models.CharField(max_length=254, blank=True)
    facts: Any = models.JSONField()  # see nominations.py

    class Meta:
        verbose_name_plural = "nominations"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="nominations_have_their_organisation"),)

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.state}"
