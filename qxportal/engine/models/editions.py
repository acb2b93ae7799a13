"""Published report figures; these rows outlive the subject, the assessment, and the answers themselves.

Series      one person's reports in one assessment, referenced by ids because both may be deleted
Edition     one published state of the report; the next one keeps everything that it shows
AnswerClass answers to one question that joined one line together: pooled, without names
Voice       raters whose answers a series has shown, as keyed hashes, so that each counts once
EditionFence number of editions given by this database, to detect a restore
GroupFigures published means of groups of subjects for a statement
"""

import uuid

from django.db import models
from django.utils import timezone

from qxportal.engine.models.directory import Brand


class Series(models.Model):
    """The editions about one person in one assessment; the row is locked while one is made."""

    assessment_key = models.CharField(max_length=40)  # the assessment's public id
    person_key = models.CharField(max_length=40)  # the subject's public id
    minimum = models.PositiveIntegerField(default=3)  # the highest minimum so far, of ratings
    minimum_comments = models.PositiveIntegerField(default=3)
    minimum_spread = models.PositiveIntegerField(default=5)
    confirmed_manager = models.CharField(max_length=40, blank=True)  # public id of the person
    hidden = models.JSONField(default=list, blank=True)  # lines that are no longer shown

    class Meta:
        constraints = (models.UniqueConstraint(fields=["assessment_key", "person_key"], name="one_series_per_subject"),)

    def __str__(self) -> str:
        return f"{self.person_key} in {self.assessment_key}"


class Edition(models.Model):
    """One edition that was given, or may have been; it shows all classes up to its number that are not gone by then."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    frame = models.JSONField(default=dict)  # facts besides cells: relationships asked, dates, minimums, hidden lines

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "number"], name="one_edition_per_number"),)

    def __str__(self) -> str:
        return f"Edition {self.number} of {self.series}"


class AnswerClass(models.Model):
    """Answers to one question that joined one line in one edition; shown together or not at all."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="classes")
    question = models.CharField(max_length=60)  # its public id
    line = models.CharField(max_length=120)  # see `reports.placing`
    since = models.PositiveIntegerField()  # the first edition that shows it
    leaving = models.BooleanField(default=False)  # the next edition drops it
    gone = models.PositiveIntegerField(null=True, blank=True)  # the first edition without it
    size = models.PositiveIntegerField()
    given = models.PositiveIntegerField()  # number not imported; if there are any, only these count
    values = models.JSONField(default=list)  # points as numbers or "7/3", or texts; sorted by value
    lines = models.JSONField(default=list)  # lines that the answers came from

    def __str__(self) -> str:
        return f"{self.question} in {self.line}: {self.size}"


class Voice(models.Model):
    """A rater whose answers a series has shown, with the one evaluation that counts."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="voices")
    form = models.CharField(max_length=40)  # public id of the evaluation
    person = models.CharField(max_length=64)  # keyed hash of the person's id
    mailbox = models.CharField(max_length=64)  # of the address
    identifier = models.CharField(max_length=64, blank=True)  # of the organisation's own key
    taken_out = models.BooleanField(default=False)  # the evaluation's other answers are dropped

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "form"], name="one_voice_per_form"),)

    def __str__(self) -> str:
        return self.form


class EditionFence(models.Model):
    """The single row that counts the editions given by this database, see `editions.fence`."""

    instance = models.UUIDField(default=uuid.uuid4)
    given = models.PositiveBigIntegerField(default=0)
    begun = models.BooleanField(default=True)  # False: answers older than editions are not migrated yet

    def __str__(self) -> str:
        return f"{self.given} editions of {self.instance}"


class GroupFigures(models.Model):
    """The published means of groups for one statement, see `editions.atoms`; outlives subjects and assessments.

    An element is written "person mark": the subject's public id, and a mark of the answers behind the figure.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="group_figures")
    assessment_key = models.CharField(max_length=40)  # the assessment's public id
    question = models.CharField(max_length=60)  # its public id
    atoms = models.JSONField(default=list)  # lists of elements
    given = models.JSONField(default=dict)  # by members: mean as "7/3", number, day on which it was last new

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["brand", "assessment_key", "question"], name="one_row_of_group_figures_per_statement"
            ),
        )

    def __str__(self) -> str:
        return f"{self.question} of {self.assessment_key}"
