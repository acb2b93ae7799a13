"""What people whom a report is about intend to do, in their own words, and with whom they share that."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Participant
from qxportal.engine.models.directory import Brand, Person


class ActionPlan(models.Model):
    """A subject's own plan. No request of the API tells of it: HR reads it only where it was shared with the person."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.action_plan_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="action_plans")
    subject = models.OneToOneField(Participant, models.CASCADE, related_name="action_plan")
    goals = models.JSONField(default=list)  # [{"goal", "steps", "due": ISO day or ""}]
    in_pdf = models.BooleanField(default=False)  # in the subject's own PDF
    revision = models.PositiveIntegerField(default=0)  # counts what was kept, so that no device overwrites another
    saved_at = models.DateTimeField(default=timezone.now)
    mark = models.CharField(max_length=16, blank=True)  # of the device on which it was saved (people/devices.py)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["brand", "id"], name="an_action_plan_has_its_brand"),)

    def __str__(self) -> str:
        return self.public_id


class ActionPlanShare(models.Model):
    """Somebody who may read a plan until the subject withdraws that, which deletes the row."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="action_plan_shares")
    plan = models.ForeignKey(ActionPlan, models.CASCADE, related_name="shares")
    person = models.ForeignKey(Person, models.CASCADE, related_name="shared_action_plans")
    shared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["plan", "person"], name="one_share_per_reader_of_a_plan"),
            models.UniqueConstraint(fields=["brand", "id"], name="a_share_of_a_plan_has_its_brand"),
        )

    def __str__(self) -> str:
        return f"{self.plan_id} for {self.person_id}"
