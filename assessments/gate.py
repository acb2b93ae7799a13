"""The requirements of a report before its release: numbers of finished evaluations by relationship."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.critical import awaited, clauses, mark_of_named
from assessments.fence import others
from assessments.groups import Group, groups_of
from assessments.models import Assessment, CriticalEvaluator, ReportGate, Subject
from assessments.thresholds import minimums_of
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.threesixty.relationships import MANAGER, PEER, SELF
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, relationship_stored

Rule = Mapping[str, int]  # the least number of finished evaluations by relationship


@dataclass(frozen=True)
class Requirements:
    """HR's requirements for reports, besides evaluators named for single subjects."""

    rule: Rule
    everyone: Sequence[str] = ()  # relationships in which all evaluators have to finish
    are_set: bool = False


@dataclass(frozen=True)
class Unmet:
    """A subject who does not meet the rule, with the failed requirements."""

    subject: Subject
    missing: Message


def requirements_of(assessment: Assessment) -> Requirements:
    """The stored requirements; empty if none were set, so that every report may be released."""
    found = ReportGate.objects.filter(assessment=assessment).first()
    return Requirements(found.rule, found.everyone, are_set=True) if found else Requirements({})


def suggested_requirements(assessment: Assessment) -> Requirements:
    """The requirements that were set, or else the suggested rule."""
    found = requirements_of(assessment)
    return found if found.are_set else Requirements(suggested_rule(assessment))


def rule_of(assessment: Assessment) -> Rule:
    """The stored rule; empty if none was set."""
    return requirements_of(assessment).rule


def suggested_rule(assessment: Assessment) -> Rule:
    """The stored rule, or else self, manager and the assessment's minimum number of peers."""
    return rule_of(assessment) or {SELF: 1, MANAGER: 1, PEER: minimums_of(assessment).min_group}


def set_rule(assessment: Assessment, rule: Rule, *, by: Member, everyone: Sequence[str] = ()) -> None:
    """Set the rule and the relationships in which `everyone` has to finish; without both, neither is required."""
    with transaction.atomic():
        if rule or everyone:
            changed = {
                "rule": dict(rule),
                "everyone": list(everyone),
                "changed_by": str(by),
                "changed_at": timezone.now(),
            }
            ReportGate.objects.update_or_create(org=assessment.org, assessment=assessment, defaults=changed)
        else:
            ReportGate.objects.filter(assessment=assessment).delete()
        note(assessment.org, by=by, verb="report.gate-set", target=assessment.vendor_id, words=assessment.name)


def too_few(groups: Sequence[Group], rule: Rule) -> list[str]:
    """The relationships in which too few have finished for a rule."""
    done = sum((group.parts for group in groups), Counter[str]())
    return [name for name, least in rule.items() if done[name] < least]


def missing(groups: Sequence[Group], rule: Rule) -> Message:
    """Relationships with too few answers for a rule; empty if it is met."""
    done = sum((group.parts for group in groups), Counter[str]())
    return join_stored(
        " ",
        [
            gettext_stored(
                "%(relationship)s: %(done)s of %(least)s finished.",
                relationship=relationship_stored(name),
                done=done[name],
                least=rule[name],
            )
            for name in too_few(groups, rule)
        ],
    )


def lacking_of(subjects: Sequence[Subject], required: Requirements, *, names: bool = True) -> dict[int, Message]:
    """Failed requirements by subject; only subjects with some.

    Without `names`, for texts that are stored, only the number of named evaluators who have finished is given.
    """
    groups = groups_of(subjects) if required.rule else {}
    waited = awaited(subjects, required.everyone)
    found = dict[int, Message]()
    for subject in subjects:
        parts = [
            missing(groups.get(subject.pk, ()), required.rule),
            clauses(waited.get(subject.pk), names=names),
        ]
        if lacking := [part for part in parts if part]:
            found[subject.pk] = join_stored(" ", lacking)
    return found


def awaiting_of(subjects: Sequence[Subject]) -> dict[int, Message]:
    """Evaluators that reports still wait for besides the rule, without names, by subject."""
    if not subjects:
        return {}
    everyone = requirements_of(subjects[0].assessment).everyone
    return lacking_of(subjects, Requirements({}, everyone), names=False)


def mark_of_requirements(assessment: Assessment) -> str:
    """A mark that differs once the requirements or the named evaluators have changed."""
    at = ReportGate.objects.filter(assessment=assessment).aggregate(at=Max("changed_at"))["at"]
    named = CriticalEvaluator.objects.filter(assessment=assessment)
    return f"{at.timestamp() if at else ''}|{mark_of_named(named)}"


def requires_anything(member: Member, assessment: Assessment) -> bool:
    """Whether reports have requirements; those of the member's own report do not count."""
    subjects = others(member, Subject.objects.filter(assessment=assessment, gone_at=None))
    return (
        ReportGate.objects.filter(assessment=assessment).exists()
        or CriticalEvaluator.objects.filter(subject__in=subjects).exists()
    )


def unmet(member: Member, assessment: Assessment, required: Requirements) -> list[Unmet]:
    """Subjects who do not meet the requirements, by name; never the member."""
    listed = Subject.objects.filter(assessment=assessment, gone_at=None).order_by("sort_name", "pk")
    subjects = list(others(member, listed))
    lacking = lacking_of(subjects, required)
    return [Unmet(subject, lacking[subject.pk]) for subject in subjects if subject.pk in lacking]


def why_not_released(subject: Subject) -> Message:
    """The requirements that the subject does not meet; empty if the report may be released."""
    return lacking_of([subject], requirements_of(subject.assessment)).get(subject.pk, "")


def check_release(subject: Subject, *, unfinished: bool) -> None:
    """Raise ActionRefused for a subject who is not done or does not meet the rule, unless `unfinished` accepts that."""
    if unfinished:
        return
    if subject.status != Subject.Status.DONE:
        raise ActionRefused(
            _("%(subject)s is not done. Confirm that you want to release the report all the same.")
            % {"subject": subject}
        )
    if lacking := why_not_released(subject):
        raise ActionRefused(
            _(
                "%(subject)s does not meet the requirements for reports. %(missing)s Confirm that you want to release "
                "the report all the same."
            )
            % {"subject": subject, "missing": lacking}
        )
