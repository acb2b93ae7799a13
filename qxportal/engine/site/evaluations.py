"""An evaluation from its evaluator's view: pages, answers and possible actions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.db.models import BooleanField, Case, QuerySet, Value, When

from qxportal.engine.assessments import answering, deadlines, snapshots
from qxportal.engine.assessments.relationship_labels import own_label, own_labels
from qxportal.engine.assessments.report_groups import together
from qxportal.engine.editions import thresholds
from qxportal.engine.models import Answer, Evaluation, Person
from qxportal.engine.site.questionnaire import validity
from qxportal.engine.site.questionnaire.pages import Page, pages
from qxportal.engine.site.questionnaire.plan import Plan, plan_of
from qxportal.engine.surveys.logic import Answered
from qxportal.threesixty.relationships import BUILT_IN, MANAGER, SELF

Status = Evaluation.Status


class MissingAnswersError(Exception):
    """Required answers are missing or invalid."""

    def __init__(self, remarks: list[validity.Remark]) -> None:
        super().__init__(f"{len(remarks)} answers are missing or wrong.")
        self.remarks = remarks


def evaluations_of(person: Person) -> QuerySet[Evaluation]:
    """All evaluations of an evaluator, except those of removed subjects and in drafts."""
    return (
        Evaluation.objects.filter(evaluator=person, subject__removed_at=None)
        .exclude(assessment__status="Draft")
        .select_related("assessment__survey", "assessment__brand", "assessment__schedule", "subject__person")
    )


@dataclass
class OwnEvaluation:
    """One evaluation with its questions in a language."""

    row: Evaluation
    person: Person
    language: str

    @cached_property
    def plan(self) -> Plan:
        """The survey's plan in the evaluation's language."""
        return plan_of(self.row.assessment.survey, self.language)

    @cached_property
    def answers(self) -> dict[str, Answered]:
        """The answers so far, by field."""
        return self._by_field(self.row.answers.values_list("question", "value", "text"))

    def _by_field(self, found: Iterable[tuple[int, int | None, str]]) -> dict[str, Answered]:
        names = {pk: name for name, pk in self.plan.keys.items()}
        return {
            name: Answered(self.plan.kinds[name], value, text)
            for pk, value, text in found
            if (name := names.get(pk)) is not None
        }

    @cached_property
    def pages(self) -> list[Page]:
        """The pages that follow from the answers so far."""
        return pages(self.plan, self.answers, self.fields, self.row.public_id)

    @property
    def fields(self) -> Mapping[str, str]:
        """Values by name for piped text and conditions."""
        subject = self.row.subject.person
        return {
            **{str(name): str(value) for name, value in self.person.metadata.items()},
            "FirstName": self.person.first_name,
            "LastName": self.person.last_name,
            "EvaluatorFirstName": self.person.first_name,
            "EvaluatorLastName": self.person.last_name,
            "SubjectFirstName": subject.first_name,
            "SubjectLastName": subject.last_name,
            "SubjectName": str(subject),
            "Relationship": self.row.relationship,
        }

    @cached_property
    def can_answer(self) -> bool:
        """Whether it can be answered now."""
        return self.row.status in answering.OPEN and self.round_is_open

    @cached_property
    def round_is_open(self) -> bool:
        """Whether the round is open, so that it can also be reopened."""
        return answering.in_open_rounds().filter(pk=self.row.pk).exists()

    @cached_property
    def deadline(self) -> datetime | None:
        """The deadline for answers."""
        return deadlines.deadline(self.row)

    @cached_property
    def own_label(self) -> str:
        """The label of the relationship if it is one of the assessment's own; its name otherwise."""
        return own_label(self.row.assessment, self.row.relationship)

    @property
    def is_own(self) -> bool:
        """Whether it is a self evaluation."""
        return self.row.relationship == SELF

    @cached_property
    def shown_alone(self) -> bool:
        """Whether the report shows its ratings alone, as the only manager's."""
        if self.row.relationship != MANAGER:
            return False
        alone = Case(When(snapshots.ONLY_MANAGER, then=Value(True)), default=False, output_field=BooleanField())
        found = Evaluation.objects.filter(pk=self.row.pk).annotate(alone=alone).values_list("alone", flat=True).get()
        return bool(found)

    @property
    def exported_with_names(self) -> bool:
        """Whether the brand lets administrators export answers together with names."""
        return self.row.assessment.brand.raw_answers_since is not None

    @property
    def minimum(self) -> int:
        """The minimum number of answers for a group's figures."""
        return thresholds.of(self.row.assessment).min_group

    @property
    def minimum_comments(self) -> int:
        """The minimum number of comments shown together."""
        return thresholds.of(self.row.assessment).min_comments

    @cached_property
    def group_is_small(self) -> bool:
        """Whether too few people are asked in this relationship or its report group for figures of its own."""
        names = together(self.row.assessment, self.row.relationship)
        asked = Evaluation.objects.filter(subject=self.row.subject_id, relationship__in=names)
        return asked.exclude(status=Status.DECLINED).count() < self.minimum

    @property
    def minutes(self) -> int:
        """Estimated minutes to answer."""
        fields = [one for page in self.pages for one in page.fields]
        seconds = sum(60 if one.long else 10 for one in fields if not one.choice)
        return max(1, round(seconds / 60))

    def submit(self) -> None:
        """Submit it; raises MissingAnswersError, or NotOpenError if it was closed meanwhile.

        Deletes answers to questions that are no longer asked because of other answers.
        """
        with transaction.atomic(using="engine"):
            answering.save(self.row, {}, finished=True)  # locks the assessment until the end of the transaction
            self.__dict__.pop("answers", None)
            self.__dict__.pop("pages", None)
            if not any(map(validity.is_answered, self.answers.values())):
                raise MissingAnswersError([])
            if missing := [remark for remark in validity.remarks(self.pages, self.answers) if remark.must]:
                raise MissingAnswersError(missing)
            asked = {self.plan.keys[one.name] for page in self.pages for one in page.fields}
            Answer.objects.filter(evaluation=self.row, shown_in=None).exclude(question__in=asked).delete()


def preload(evaluations: Sequence[OwnEvaluation]) -> None:
    """Read what a list of tasks shows of the evaluations; three queries for all."""
    rows = [one.row for one in evaluations]
    changeable = set(answering.in_open_rounds().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    ends = deadlines.deadlines(rows)
    labels = own_labels([_relationship(row) for row in rows if row.relationship not in BUILT_IN])
    for one in evaluations:
        one.round_is_open = one.row.pk in changeable
        one.deadline = ends[one.row.pk]
        one.own_label = labels.get(_relationship(one.row), "")


def _relationship(row: Evaluation) -> tuple[int, str]:
    return row.assessment_id, row.relationship


def read_answers(evaluations: Sequence[OwnEvaluation], *, hidden: bool = False) -> None:
    """Read the answers of all these evaluations in one query; none if `hidden`."""
    begun = [one.row.pk for one in evaluations if one.row.status != Status.NOT_STARTED and not hidden]
    found: dict[int, list[tuple[int, int | None, str]]] = defaultdict(list)
    rows = Answer.objects.filter(evaluation__in=begun) if begun else Answer.objects.none()
    for pk, question, value, text in rows.values_list("evaluation", "question", "value", "text"):
        found[pk].append((question, value, text))
    for one in evaluations:
        one.answers = one._by_field(found[one.row.pk])
