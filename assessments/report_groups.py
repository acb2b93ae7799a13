"""Combined relationships in reports: reported groups, effects of other groups, and setting them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.earlier_groups import versions_of
from assessments.fence import others
from assessments.groups import groups_of
from assessments.intents import record_about
from assessments.models import Assessment, Subject, Thresholds
from assessments.selectors import relationships_of
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.thresholds import SetReportGroups
from qxportal.threesixty.relationships import MANAGER, SELF
from qxportal.ui.stored_messages import gettext_stored, relationship_stored

ALONE = (SELF, MANAGER)  # never combined
RESERVED = frozenset({SELF.casefold(), MANAGER.casefold(), "allothers"})
NAMED = 10  # subjects that a preview lists


@dataclass(frozen=True)
class Tally:
    """Number of groups, and of those that a report hides."""

    groups: int = 0
    thin: int = 0  # with the answers that are in
    hopeless: int = 0  # also when everybody answers


@dataclass(frozen=True)
class Effect:
    """Effects of other groups on the subjects of an assessment."""

    before: Tally
    after: Tally
    hidden: Sequence[tuple[Subject, str]]  # the first groups that stay too small even if everybody answers
    more: int


def server_groups(org: Organisation) -> bool:
    """Whether the server may support report groups: it has not refused them lately."""
    return may_ask(org, SetReportGroups)


def told_groups(assessment: Assessment) -> list[dict[str, Any]]:
    """The groups that the server reported."""
    found = Thresholds.objects.filter(assessment=assessment).values_list("groups", flat=True).first()
    return list(found or [])


def are_fixed(assessment: Assessment) -> bool:
    """Whether a report was given, so that the groups cannot change any more."""
    return Thresholds.objects.filter(assessment=assessment, groups_fixed=True).exists()


def relationships_to_group(assessment: Assessment) -> list[str]:
    """Relationships that can be combined with others."""
    return [name for name in relationships_of(assessment) if name not in ALONE]


def checked_groups(
    assessment: Assessment, chosen: Mapping[str, str], translations: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Groups `chosen` by relationship, without those of one relationship under its own name.

    Raises ActionRefused for a reserved name, or the name of a relationship outside the group.
    """
    names: dict[str, str] = {}  # one spelling of each
    inside: dict[str, list[str]] = {}
    known = {name.casefold(): name for name in relationships_of(assessment)}
    for relationship in relationships_to_group(assessment):
        name = " ".join(chosen.get(relationship, "").replace("\x00", "").split())
        if not name:
            continue
        folded = name.casefold()
        if len(name) > 100 or ":" in name:
            raise ActionRefused(_("“%(name)s…”: use at most 100 characters and no colon.") % {"name": name[:30]})
        if "".join(folded.split()) in RESERVED:
            raise ActionRefused(_("“%(name)s” is reserved. Use another name for the group.") % {"name": name})
        inside.setdefault(names.setdefault(folded, known.get(folded, name)), []).append(relationship)
    for name, members in inside.items():
        if name in known.values() and name not in members:
            raise ActionRefused(
                _("“%(name)s” is a relationship that is not in the group. Put it into the group or use another name.")
                % {"name": name}
            )
    return [
        {"Name": name, "Relationships": members, "Translations": dict(translations.get(name, {}))}
        for name, members in inside.items()
        if members != [name]
    ]


def group_of(groups: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Relationship -> name of its group."""
    return {relationship: group["Name"] for group in groups for relationship in group["Relationships"]}


def effect(member: Member, assessment: Assessment, groups: Iterable[Mapping[str, Any]]) -> Effect:
    """Effects of these groups on subjects other than the member."""
    subjects = list(others(member, Subject.objects.filter(assessment=assessment, gone_at=None).order_by("sort_name")))
    now, then = groups_of(subjects), groups_of(subjects, instead=group_of(groups))
    hidden = [
        (
            subject,
            ", ".join(str(relationship_stored(group.relationship)) for group in then[subject.pk] if group.hopeless),
        )
        for subject in subjects
        if any(group.hopeless for group in then[subject.pk])
    ]
    return Effect(_tally(now), _tally(then), hidden[:NAMED], max(0, len(hidden) - NAMED))


def check_groups(assessment: Assessment, groups: Sequence[Mapping[str, Any]]) -> None:
    """Raise ActionRefused if groups cannot be set, or there are neither old nor new ones."""
    if assessment.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
    if are_fixed(assessment):
        raise ActionRefused(
            _("A report of this assessment was given, so the groups cannot change: answers could be told apart.")
        )
    if not groups and not told_groups(assessment):
        raise ActionRefused(_("Nothing was changed."))


def set_report_groups(
    assessment: Assessment, groups: Sequence[Mapping[str, Any]], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Set the relationships that reports combine (qxSetReportGroups)."""
    intent = intent or uuid.uuid4()
    if not recorded(assessment.org, intent):
        check_groups(assessment, groups)
        if list(groups) == told_groups(assessment):
            raise ActionRefused(_("Nothing was changed."))
    call = SetReportGroups(assessment_id=assessment.vendor_id, groups=tuple(groups))
    title = gettext_stored("Set the report groups of “%(name)s”", name=assessment.name)
    return record_about(
        assessment,
        call,
        "report-groups",
        title,
        by=by,
        intent=intent,
        expected_values={"groups": in_words(told_groups(assessment))},
    )


def copied_groups(assessment: Assessment, vendor_id: str, name: str, *, after: uuid.UUID) -> Intent | None:
    """The intent that gives a copy of the assessment the same groups; None if there are none."""
    groups = told_groups(assessment)
    if not groups:
        return None
    intent = uuid.uuid5(after, "report-groups")
    return Intent(
        id=intent,
        call=marked(SetReportGroups(assessment_id=vendor_id, groups=tuple(groups)), intent),
        target=f"{vendor_id}:report-groups",
        assessment_id=vendor_id,
        assessment_name=name,
        title=gettext_stored("Set the report groups of “%(name)s”", name=name),
    )


def groups_context(assessment: Assessment, chosen: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Page context for groups, as reported or as `chosen`."""
    groups = told_groups(assessment)
    told = group_of(groups)
    names = relationships_to_group(assessment)
    return {
        "groupable": [(name, (told if chosen is None else chosen).get(name, "")) for name in names],
        "group_names": list(dict.fromkeys([*told.values(), *names])),
        "groups": groups,
        "groups_offered": server_groups(assessment.org),
        "groups_fixed": are_fixed(assessment),
        "group_versions": versions_of(assessment, names),
    }


def in_words(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each group with its relationships."""
    return [f"{group['Name']}: {', '.join(group['Relationships'])}" for group in groups]


def _tally(groups: Mapping[int, Sequence[Any]]) -> Tally:
    found = [group for several in groups.values() for group in several]
    return Tally(len(found), sum(group.thin for group in found), sum(group.hopeless for group in found))
