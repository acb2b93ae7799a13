"""Action plans of subjects, in their own words, and the people they are shared with."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Participant
from qxportal.engine.models.directory import Brand, Person


class ActionPlan(models.Model):
    """A subject's own plan. No request of the API returns it: HR people read it only if it was shared with them."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.action_plan_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="action_plans")
    subject = models.OneToOneField(Participant, models.CASCADE, related_name="action_plan")
    goals = models.JSONField(default=list)  # [{"goal", "steps", "due": ISO day or ""}]
    in_pdf = models.BooleanField(default=False)  # in the subject's own PDF
    revision = models.PositiveIntegerField(default=0)  # optimistic lock: no device overwrites another's changes
    saved_at = models.DateTimeField(default=timezone.now)
    mark = models.CharField(max_length=16, blank=True)  # of the device on which it was saved (people/devices.py)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["brand", "id"], name="an_action_plan_has_its_brand"),)

    def __str__(self) -> str:
        return self.public_id


class ActionPlanShare(models.Model):
    """A person's right to read a plan; the row is deleted when the subject withdraws it."""

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
