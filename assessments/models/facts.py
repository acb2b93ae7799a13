"""What the server tells of an assessment beside the mirror: kept as it is now, without versions."""

from typing import Any

from django.db import models
from django.utils import timezone

from assessments.models.assessments import Assessment, Evaluation, Subject
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Change


class Editions(models.Model):
    """What the server tells of a subject's editions: what was shown, what waits, who is exempt as manager.

    Not mirrored with versions: counts of answers over time would tell who answered when.
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
    """The dates that the server tells of an assessment, and who may answer for longer; not mirrored with versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="schedule")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see schedules.py

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class Thresholds(models.Model):
    """How many answers reports of an assessment need, and of which relationships together, as the server tells it.

    Not mirrored with versions.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="thresholds")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    min_group = models.PositiveSmallIntegerField()  # a group's figures
    min_comments = models.PositiveSmallIntegerField()
    min_spread = models.PositiveSmallIntegerField()
    groups: Any = models.JSONField(default=list)  # relationships that stand together, as qxSetReportGroups takes them
    group_of: Any = models.JSONField(default=dict)  # the same: relationship -> name of the group
    groups_fixed = models.BooleanField(default=False)  # a report was given
    comparison: Any = models.JSONField(default=dict)  # the earlier round of its reports: see earlier_rounds.py

    class Meta:
        verbose_name_plural = "thresholds"

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class ReportGroupVersion(models.Model):
    """Which relationships stood together in reports of an assessment since some time, and who set that."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="report_group_versions")
    groups: Any = models.JSONField()  # as qxSetReportGroups takes them
    at = models.DateTimeField(null=True)  # since when; None for what was there when the first other ones were seen
    set_by = models.CharField(max_length=254, blank=True)  # empty where it was not set here
    change = models.ForeignKey(Change, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class ReportGate(models.Model):
    """What HR requires before reports of an assessment are released; unknown to the server."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="report_gate")
    rule: Any = models.JSONField()  # relationship -> the least number of finished evaluations
    everyone: Any = models.JSONField(default=list)  # relationships in which all evaluators have to finish
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class CriticalEvaluator(models.Model):
    """An evaluator whom HR named: without this answer the subject's report is not ready; unknown to the server."""

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
    """Who may open a subject's report on the site of the server, from when until when, and who did: as it was told."""

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
    """A subject's list of evaluators that subject or manager choose, as the server told it."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="nominations")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    state = models.CharField(max_length=20)  # Open, SentBack, Submitted or Approved
    turn = models.CharField(max_length=20, blank=True)  # Subject, Manager or HR; empty: nobody's
    manager_key = models.CharField(max_length=254, blank=True)
    facts: Any = models.JSONField()  # see nominations.py

    class Meta:
        verbose_name_plural = "nominations"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="nominations_have_their_organisation"),)

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.state}"
