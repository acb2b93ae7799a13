"""What a subject's report needs before it is released: so many finished evaluations in each relationship."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import others
from assessments.groups import Group, groups_of
from assessments.models import Assessment, ReportGate, Subject
from assessments.thresholds import minimums_of
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.threesixty.relationships import MANAGER, PEER, SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, label_stored

Rule = Mapping[str, int]  # the least number of finished evaluations by relationship


@dataclass(frozen=True)
class Unmet:
    """A subject who does not meet the rule, with each clause that fails."""

    subject: Subject
    missing: Message


def rule_of(assessment: Assessment) -> Rule:
    """The rule that was set; empty where none was, and every report may be released."""
    found = ReportGate.objects.filter(assessment=assessment).first()
    return found.rule if found else {}


def suggested_rule(assessment: Assessment) -> Rule:
    """The rule that was set, or else self, manager and as many peers as the assessment's minimum."""
    return rule_of(assessment) or {SELF: 1, MANAGER: 1, PEER: minimums_of(assessment).min_group}


def set_rule(assessment: Assessment, rule: Rule, *, by: Member) -> None:
    """Set the rule; an empty one lets every report be released."""
    with transaction.atomic():
        if rule:
            changed = {"rule": dict(rule), "changed_by": str(by), "changed_at": timezone.now()}
            ReportGate.objects.update_or_create(org=assessment.org, assessment=assessment, defaults=changed)
        else:
            ReportGate.objects.filter(assessment=assessment).delete()
        note(assessment.org, by=by, verb="report.gate-set", target=assessment.vendor_id, words=assessment.name)


def missing(groups: Sequence[Group], rule: Rule) -> Message:
    """Which relationships have too few answers for a rule; empty where it is met."""
    done = sum((group.parts for group in groups), Counter[str]())
    return join_stored(
        " ",
        [
            gettext_stored(
                "%(relationship)s: %(done)s of %(least)s finished.",
                relationship=label_stored(RELATIONSHIPS[name]) if name in RELATIONSHIPS else name,
                done=done[name],
                least=least,
            )
            for name, least in rule.items()
            if done[name] < least
        ],
    )


def unmet(member: Member, assessment: Assessment, rule: Rule) -> list[Unmet]:
    """The subjects who do not meet the rule, by name; never the member."""
    listed = Subject.objects.filter(assessment=assessment, gone_at=None).order_by("sort_name", "pk")
    subjects = list(others(member, listed)) if rule else []
    groups = groups_of(subjects)
    found = ((subject, missing(groups.get(subject.pk, ()), rule)) for subject in subjects)
    return [Unmet(subject, lacking) for subject, lacking in found if lacking]


def why_not_released(subject: Subject) -> Message:
    """The clauses of the rule that was set which the subject does not meet; empty where the report may be released."""
    rule = rule_of(subject.assessment)
    return missing(groups_of([subject]).get(subject.pk, ()), rule) if rule else ""


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
