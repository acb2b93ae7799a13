"""Commands on letters with codes: printing, and a single download."""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.brand import brand_of, knows_brand, logo_address
from assessments.fence import is_assessed_in, whose_turn
from assessments.intents import record_about
from assessments.letter_pdf import letters_pdf
from assessments.letters import candidates, forget_letters, opened_letters
from assessments.models import Assessment, LetterBatch
from assessments.pdf_pages import BusyError
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.fence import fence_of, others_who_act
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.security.errors import SealingError
from qxportal.threesixty.calls.letters import GetLetters, PrintLetters
from qxportal.ui.stored_messages import gettext_stored

MOST = 300  # letters at once, as the server takes


def may_print(member: Member, assessment: Assessment) -> bool:
    """Whether the member may print letters: editors who are no subject of an open assessment, while it is open.

    A letter gives access to all open evaluations of its person, in every assessment.
    """
    return (
        member.may(Role.EDITOR)
        and not is_assessed(member)
        and assessment.status != Assessment.Status.CLOSED
        and assessment.gone_at is None
        and knows_brand(assessment.org)
        and may_ask(assessment.org, GetLetters)
    )


def print_letters(
    assessment: Assessment, *, by: Member, people: Collection[str], intent: uuid.UUID | None = None
) -> Change:
    """Have a code made for each of these persons, and end their earlier links and devices (qxPrintLetters)."""
    _refuse_subject(by)
    known, wanted = recorded(assessment.org, intent), tuple(dict.fromkeys(people))
    if not known:
        if problem := why_no_letters(assessment):
            raise ActionRefused(problem)
        if not wanted:
            raise ActionRefused(_("No people are selected. Select at least one person and try again."))
        if len(wanted) > MOST:
            raise ActionRefused(
                _("Choose at most %(most)s at once; you chose %(n)s.") % {"most": MOST, "n": len(wanted)}
            )
        if not {*wanted} <= {one.recipient.key for one in candidates(by, assessment)}:
            raise ActionRefused(
                _("Some of the selected people have nothing open any more. Check the list and try again.")
            )
    title = gettext_stored("Print letters of “%(name)s”", name=assessment.name)
    call = PrintLetters(assessment_id=assessment.vendor_id, person_ids=wanted)
    with transaction.atomic():
        change = record_about(assessment, call, "letters", title, by=by, intent=intent)
        if not known:  # no number: subjects read it
            note(assessment.org, by=by, verb="letters.printed", target=assessment.vendor_id, words=assessment.name)
    return change


def download_letters(batch: LetterBatch, *, by: Member) -> bytes:
    """The PDF of letters, once; their codes are deleted in the same transaction."""
    _refuse_subject(by)
    if is_assessed_in(by, batch.assessment):  # closed, it may be reopened
        raise ActionRefused(whose_turn(by))
    with transaction.atomic():
        row = LetterBatch.objects.select_for_update().get(pk=batch.pk, org=by.org_id)
        if row.state != "ready":
            raise ActionRefused(_("These letters cannot be shown again. Print new ones, whose codes replace these."))
        try:
            letters = opened_letters(row.org_id, row.change_key)
        except SealingError:
            raise ActionRefused(_("The codes of these letters cannot be opened. Print letters again.")) from None
        try:
            content = letters_pdf(letters, assessment=batch.assessment.name, logo=logo_address(batch.org))
        except BusyError:
            raise ActionRefused(_("Other letters are being made at the moment. Try again in a minute.")) from None
        forget_letters(row.org_id, [row.change_key])
        row.downloaded_at, row.downloaded_by_name = timezone.now(), str(by)[:254]
        row.save(update_fields=["downloaded_at", "downloaded_by_name"])
        target, words = batch.assessment.vendor_id, batch.assessment.name
        note(batch.org, by=by, verb="letters.downloaded", target=target, words=words)
    return content


def why_no_letters(assessment: Assessment) -> str:
    """The reason why letters cannot be printed; empty if they can."""
    if assessment.gone_at is not None:
        return _("“%(name)s” is no longer listed.") % {"name": assessment.name}
    if assessment.status == Assessment.Status.CLOSED:
        return _("“%(name)s” is closed, so evaluators cannot answer.") % {"name": assessment.name}
    brand = brand_of(assessment.org)
    if brand and not brand.prints_letters:
        return _(
            "The connected survey service prints no letters for the API user of this organisation, who is a subject of "
            "an assessment that is not closed. Enter the credential of another brand administrator in the settings."
        )
    return ""


def _refuse_subject(by: Member) -> None:
    if is_assessed(by):
        raise ActionRefused(why_not_you(by))


def is_assessed(member: Member) -> bool:
    """Whether the member is, or may be, a subject of an open assessment."""
    own = Assessment.objects.filter(org=member.org_id, pk__in=fence_of(member).assessments.values(), gone_at=None)
    return own.exclude(status=Assessment.Status.CLOSED).exists()


def why_not_you(by: Member) -> str:
    """The reason why a member who is a subject may not print letters."""
    if others_who_act(by):
        return _(
            "A letter opens all that a person has to answer. You are a subject of an assessment that is not closed, so "
            "another member has to print letters."
        )
    return _(
        "A letter opens all that a person has to answer. You are a subject of an assessment that is not closed, so "
        "another member has to print letters. Invite one as editor or admin on the Members page."
    )
