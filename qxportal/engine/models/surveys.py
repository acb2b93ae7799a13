"""Surveys with their competencies and questions."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.directory import Brand, User


class Survey(models.Model):
    """A survey that evaluators fill in."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.survey_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="surveys")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="surveys")
    public = models.BooleanField(default=False)  # owned by the brand: used by all, changed by its administrators
    creator = models.ForeignKey(User, models.PROTECT, related_name="created_surveys")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="EN")
    names = models.JSONField(default=dict, blank=True)  # translations of the name: language -> text
    languages = models.JSONField(default=list, blank=True)  # languages of translations, without its own
    flow = models.JSONField(default=list, blank=True)  # as in the file it came from; empty: block after block
    embedded_data = models.JSONField(default=list, blank=True)  # [{"Field", "Value"}], in their order
    options = models.JSONField(default=dict, blank=True)  # as in the file it came from
    time_zone = models.CharField(max_length=60, default="UTC")  # time zone of its dates
    active = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    modified_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False, public=False) | models.Q(owner=None, public=True),
                name="a_survey_has_one_owner",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def owner_public_id(self) -> str:
        """The id of the user or brand that owns it."""
        return self.owner.public_id if self.owner else self.brand.name


class Competency(models.Model):
    """A competency: questions that are rated and reported together."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="competencies")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    translations = models.JSONField(default=dict, blank=True)  # language -> {"name", "description"}
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "name"], name="one_competency_per_name"),)

    def __str__(self) -> str:
        return self.name


class Block(models.Model):
    """A page or group of questions."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="blocks")
    public_id = models.CharField(max_length=40, default=ids.block_id)
    description = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, default="Standard")  # Default, Standard or Trash
    position = models.PositiveIntegerField()
    payload = models.JSONField(default=dict, blank=True)  # the block's settings in the file: page breaks, options

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_block_per_id"),)

    def __str__(self) -> str:
        return self.description or self.public_id


class Stem(models.Model):
    """A question as its author wrote it; its answered parts are `Question` rows.

    A matrix has one part per statement, a multiple choice one part per choice, a plain question one part. Surveys made
    here have questions without stems, each a plain question.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="stems")
    block = models.ForeignKey(Block, models.SET_NULL, null=True, blank=True, related_name="stems")
    public_id = models.CharField(max_length=40)  # QID1
    tag = models.CharField(max_length=60, blank=True)  # Q1
    position = models.PositiveIntegerField()
    type = models.CharField(max_length=20)  # MC, Matrix, TE, DB, ... as in QSF
    selector = models.CharField(max_length=20, blank=True)
    sub_selector = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    description = models.TextField(blank=True)
    payload = models.JSONField(default=dict)  # all the file said about it
    translations = models.JSONField(default=dict, blank=True)  # language -> {"QuestionText", "Choices", "Answers"}

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_stem_per_id"),)

    def __str__(self) -> str:
        return self.public_id


class Question(models.Model):
    """One answered part of a survey, a column of every export."""

    class Kind(models.TextChoices):
        """The kind of answer."""

        RATING = "Rating"  # one point of an ordered scale: Answer.value counts from 1; negative: see `others`
        CHOICE = "Choice"  # one of several unordered answers: Answer.value counts from 1
        TEXT = "Text"  # free text: Answer.text
        MARK = "Mark"  # a checkbox of a multiple choice: Answer.value is 1 if ticked
        NUMBER = "Number"  # a rank, a slider, a part of a sum: Answer.value is the number itself

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    stem = models.ForeignKey(Stem, models.CASCADE, null=True, blank=True, related_name="parts")
    part = models.CharField(max_length=40, blank=True)  # id of the choice or statement in the stem
    public_id = models.CharField(max_length=60)  # QID1, QID2, ...; of a part QID2_1, of its own text QID2_1_TEXT
    tag = models.CharField(max_length=80, blank=True)  # column name in exports
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RATING)
    text = models.TextField()
    competency = models.ForeignKey(Competency, models.SET_NULL, null=True, blank=True, related_name="questions")
    choices = models.JSONField(default=list, blank=True)  # labels; of a rating: its scale from lowest to highest
    recodes = models.JSONField(default=list, blank=True)  # code of each choice in exports; empty: 1, 2, 3, ...
    # Choices besides the points of a rating ("no opinion"): [{"label", "recode", "point"}], for which Answer.value
    # counts from -1 down; `point` is the point as which it counts, or None.
    others = models.JSONField(default=list, blank=True)
    # In a drill-down list: for each choice, the value of its parent in the list before; 0: fits any.
    above = models.JSONField(default=list, blank=True)
    translations = models.JSONField(default=dict, blank=True)  # language -> {"text", "choices", "others"}
    required = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_question_per_id"),)

    def __str__(self) -> str:
        return self.public_id


class Quota(models.Model):
    """A target number of completed evaluations that meet a condition."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="quotas")
    public_id = models.CharField(max_length=40, default=ids.quota_id)
    name = models.CharField(max_length=200)
    limit = models.PositiveIntegerField()
    logic = models.JSONField(default=dict, blank=True)  # as in its source file; empty: all evaluations count
    logic_type = models.CharField(max_length=20, default="Simple")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_quota_per_id"),)

    def __str__(self) -> str:
        return self.name


class ResponseSet(models.Model):
    """A set of recorded responses; every survey has a default one without a row."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="response_sets")
    public_id = models.CharField(max_length=40, unique=True, default=ids.response_set_id)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Subgroup(models.Model):
    """A named part of a survey's responses: those of some relationships."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="subgroups")
    public_id = models.CharField(max_length=40, unique=True, default=ids.subgroup_id)
    name = models.CharField(max_length=200)
    relationships = models.JSONField(default=list)  # names

    def __str__(self) -> str:
        return self.name
