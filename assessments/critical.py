"""Named evaluators of a subject and whole relationships that a report waits for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from assessments.fence import others
from assessments.models import Assessment, CriticalEvaluator, Evaluation, Subject
from assessments.selectors import listed_once
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored, relationship_stored

COMPLETED, DECLINED = Evaluation.Status.COMPLETED, Evaluation.Status.DECLINED


@dataclass
class Awaited:
    """The evaluators that the report of one subject waits for."""

    everyone: dict[str, tuple[int, int]] = field(default_factory=dict)  # finished and asked, by relationship
    named: list["NamedEvaluator"] = field(default_factory=list)

    def lacking(self, *, names: bool) -> list[Message]:
        """The failed requirements; without `names`, only the number of named evaluators who have finished."""
        clauses: list[Message] = [
            gettext_stored(
                "%(relationship)s: %(done)s of %(all)s finished, and everyone has to.",
                relationship=relationship_stored(name),
                done=done,
                all=every,
            )
            for name, (done, every) in self.everyone.items()
            if done < every
        ]
        missing = [one for one in self.named if one.state != COMPLETED]
        if missing and names:
            clauses += [one.words for one in missing]
        elif missing:
            done, every = len(self.named) - len(missing), len(self.named)
            clauses.append(
                ngettext_stored(
                    "%(done)s of %(n)s named evaluator finished.",
                    "%(done)s of %(n)s named evaluators finished.",
                    every,
                    done=done,
                )
            )
        return clauses


@dataclass(frozen=True)
class NamedEvaluator:
    """An evaluator named for a subject, and the evaluation's state; no state if there is no evaluation.

    The name is empty once it was deleted.
    """

    key: str
    name: str
    state: str = ""

    @property
    def words(self) -> Message:
        """That the evaluator has not finished."""
        if not self.name:
            return gettext_stored("A named evaluator who left has to answer.")
        if not self.state:
            return gettext_stored("%(name)s has to answer and is no longer an evaluator.", name=self.name)
        if self.state == DECLINED:
            return gettext_stored("%(name)s has to answer and declined.", name=self.name)
        return gettext_stored("%(name)s has to answer and has not finished.", name=self.name)


def awaited(subjects: Sequence[Subject], everyone: Collection[str]) -> dict[int, Awaited]:
    """The evaluators that reports of these subjects wait for; `everyone`: relationships in which all have to finish."""
    named = CriticalEvaluator.objects.filter(subject__in=subjects).order_by("evaluator_name", "pk")
    wanted: dict[int, dict[str, str]] = defaultdict(dict)
    for subject, key, name in named.values_list("subject_id", "evaluator_key", "evaluator_name"):
        wanted[subject][key] = name
    if not wanted and not everyone:
        return {}
    found: dict[int, Awaited] = defaultdict(Awaited)
    states: dict[tuple[int, str], str] = {}
    rows = listed_once(Evaluation.objects.filter(subject__in=subjects, gone_at=None))
    columns = "subject_id", "evaluator_key", "relationship", "status", "evaluator_first_name", "evaluator_last_name"
    for subject, key, relationship, state, *names in rows.values_list(*columns):
        states[subject, key] = state
        if key in wanted.get(subject, ()):  # as the person is called now
            wanted[subject][key] = " ".join(names).strip()
        if relationship in everyone:
            done, every = found[subject].everyone.get(relationship, (0, 0))
            found[subject].everyone[relationship] = (done + (state == COMPLETED), every + 1)
    for subject, people in wanted.items():
        found[subject].named = [
            NamedEvaluator(key, name, states.get((subject, key), "")) for key, name in people.items()
        ]
    return dict(found)


def mark_of_named(rows: QuerySet[CriticalEvaluator]) -> str:
    """A mark of named evaluators that differs as soon as others are named."""
    named = rows.aggregate(n=Count("pk"), newest=Max("pk"))
    return f"{named['n']}.{named['newest'] or 0}"


def name_evaluators(subject: Subject, keys: Iterable[str], *, by: Member, seen: str | None = None) -> None:
    """Replace the evaluators named for the subject; the report waits for their answers.

    `seen`: the mark of the named evaluators that the member saw; raises ActionRefused if they have changed.
    """
    wanted = set(keys)
    rows = listed_once(Evaluation.objects.filter(subject=subject, gone_at=None, evaluator_key__in=wanted))
    known = {one.evaluator_key: one.evaluator_name for one in rows}
    with transaction.atomic():
        Subject.objects.select_for_update().get(pk=subject.pk)
        named = CriticalEvaluator.objects.filter(subject=subject)
        if seen is not None and seen != mark_of_named(named):
            raise ActionRefused(
                _("Another member has named evaluators in the meantime. Check the list, and save it again.")
            )
        there = set(named.values_list("evaluator_key", flat=True))
        if wanted - known.keys() - there:
            raise ActionRefused(_("Choose evaluators of this subject."))
        if wanted == there:
            raise ActionRefused(_("Nothing was changed."))
        named.exclude(evaluator_key__in=wanted).delete()
        CriticalEvaluator.objects.bulk_create(
            CriticalEvaluator(
                org=subject.org,
                assessment=subject.assessment,
                subject=subject,
                evaluator_key=key,
                evaluator_name=known[key],
                named_by=str(by),
            )
            for key in sorted(wanted - there)
        )
        note(
            subject.org,
            by=by,
            verb="report.evaluators-named",
            target=subject.assessment.vendor_id,
            about=[subject.vendor_id],  # hidden from the subject
            words=f"{subject.assessment.name}: {subject}",
        )


def forget_names(org: Organisation) -> None:
    """Delete the names of named evaluators whose evaluations were purged; reports still wait for them."""
    pair = {"subject": OuterRef("subject"), "evaluator_key": OuterRef("evaluator_key")}
    rows = CriticalEvaluator.objects.filter(org=org).exclude(evaluator_name="")
    rows.exclude(Exists(Evaluation.objects.filter(**pair))).update(evaluator_name="")


def subjects_with_named(member: Member, assessment: Assessment) -> list[tuple[Subject, list[NamedEvaluator]]]:
    """The subjects with named evaluators, and these evaluators; never the member."""
    listed = Subject.objects.filter(assessment=assessment, gone_at=None)
    rows = others(member, listed.filter(pk__in=CriticalEvaluator.objects.values("subject")))
    subjects = list(rows.order_by("sort_name", "pk"))
    found: Mapping[int, Awaited] = awaited(subjects, ())
    return [(subject, found[subject.pk].named) for subject in subjects]


def clauses(found: Awaited | None, *, names: bool) -> Message:
    """The failed requirements as one message; empty if there are none."""
    lacking = found.lacking(names=names) if found else []
    return join_stored(" ", lacking) if lacking else ""
