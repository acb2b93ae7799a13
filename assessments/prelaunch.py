"""Checks before an assessment is activated, as far as the mirror allows."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.audience import Audience
from assessments.fence import about_others, others
from assessments.forms import OPTIONS
from assessments.groups import UNFINISHED, groups_of
from assessments.mailings import failed_addresses
from assessments.models import Assessment, Evaluation, Subject
from assessments.selectors import relationships_of
from assessments.thresholds import minimums_of
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.threesixty.relationships import MANAGER, SELF
from qxportal.ui.labels import RELATIONSHIPS
from surveys.models import SurveyContent
from surveys.scale_checks import findings as odd_scales

OVERLOADED = 10  # open evaluations that are too many for one person
NAMED = 10  # people that a finding lists
NEEDS = {"NominationApproval": "SubjectsNominate", "SubjectsChooseRelationship": "SubjectsNominate"}


@dataclass(frozen=True)
class Named:
    """One entry of a finding: a subject or a person of the directory, with a remark."""

    name: str
    words: str = ""
    subject_pk: int | None = None
    person_pk: int | None = None


@dataclass(frozen=True)
class Finding:
    """Something that should be looked at."""

    title: str
    hint: str
    named: tuple[Named, ...] = ()
    more: int = 0


def findings(member: Member, assessment: Assessment, invited: Audience) -> list[Finding]:
    """All that should be looked at, but nothing about the member as a subject."""
    subjects = list(others(member, Subject.objects.filter(assessment=assessment, gone_at=None)))
    found = [
        _without(subjects, assessment, MANAGER),
        _few_evaluators(subjects, assessment),
        _small_groups(subjects, assessment),
        _overloaded(member, assessment),
        _without(subjects, assessment, SELF) if assessment.workflow_options.get("SelfEvaluation") else None,
        _no_address(invited),
        _odd_addresses(invited),
        _returned_mail(member, invited),
        _unknown_relationships(member, assessment),
        _other_managers(member, assessment),
        _scales(assessment),
        *_options(assessment),
    ]
    return [one for one in found if one is not None]


def _without(subjects: Iterable[Subject], assessment: Assessment, relationship: str) -> Finding | None:
    """Subjects without an evaluator of this relationship."""
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None, relationship=relationship)
    have = set(rows.values_list("subject_id", flat=True))
    lacking = [Named(str(subject), subject_pk=subject.pk) for subject in subjects if subject.pk not in have]
    if not lacking:
        return None
    if relationship == SELF:
        title = ngettext("%(n)s subject has no self-evaluation", "%(n)s subjects have no self-evaluation", len(lacking))
        hint = _("The assessment is set to have subjects evaluate themselves.")
    else:
        title = ngettext("%(n)s subject has no manager", "%(n)s subjects have no manager", len(lacking))
        hint = _("No evaluator has the relationship Manager.")
    return _finding(title, hint, lacking)


def _few_evaluators(subjects: Iterable[Subject], assessment: Assessment) -> Finding | None:
    """Subjects with fewer evaluators than the workflow options want."""
    least = assessment.workflow_options.get("MinimumEvaluators") or 0
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None).exclude(relationship=SELF).order_by()
    numbers = dict(rows.values_list("subject_id").annotate(n=Count("evaluator_key", distinct=True)))
    few = [
        Named(str(subject), str(numbers.get(subject.pk, 0)), subject.pk)
        for subject in subjects
        if numbers.get(subject.pk, 0) < least
    ]
    if not few:
        return None
    title = ngettext(
        "%(n)s subject has fewer than %(least)s evaluators",
        "%(n)s subjects have fewer than %(least)s evaluators",
        len(few),
    )
    hint = _("The workflow options set this minimum. Self-evaluations are not counted.")
    return _finding(title, _with_nominations(hint, assessment), few, least=least)


def _small_groups(subjects: Iterable[Subject], assessment: Assessment) -> Finding | None:
    """Groups that stay hidden even when everybody answers."""
    subjects = list(subjects)
    groups = groups_of(subjects)
    small = [
        Named(
            str(subject),
            ", ".join(
                f"{RELATIONSHIPS.get(group.relationship, group.relationship)} ({group.total})"
                for group in groups.get(subject.pk, [])
                if group.hopeless
            ),
            subject.pk,
        )
        for subject in subjects
        if any(group.hopeless for group in groups.get(subject.pk, []))
    ]
    if not small:
        return None
    title = ngettext(
        "%(n)s subject has a group that is too small", "%(n)s subjects have groups that are too small", len(small)
    )
    hint = _("Groups with fewer than %(minimum)s answers are not shown by themselves.") % {
        "minimum": minimums_of(assessment).min_group
    }
    return _finding(title, _with_nominations(hint, assessment), small)


def _with_nominations(hint: str, assessment: Assessment) -> str:
    """The hint of a finding that nominations may still settle."""
    if not assessment.workflow_options.get("SubjectsNominate"):
        return hint
    nominating = _("Subjects may still nominate evaluators.")
    return f"{hint} {nominating}"


def _overloaded(member: Member, assessment: Assessment) -> Finding | None:
    """Evaluators who would have too many open evaluations, over all active assessments and this one."""
    rows = Evaluation.objects.filter(
        UNFINISHED,
        Q(assessment=assessment) | Q(assessment__status=Assessment.Status.ACTIVE, assessment__gone_at=None),
        org=assessment.org_id,
        gone_at=None,
        subject__gone_at=None,
        subject__status=Subject.Status.WAITING,
    )
    here = Evaluation.objects.filter(UNFINISHED, assessment=assessment, gone_at=None)
    counted = rows.filter(evaluator_key__in=here.values("evaluator_key")).values(
        "evaluator_key", "evaluator_first_name", "evaluator_last_name", "evaluator_id"
    )
    busy = counted.annotate(n=Count("pk")).filter(n__gt=OVERLOADED).order_by("-n", "evaluator_key")
    found = [
        Named(
            f"{row['evaluator_first_name']} {row['evaluator_last_name']}".strip() or row["evaluator_key"],
            str(row["n"]),
            person_pk=row["evaluator_id"],
        )
        for row in busy
    ]
    if not found:
        return None
    title = ngettext(
        "%(n)s evaluator has more than %(most)s open evaluations",
        "%(n)s evaluators have more than %(most)s open evaluations",
        len(found),
    )
    return _finding(title, _("Counted over all active assessments and this one."), found, most=OVERLOADED)


def _no_address(invited: Audience) -> Finding | None:
    lacking = [Named(one.name, person_pk=one.person_pk) for one in invited.unreached]
    if not lacking:
        return None
    title = ngettext("%(n)s evaluator has no e-mail address", "%(n)s evaluators have no e-mail address", len(lacking))
    return _finding(title, _("They get no invitation."), lacking)


def _odd_addresses(invited: Audience) -> Finding | None:
    """Invalid mail addresses."""
    odd = [Named(one.name, one.email, person_pk=one.person_pk) for one in invited.reached if not _valid(one.email)]
    if not odd:
        return None
    title = ngettext(
        "%(n)s evaluator has an invalid address",
        "%(n)s evaluators have invalid addresses",
        len(odd),
    )
    return _finding(title, _("Mails to these addresses cannot be delivered."), odd)


def _returned_mail(member: Member, invited: Audience) -> Finding | None:
    """Addresses whose last mail was undeliverable, in any assessment whose mails the member may see."""
    hidden = list(fence_of(member).assessments)
    failed = failed_addresses(member.org_id, [one.key for one in invited.reached], without=hidden)
    returned = {(key, address.casefold()) for key, address in failed if address}
    found = [
        Named(one.name, one.email, person_pk=one.person_pk)
        for one in invited.reached
        if (one.key, one.email.casefold()) in returned
    ]
    if not found:
        return None
    title = ngettext(
        "%(n)s evaluator has an address to which mail could not be delivered",
        "%(n)s evaluators have addresses to which mail could not be delivered",
        len(found),
    )
    return _finding(title, _("The last mail to each of these addresses came back. Correct the address first."), found)


def _valid(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def _unknown_relationships(member: Member, assessment: Assessment) -> Finding | None:
    """Evaluators in a relationship that the assessment does not have."""
    rows = about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None, subject__gone_at=None))
    rows = rows.exclude(relationship__in=relationships_of(assessment)).exclude(relationship=SELF)
    found = [
        Named(f"{one.evaluator_name} → {one.subject}", one.relationship, subject_pk=one.subject_id)
        for one in rows.select_related("subject").order_by("subject__sort_name", "sort_name", "pk")
    ]
    if not found:
        return None
    title = ngettext(
        "%(n)s evaluator has a relationship that this assessment does not have",
        "%(n)s evaluators have relationships that this assessment does not have",
        len(found),
    )
    return _finding(title, _("Change the relationship, or add it to the assessment."), found)


def _other_managers(member: Member, assessment: Assessment) -> Finding | None:
    """Evaluators in the Manager relationship who are not the subject's manager in the directory."""
    rows = about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None, subject__gone_at=None))
    rows = rows.filter(relationship=MANAGER, subject__person__isnull=False).exclude(evaluator_email="")
    rows = rows.exclude(subject__person__manager_email="")
    other = rows.exclude(evaluator_email__iexact=F("subject__person__manager_email"))
    found = [
        Named(f"{one.evaluator_name} → {one.subject}", subject_pk=one.subject_id)
        for one in other.select_related("subject").order_by("subject__sort_name", "sort_name", "pk")
    ]
    if not found:
        return None
    title = ngettext("%(n)s manager differs from the directory", "%(n)s managers differ from the directory", len(found))
    return _finding(title, _("Only the one manager of the directory is shown alone in reports."), found)


def _scales(assessment: Assessment) -> Finding | None:
    """Questions whose scales a report would compute wrongly, as far as the survey was read."""
    content = SurveyContent.objects.filter(org=assessment.org_id, survey__vendor_id=assessment.survey_id).first()
    odd = odd_scales(content.facts["questions"]) if content else []
    if not odd:
        return None
    title = ngettext(
        "%(n)s question has a scale that would be scored wrongly",
        "%(n)s questions have scales that would be scored wrongly",
        len({one.question for one in odd}),
    )
    named = [Named(one.question, one.words) for one in odd]
    return _finding(title, _("See the page of the survey."), named, n=len({one.question for one in odd}))


def _options(assessment: Assessment) -> list[Finding]:
    """Workflow options that contradict each other."""
    chosen, found = assessment.workflow_options, []
    for name, needed in NEEDS.items():
        if chosen.get(name) and not chosen.get(needed):
            words = _("“%(option)s” means nothing without “%(other)s”.")
            names = {"option": str(OPTIONS[name]), "other": str(OPTIONS[needed])}
            found.append(Finding(_("Options in conflict"), words % names))
    least, most = chosen.get("MinimumEvaluators") or 0, chosen.get("MaximumEvaluators") or 0
    if 0 < most < least:
        found.append(
            Finding(_("Options in conflict"), _("The maximum number of evaluators is lower than the minimum."))
        )
    return found


def _finding(title: str, hint: str, named: list[Named], **values: int) -> Finding:
    words = title % ({"n": len(named)} | values)
    return Finding(words, hint, tuple(named[:NAMED]), max(0, len(named) - NAMED))
