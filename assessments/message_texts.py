"""Texts in the libraries of an assessment and its owner: stored as reported, changed by members, sent by mailings."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessments.intents import record_about
from assessments.mailings import APPROVE, INVITE, NOMINATE, REMINDER, REPORT, REPORT_APPROVAL, REPORT_REMINDER, THANKS
from assessments.models import Assessment, MessageText
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.library import CreateLibraryMessage, SetLibraryMessage
from qxportal.threesixty.enums import MessageCategory
from qxportal.threesixty.records import MessageRecord
from qxportal.ui.stored_messages import gettext_stored
from surveys.library import GROUP, groups_read

CATEGORIES = {  # of the texts that each kind of mailing may send; the first is that of new ones
    INVITE: ("InviteEmails", "EvaluatorInvite", "GeneralMessages"),
    REMINDER: ("ReminderEmails", "EvaluatorReminder", "GeneralMessages"),
    THANKS: ("ThankYouEmails", "GeneralMessages"),
    REPORT: ("GeneralMessages",),
    NOMINATE: ("GeneralMessages",),
    APPROVE: ("GeneralMessages",),
    REPORT_APPROVAL: ("GeneralMessages",),
    REPORT_REMINDER: ("GeneralMessages",),
}
USABLE = frozenset(category for categories in CATEGORIES.values() for category in categories)
SHARED = ("UR_", GROUP)  # id prefixes of users and groups, which have libraries
MOST_GROUPS = 5  # limit of groups whose libraries are read for each assessment
MARK = re.compile(r" #[A-Z2-7]{6}\Z")  # by which a created text is found again


def libraries_of(assessment: Assessment) -> list[str]:
    """Libraries with texts for an assessment's mailings: its own, its owner's, and those of groups.

    The API lists no groups: known are those that own an assessment, and those whose library a member opened.
    """
    owner = assessment.owner_id
    shared = [owner] if owner.startswith(SHARED) else []
    return [assessment.vendor_id, *shared, *_other_groups(assessment)[:MOST_GROUPS]]


def groups_left(assessment: Assessment) -> int:
    """Number of known groups whose libraries are not read for an assessment."""
    return max(0, len(_other_groups(assessment)) - MOST_GROUPS)


def known_groups(org: Organisation) -> list[str]:
    """Groups of users with known libraries, first those whose library a member opened lately."""
    owned = Assessment.objects.filter(org=org, gone_at=None, owner_id__startswith=GROUP)
    names = owned.order_by("owner_id").values_list("owner_id", flat=True).distinct()
    return list(dict.fromkeys([*groups_read(org), *names]))


def _other_groups(assessment: Assessment) -> list[str]:
    return [one for one in known_groups(assessment.org) if one != assessment.owner_id]


def mirror_texts(
    assessment: Assessment,
    records: Iterable[MessageRecord],
    *,
    as_of: datetime,
    shared: Iterable[tuple[str, MessageRecord]] = (),
) -> None:
    """Store an assessment's texts with those `shared` by other libraries, unless newer ones are stored."""
    told = [*(("", record) for record in records), *shared]
    rows = [
        MessageText(
            org=assessment.org,
            assessment=assessment,
            vendor_id=record.vendor_id,
            seen_at=as_of,
            name=record.name[:200],
            library_id=library,
            category=record.category,
            texts={str(code).upper(): text.replace("\x00", "") for code, text in record.texts.items()},
        )
        for library, record in told
    ]
    kept = MessageText.objects.filter(assessment=assessment)
    with transaction.atomic():
        if kept.filter(seen_at__gt=as_of).exists():
            return
        kept.delete()
        MessageText.objects.bulk_create(rows)


def texts_of(assessment: Assessment, kind: str = "") -> QuerySet[MessageText]:
    """The texts of an assessment, or those that a kind of mailing can send."""
    rows = MessageText.objects.filter(assessment=assessment).select_related("assessment")
    return rows.filter(category__in=CATEGORIES.get(kind, ())) if kind else rows


def shown_name(text: MessageText) -> str:
    """A text's name without the mark by which it was found again."""
    return MARK.sub("", text.name)


def shared_by(text: MessageText) -> str:
    """Owner of a text's library, in words; empty for the assessment's own."""
    if not text.library_id:
        return ""
    if text.library_id != text.assessment.owner_id:
        return _("Library of the group %(id)s") % {"id": text.library_id}
    return _("Library of the group") if text.library_id.startswith(GROUP) else _("Library of the owner")


def kind_of(text: MessageText) -> str:
    """Kind of mailing that a text is for; empty if several can send it."""
    return next((kind for kind, categories in CATEGORIES.items() if text.category in categories[:-1]), "")


def create_text(
    assessment: Assessment,
    *,
    by: Member,
    kind: str,
    name: str,
    texts: Mapping[str, str],
    intent: uuid.UUID | None = None,
) -> Change:
    """Put a new text into the assessment's library (createLibraryMessage)."""
    _refuse_gone(assessment, intent)
    intent = intent or uuid.uuid4()
    call = CreateLibraryMessage(
        library_id=assessment.vendor_id,
        name=name,
        category=MessageCategory(CATEGORIES[kind][0]),
        message=dict(texts),
    )
    title = gettext_stored("Create the text “%(text)s” in “%(name)s”", text=name, name=assessment.name)
    return record_about(assessment, call, f"text:{intent.hex}", title, by=by, intent=intent)


def texts_to_copy(assessment: Assessment) -> list[MessageText]:
    """The texts that a copy of the assessment may have: those of a known category, not empty."""
    known = {category.value for category in MessageCategory}
    return [text for text in texts_of(assessment).order_by("pk") if text.category in known and any(text.texts.values())]


def copied_text(text: MessageText, vendor_id: str, name: str, *, after: uuid.UUID) -> Intent:
    """The intent that creates the same text in the library of a new assessment."""
    intent = uuid.uuid5(after, f"text:{text.vendor_id}")
    call = CreateLibraryMessage(
        library_id=vendor_id,
        name=shown_name(text),
        category=MessageCategory(text.category),
        message={code: words for code, words in text.texts.items() if words},
    )
    return Intent(
        id=intent,
        call=marked(call, intent),
        target=f"{vendor_id}:text:{intent.hex}",
        assessment_id=vendor_id,
        assessment_name=name,
        title=gettext_stored("Create the text “%(text)s” in “%(name)s”", text=shown_name(text), name=name),
    )


def set_text(text: MessageText, *, by: Member, texts: Mapping[str, str], intent: uuid.UUID | None = None) -> Change:
    """Change a text in the languages in which it differs (setLibraryMessage)."""
    assessment = text.assessment
    _refuse_gone(assessment, intent)
    changed = {code: words for code, words in texts.items() if words != text.texts.get(code, "")}
    if not changed and not recorded(assessment.org, intent):
        raise ActionRefused(_("Nothing was changed."))
    library = text.library_id or assessment.vendor_id
    call = SetLibraryMessage(library_id=library, message_id=text.vendor_id, message=changed)
    title = gettext_stored("Change the text “%(text)s” in “%(name)s”", text=shown_name(text), name=assessment.name)
    expected = {f"text_{code}": text.texts.get(code, "") for code in changed}
    return record_about(
        assessment, call, f"text:{text.vendor_id}", title, by=by, intent=intent, expected_values=expected
    )


def _refuse_gone(assessment: Assessment, intent: uuid.UUID | None) -> None:
    if assessment.gone_at is not None and not recorded(assessment.org, intent):
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
