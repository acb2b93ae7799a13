"""Commands on reports on the server's site: timed releases to a person, and withdrawal."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.editions import facts_of_one
from assessments.fence import refuse_own
from assessments.gate import check_release
from assessments.intents import record_about
from assessments.models import Evaluation, Subject
from assessments.receiving import the_manager_of
from assessments.report_access import SiteReader, has_site, site_readers
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.report_access import Reader, SetReportAccess
from qxportal.threesixty.relationships import MANAGER
from qxportal.ui.stored_messages import Message, gettext_stored


@dataclass(frozen=True)
class Candidate:
    """A person that a subject's report can be released to on the site."""

    key: str
    name: str
    viewer: Reader


def candidates(subject: Subject) -> list[Candidate]:
    """The subject, the manager by the directory, and evaluators with the relationship Manager."""
    if "@" in subject.vendor_id:  # the server did not report the person
        return []
    found = [Candidate(subject.vendor_id, str(subject), Reader.SUBJECT)]
    above = the_manager_of(subject)
    managers = {above.vendor_id: str(above)} if above else {}
    rows = Evaluation.objects.filter(subject=subject, relationship=MANAGER, gone_at=None).order_by("sort_name", "pk")
    for row in rows:
        if row.evaluator_key and "@" not in row.evaluator_key and row.evaluator_key != subject.vendor_id:
            managers.setdefault(row.evaluator_key, row.evaluator_name)
    return found + [Candidate(key, name, Reader.MANAGER) for key, name in managers.items()]


def candidates_among(subject: Subject, people: Iterable[Person]) -> list[Candidate]:
    """People of the directory as readers: with their relationship to the subject, else others, such as a coach."""
    known = {one.key: one for one in candidates(subject)}
    return [known.get(one.vendor_id) or Candidate(one.vendor_id, str(one), Reader.OTHER) for one in people]


def release_on_site(
    subject: Subject,
    chosen: Sequence[Candidate],
    *,
    by: Member,
    from_at: datetime,
    until_at: datetime | None,
    unfinished: bool,
    edition: int | None = None,
    intent: uuid.UUID | None = None,
) -> list[Change]:
    """Give these people access to the subject's report on the site for a period (qxSetReportAccess).

    They see this edition, or always the latest one if none is given.
    """
    refuse_own(by, subject)
    if not has_site(subject.assessment):
        raise ActionRefused(_("Reports cannot be released on a site here. Refresh the assessment and try again."))
    if not chosen:
        raise ActionRefused(_("Choose at least one person."))
    if until_at is not None and until_at <= max(from_at, timezone.now()):
        raise ActionRefused(_("The last day is before the first one, or over."))
    check_release(subject, unfinished=unfinished)
    if edition is not None and edition not in editions_of(subject):
        raise ActionRefused(_("There is no such edition. Reload the page and choose another one."))
    changes = []
    with transaction.atomic():
        for one in {one.key: one for one in chosen}.values():
            call = _call(subject, one.key, one.viewer, from_at=from_at, until_at=until_at, edition=edition)
            title = gettext_stored(
                "Release the report of %(subject)s on the site to %(reader)s", subject=subject, reader=one.name
            )
            changes.append(_record(subject, call, title, by, _own(intent, one.key), "report.released-on-site"))
    return changes


def withdraw_on_site(subject: Subject, reader: SiteReader, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Let a person open the subject's report on the site no longer."""
    refuse_own(by, subject)
    if reader.ended and not recorded(subject.org, intent):
        raise ActionRefused(_("%(name)s can no longer open it anyway.") % {"name": reader.name})
    now = timezone.now().replace(microsecond=0)
    call = _call(subject, reader.key, Reader(reader.viewer), until_at=now, edition=reader.edition or None)
    title = gettext_stored(
        "Withdraw the report of %(subject)s on the site from %(reader)s", subject=subject, reader=reader.name
    )
    return _record(subject, call, title, by, intent, "report.withdrawn-on-site")


def editions_of(subject: Subject) -> range:
    """The numbers of the editions that were made of the subject's report."""
    facts = facts_of_one(subject)
    return range(1, (facts.edition if facts else 0) + 1)


def reader_of(subject: Subject, key: str) -> SiteReader | None:
    """A reader of the report, by the vendor's id."""
    return next((one for one in site_readers(subject) if one.key == key), None)


def _call(
    subject: Subject,
    key: str,
    viewer: Reader,
    *,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    edition: int | None = None,
) -> SetReportAccess:
    return SetReportAccess(
        assessment_id=subject.assessment.vendor_id,
        subject_id=subject.vendor_id,
        person_id=key,
        viewer=viewer,
        from_at=from_at,
        until_at=until_at,
        edition=edition,
        idempotency_key=uuid.uuid4().hex,
    )


def _own(intent: uuid.UUID | None, key: str) -> uuid.UUID | None:
    """One form may release to several people: each change has an intent of its own."""
    return uuid.uuid5(intent, key) if intent else None


def _record(
    subject: Subject, call: SetReportAccess, title: Message, by: Member, intent: uuid.UUID | None, verb: str
) -> Change:
    known = recorded(subject.org, intent)
    with transaction.atomic():
        target = f"reader:{call.person_id}:{subject.vendor_id}"
        change = record_about(subject.assessment, call, target, title, by=by, intent=intent)
        if not known:
            note(
                subject.org,
                by=by,
                verb=verb,
                target=subject.assessment.vendor_id,
                about=[subject.vendor_id],
                to=call.person_id,
                words=title,
            )
    return change
