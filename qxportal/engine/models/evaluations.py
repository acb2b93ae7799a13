"""Evaluations and their answers."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Assessment, Participant
from qxportal.engine.models.directory import Person
from qxportal.engine.models.editions import AnswerClass
from qxportal.engine.models.surveys import Question, ResponseSet


class Evaluation(models.Model):
    """One evaluator's evaluation of one subject.

    NotStarted --> InProgress --> Completed; NotStarted or InProgress --> Declined
    While the subject's round is open: Completed --> InProgress, Declined --> NotStarted or InProgress
    A closed round turns InProgress into Completed with `partial` set.
    """

    class Status(models.TextChoices):
        """Progress of an evaluation."""

        NOT_STARTED = "NotStarted"
        IN_PROGRESS = "InProgress"
        COMPLETED = "Completed"
        DECLINED = "Declined"

    public_id = models.CharField(max_length=40, unique=True, default=ids.response_id)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="evaluations")
    subject = models.ForeignKey(Participant, models.CASCADE, related_name="evaluations")
    evaluator = models.ForeignKey(Person, models.CASCADE, related_name="evaluations")
    relationship = models.CharField(max_length=100)  # Self, Manager, Peer, DirectReport or a custom one's name
    status = models.CharField(max_length=12, choices=Status, default=Status.NOT_STARTED)
    unsolicited = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True, blank=True)  # if it began as unsolicited feedback
    partial = models.BooleanField(default=False)
    imported = models.BooleanField(default=False)  # by importResponses
    only_manager = models.BooleanField(null=True, blank=True)  # at finishing; None: finished before this was recorded
    response_set = models.ForeignKey(
        ResponseSet, models.SET_NULL, null=True, blank=True, related_name="evaluations"
    )  # None: the default one
    subject_metadata = models.JSONField(null=True, blank=True)  # the persons' metadata at finishing
    evaluator_metadata = models.JSONField(null=True, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    accuracy = models.FloatField(null=True, blank=True)  # accuracy of the location in metres
    language = models.CharField(max_length=10, default="EN")
    declined_because = models.TextField(blank=True)  # the evaluator's reason, for HR
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subject", "evaluator"], name="one_evaluation_per_pair"),)

    def __str__(self) -> str:
        return self.public_id

    @property
    def session_id(self) -> str:
        """The API's id of an evaluation in progress."""
        return f"FS_{self.public_id.removeprefix('R_')}"


class Answer(models.Model):
    """The answer of one evaluation to one question."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="answers", db_index=False)
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    value = models.IntegerField(null=True, blank=True)  # see Question.Kind; None: seen and left blank
    text = models.TextField(blank=True)
    shown_in = models.ForeignKey(
        AnswerClass, models.SET_NULL, null=True, blank=True, related_name="answers", db_index=False
    )  # None: no edition has shown it
    given_at = models.DateTimeField(null=True, blank=True)  # on the evaluator's device; a newer answer replaces it
    device = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["evaluation", "question"], name="one_answer_per_question"),)

    def __str__(self) -> str:
        return f"{self.evaluation_id}: {self.question_id}"
