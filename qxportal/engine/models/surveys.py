"""Surveys with their competencies and questions."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.directory import Brand, User


class Survey(models.Model):
    """A form that evaluators fill in."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.survey_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="surveys")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="surveys")
    public = models.BooleanField(default=False)  # owned by the brand: all use it, its administrators change it
    creator = models.ForeignKey(User, models.PROTECT, related_name="created_surveys")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="EN")
    names = models.JSONField(default=dict, blank=True)  # translations of the name: language -> text
    languages = models.JSONField(default=list, blank=True)  # those it is translated into, besides its own
    flow = models.JSONField(default=list, blank=True)  # as in the file it came from; empty: block after block
    embedded_data = models.JSONField(default=list, blank=True)  # [{"Field", "Value"}], in their order
    options = models.JSONField(default=dict, blank=True)  # as in the file it came from
    time_zone = models.CharField(max_length=60, default="UTC")  # in which its dates were given
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
    """A heading under which questions are rated and reported together."""

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
    payload = models.JSONField(default=dict, blank=True)  # all the file said about it: page breaks, options

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_block_per_id"),)

    def __str__(self) -> str:
        return self.description or self.public_id


class Stem(models.Model):
    """A question as its author wrote it; what is answered are its parts, the `Question` rows.

    A matrix has a part per statement, a choice of several a part per choice, a plain question one part. A survey made
    here has questions without stems: each of them is one plain question.
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
    """One thing that is answered: a column of every export."""

    class Kind(models.TextChoices):
        """How it is answered."""

        RATING = "Rating"  # one point of an ordered scale: Answer.value counts from 1; negative: see `others`
        CHOICE = "Choice"  # one of several answers without order: Answer.value counts from 1
        TEXT = "Text"  # free words: Answer.text
        MARK = "Mark"  # one of several choices that may be ticked together: Answer.value is 1 where it is
        NUMBER = "Number"  # a rank, a slider, a part of a sum: Answer.value is the number itself

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    stem = models.ForeignKey(Stem, models.CASCADE, null=True, blank=True, related_name="parts")
    part = models.CharField(max_length=40, blank=True)  # which choice or statement of the stem: its id there
    public_id = models.CharField(max_length=60)  # QID1, QID2, ...; of a part QID2_1, of its own text QID2_1_TEXT
    tag = models.CharField(max_length=80, blank=True)  # the name of its column in exports
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RATING)
    text = models.TextField()
    competency = models.ForeignKey(Competency, models.SET_NULL, null=True, blank=True, related_name="questions")
    choices = models.JSONField(default=list, blank=True)  # labels; of a rating: its scale from lowest to highest
    recodes = models.JSONField(default=list, blank=True)  # what exports say for each choice; empty: 1, 2, 3, ...
    # What can be chosen besides the points of a rating ("no opinion"): [{"label", "recode", "point"}], of which
    # Answer.value counts from -1 down; `point` is the point as which it counts, None where it counts as none.
    others = models.JSONField(default=list, blank=True)
    # In a list of a drill-down: for each choice the value of the answer in the list before that it stands below.
    # 0: it goes with any answer.
    above = models.JSONField(default=list, blank=True)
    translations = models.JSONField(default=dict, blank=True)  # language -> {"text", "choices", "others"}
    required = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_question_per_id"),)

    def __str__(self) -> str:
        return self.public_id


class Quota(models.Model):
    """How many completed forms of a kind are wanted."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="quotas")
    public_id = models.CharField(max_length=40, default=ids.quota_id)
    name = models.CharField(max_length=200)
    limit = models.PositiveIntegerField()
    logic = models.JSONField(default=dict, blank=True)  # as in the file it came from; empty: every form counts
    logic_type = models.CharField(max_length=20, default="Simple")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["survey", "public_id"], name="one_quota_per_id"),)

    def __str__(self) -> str:
        return self.name


class ResponseSet(models.Model):
    """Where recorded forms are put; every survey has a default one, which needs no row."""

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
