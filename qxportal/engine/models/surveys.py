"""What is asked: surveys with their competencies and questions."""

from django.db import models
from django.utils import timezone

from qxportal.engine import ids
from qxportal.engine.models.directory import Brand, User


class Survey(models.Model):
    """A form that evaluators fill in."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.survey_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="surveys")
    owner = models.ForeignKey(User, models.PROTECT, related_name="surveys")
    creator = models.ForeignKey(User, models.PROTECT, related_name="created_surveys")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="EN")
    active = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    modified_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Competency(models.Model):
    """A heading under which questions are rated and reported together."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="competencies")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "name"], name="one_competency_per_name"),)

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """One question of a survey."""

    class Kind(models.TextChoices):
        """How it is answered."""

        RATING = "Rating"  # one point of an ordered scale: Answer.value counts from 1; None is "cannot say"
        CHOICE = "Choice"  # one of several answers without order: Answer.value counts from 1
        TEXT = "Text"  # free words: Answer.text

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    public_id = models.CharField(max_length=40)  # QID1, QID2, ... within the survey
    tag = models.CharField(max_length=40, blank=True)  # the name of its column in exports
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RATING)
    text = models.TextField()
    competency = models.ForeignKey(Competency, models.SET_NULL, null=True, blank=True, related_name="questions")
    choices = models.JSONField(default=list, blank=True)  # labels; of a rating: its scale from lowest to highest
    required = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_question_per_id"),)

    def __str__(self) -> str:
        return self.public_id
