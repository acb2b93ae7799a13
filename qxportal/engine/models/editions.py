"""What was shown of a subject's answers: it outlives the subject, the assessment, and the answers themselves.

Series      one person's reports in one assessment, named by their ids because both may be deleted
Edition     one state of the report that was given; the next one keeps all that it shows
AnswerClass the answers to one question that came into one line together: pooled, without names
Voice       who has spoken in a series already, as keyed hashes, so that nobody speaks twice
EditionFence how many editions this database has given: a restored one lacks some
GroupFigures which means of groups of subjects were given of a statement
"""

import uuid

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import Brand


class Series(models.Model):
    """The editions about one person in one assessment; the row is held while one is made."""

    assessment_key = models.CharField(max_length=40)  # the assessment's public id
    person_key = models.CharField(max_length=40)  # the subject's public id
    minimum = models.PositiveIntegerField(default=3)  # the largest that held so far, of ratings
    minimum_comments = models.PositiveIntegerField(default=3)
    minimum_spread = models.PositiveIntegerField(default=5)
    confirmed_manager = models.CharField(max_length=40, blank=True)  # public id of the person
    hidden = models.JSONField(default=list, blank=True)  # lines that shall not be shown any more

    class Meta:
        constraints = (models.UniqueConstraint(fields=["assessment_key", "person_key"], name="one_series_per_subject"),)

    def __str__(self) -> str:
        return f"{self.person_key} in {self.assessment_key}"


class Edition(models.Model):
    """One edition that was given, or may have been: its classes are those since then or before that are not gone."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    frame = models.JSONField(default=dict)  # relationships with labels and how many were asked, dates, hidden lines

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "number"], name="one_edition_per_number"),)

    def __str__(self) -> str:
        return f"Edition {self.number} of {self.series}"


class AnswerClass(models.Model):
    """Answers to one question that joined one line in one edition; shown together or not at all."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="classes")
    question = models.CharField(max_length=60)  # its public id
    line = models.CharField(max_length=120)  # see `reports.placing`
    since = models.PositiveIntegerField()  # the edition that showed it first
    leaving = models.BooleanField(default=False)  # the next edition shows it no longer
    gone = models.PositiveIntegerField(null=True, blank=True)  # the edition that showed it no longer
    size = models.PositiveIntegerField()
    given = models.PositiveIntegerField()  # how many of them raters gave themselves; only these count, if there are any
    values = models.JSONField(default=list)  # points as numbers or "7/3", or texts; in an order of their own
    lines = models.JSONField(default=list)  # those that the answers came from

    def __str__(self) -> str:
        return f"{self.question} in {self.line}: {self.size}"


class Voice(models.Model):
    """A rater whose answers a series has shown, by the one evaluation that counts there."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="voices")
    form = models.CharField(max_length=40)  # public id of the evaluation
    person = models.CharField(max_length=64)  # keyed hash of the person's id
    mailbox = models.CharField(max_length=64)  # of the address
    identifier = models.CharField(max_length=64, blank=True)  # of the organisation's own key
    taken_out = models.BooleanField(default=False)  # what the form says beyond what was shown is dropped

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "form"], name="one_voice_per_form"),)

    def __str__(self) -> str:
        return self.form


class EditionFence(models.Model):
    """The one row that counts the editions given by this database, see `editions.fence`."""

    instance = models.UUIDField(default=uuid.uuid4)
    given = models.PositiveBigIntegerField(default=0)
    begun = models.BooleanField(default=True)  # False: rows of the time before editions are not taken over yet

    def __str__(self) -> str:
        return f"{self.given} editions of {self.instance}"


class GroupFigures(models.Model):
    """The published means of groups for one statement, see `editions.atoms`; outlives subjects and assessments.

    Elements are written "person mark": the subject's public id, and what tells of which answers the figure is made.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="group_figures")
    assessment_key = models.CharField(max_length=40)  # the assessment's public id
    question = models.CharField(max_length=60)  # its public id
    atoms = models.JSONField(default=list)  # lists of elements
    given = models.JSONField(default=dict)  # by who was in it: mean as "7/3", number, day of the last time it was new

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["brand", "assessment_key", "question"], name="one_row_of_group_figures_per_statement"
            ),
        )

    def __str__(self) -> str:
        return f"{self.question} of {self.assessment_key}"
