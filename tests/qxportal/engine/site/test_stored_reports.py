"""A reader's PDF is printed once and stored encrypted until the report's content or readers change."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.db import connections, transaction
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from qxportal.engine.editions import leaving, making, report_access, thresholds
from qxportal.engine.editions import stored_reports as printing
from qxportal.engine.editions.erasing import erase
from qxportal.engine.models import Assessment, Brand, Person, ReportAccess, StoredReport
from qxportal.engine.people import directory, stored_reports
from qxportal.engine.people.stored_reports import STORE
from qxportal.engine.reports.fingerprint import rendering_key
from qxportal.engine.site import action_plans
from qxportal.security.errors import SealingError
from qxportal.security.key_ring import add_key, keys
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.site.conftest import Released
from tests.support.waiting import until_it_waits_for_us

OLD = timedelta(days=31)


def download(browser: Any, access: ReportAccess) -> Any:
    return browser.submit(browser.get(f"/reports/{access.public_id}/"), {}, action="/pdf/")


@pytest.fixture
def ring(settings: Any, tmp_path: Path) -> Path:
    settings.KEYS = tmp_path / "keys"
    add_key()
    return tmp_path / "keys"


def row(released: Released, person: Person | None = None, content: bytes = b"%PDF kept", **fields: Any) -> StoredReport:
    """A reader's PDF in the store."""

    def make() -> StoredReport:
        made = StoredReport.objects.create(
            brand=released.assessment.brand, subject=released.subject, person=person or released.anna, **fields
        )
        made.content = stored_reports.sealed(made, content)
        made.save()
        return made

    return released.engine.run(make)


def stored(released: Released) -> list[StoredReport]:
    return released.engine.run(lambda: list(StoredReport.objects.order_by("pk")))


# -- downloads


def test_second_download_comes_from_the_store(released: Released, visitor: Any):
    access, browser = released.give(), visitor(released.anna)
    first = download(browser, access)

    (kept,) = stored(released)
    assert bytes(kept.content or b"")[:2] == b"v1"  # sealed
    assert b"%PDF" not in bytes(kept.content or b"")
    with override_settings(KEYS=current.VAR / "engine-keys"):
        assert stored_reports.opened(kept) == first.content
        kept.content = stored_reports.sealed(kept, b"%PDF that nobody printed")
        released.engine.run(kept.save)

    assert download(browser, access).content == b"%PDF that nobody printed"
    both = {"ThreeSixtyID": released.assessment.public_id, "PersonID": released.anna.public_id}
    assert Caller(released.engine)("getSubjectReportPDF", **both, Viewer="Subject").content == (
        b"%PDF that nobody printed"
    )
    assert [what for _name, what, _edition in released.openings()] == ["pdf", "pdf"]  # both are noted
    assert len(stored(released)) == 1


def test_stored_pdf_that_cannot_be_opened_is_printed_again(released: Released, visitor: Any, ring: Path):
    row(released, key=rendering_key(released.report()))  # under a key that the site has not

    answer = download(visitor(released.anna), released.give())

    assert answer.content[:5] == b"%PDF-"
    with override_settings(KEYS=current.VAR / "engine-keys"):
        assert [stored_reports.opened(each) for each in stored(released)] == [answer.content]


# -- the same transaction


def withdrawn(released: Released) -> None:
    access = released.give()
    Caller(released.engine)(
        "qxSetReportAccess",
        ThreeSixtyID=released.assessment.public_id,
        SubjectID=released.anna.public_id,
        PersonID=released.anna.public_id,
        Viewer="Subject",
        Until=timezone.now().strftime("%Y-%m-%d %H:%M:%S"),
    )
    assert released.engine.run(lambda: report_access.state(report_access.accesses().get(pk=access.pk))) == "Ended"


def rater_erased(released: Released) -> None:
    released.engine.run(erase, released.peer)


def subject_erased(released: Released) -> None:
    released.engine.run(erase, released.anna)


def line_hidden(released: Released) -> None:
    def hide() -> None:
        leaving.hide(making.series_of(released.assessment, released.subject), ["Peer"])

    released.engine.run(hide)


def answers_taken_out(released: Released) -> None:
    def take_out() -> None:
        forms = released.assessment.evaluations.filter(evaluator=released.peer).select_related("evaluator")
        leaving.take_out(making.series_of(released.assessment, released.subject), released.assessment, forms)

    released.engine.run(take_out)


def subject_left(released: Released) -> None:
    released.engine.run(directory.remove, released.anna.org_structure, Q(pk=released.anna.pk))


def minimum_raised(released: Released) -> None:
    brand = released.assessment.brand
    released.engine.run(thresholds.raise_running, brand, thresholds.of_brand(brand))


def plan_kept(released: Released) -> None:
    access = released.give()
    plan = released.engine.run(lambda: action_plans.plan_of(ReportAccess.objects.get(pk=access.pk)))
    released.engine.run(action_plans.keep, plan, [], in_pdf=True, revision=plan.revision, mark="")


def assessment_deleted(released: Released) -> None:
    released.engine.run(Assessment.objects.filter(pk=released.assessment.pk).delete)


CHANGES = (
    withdrawn,
    rater_erased,
    subject_erased,
    line_hidden,
    answers_taken_out,
    subject_left,
    minimum_raised,
    plan_kept,
    assessment_deleted,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_changes_of_a_report_delete_its_stored_pdf(released: Released, ring: Path, change: Any):
    row(released)

    change(released)

    assert stored(released) == []


def test_reports_that_compare_with_a_deleted_assessment_are_forgotten(released: Released, ring: Path):
    later = released.engine.subject(released.engine.assessment("Later round"), released.anna)
    kept = row(released)
    released.engine.run(StoredReport.objects.filter(pk=kept.pk).update, subject=later)

    Caller(released.engine).result("deleteAssessment", ThreeSixtyID=released.assessment.public_id)

    assert stored(released) == []


def test_readers_who_leave_take_only_theirs(released: Released, ring: Path):
    released.give(released.boss, "Manager")
    row(released)
    row(released, released.boss)

    released.engine.run(directory.remove, released.boss.org_structure, Q(pk=released.boss.pk))

    assert [each.person_id for each in stored(released)] == [released.anna.pk]


def test_rolled_back_changes_keep_stored_pdfs(released: Released, ring: Path):
    row(released)

    def undo() -> None:
        with transaction.atomic(using="engine"):
            stored_reports.forget(Q(pk=released.subject.pk))
            transaction.set_rollback(True, using="engine")

    released.engine.run(undo)

    assert len(stored(released)) == 1


# -- races


def printed(released: Released, read: Any) -> bytes:
    report = replace(released.report(), competencies=(), comments=())  # a short one
    return released.engine.run(
        lambda: printing.pdf_for(
            released.subject, released.anna, report, lambda: read(report), brand=released.assessment.brand_id
        )
    )[1]


def test_pdf_deleted_during_printing_is_not_stored(released: Released, ring: Path):
    def withdraw(report: Any) -> Any:
        stored_reports.forget(Q(pk=released.subject.pk))  # after its place was reserved
        return report

    assert printed(released, withdraw)[:5] == b"%PDF-"
    assert stored(released) == []


def test_printing_waits_for_a_withdrawal_that_has_begun(released: Released, ring: Path):
    happened: list[str] = []

    def reserve() -> None:
        try:
            printing._reserve(released.assessment.brand_id, released.subject, released.anna)
            happened.append("reserved")
        finally:
            connections["engine"].close()

    def withdraw(pool: ThreadPoolExecutor) -> None:
        with transaction.atomic(using="engine"):
            stored_reports.forget(Q(pk=released.subject.pk))
            done = pool.submit(reserve)
            until_it_waits_for_us(done)
            happened.append("withdrawn")
        done.result(60)

    with ThreadPoolExecutor(1) as pool:
        released.engine.run(withdraw, pool)
    assert happened == ["withdrawn", "reserved"]


def test_refused_printing_leaves_no_place(released: Released, ring: Path):
    class TooLateError(Exception):
        pass

    def refuse(_report: Any) -> Any:
        raise TooLateError

    with pytest.raises(TooLateError):
        printed(released, refuse)

    assert stored(released) == []


# -- keys, owners, time


def test_rotation_moves_what_is_stored(released: Released, ring: Path):
    row(released)
    old = keys()[-1]

    add_key()

    assert STORE.rewrap is not None
    assert released.engine.run(STORE.rewrap) == 1
    assert old not in released.engine.run(STORE.count)
    assert released.engine.run(STORE.verify) == (1, [])


@pytest.mark.parametrize("column", ["brand", "person"])
def test_stored_pdf_opens_for_its_reader_only(released: Released, ring: Path, column: str):
    kept = row(released)
    rival = released.engine.make_brand("rival", "Rival")
    other: dict[str, Brand | Person] = {"brand": rival, "person": released.boss}
    setattr(kept, column, other[column])

    with pytest.raises(SealingError):
        stored_reports.opened(kept)


def test_one_reader_never_gets_the_report_of_another(released: Released, ring: Path):
    report = released.report()
    row(released, released.boss, key=rendering_key(report))

    assert released.engine.run(printing._stored, released.subject, released.anna, report) is None
    assert released.engine.run(printing._stored, released.subject, released.boss, report) == b"%PDF kept"


def test_old_abandoned_and_ended_stored_pdfs_are_purged(released: Released, ring: Path):
    released.give(released.peer, "Other", until_at=timezone.now() - timedelta(hours=1))
    kept = row(released)
    killed = row(released, released.boss, reserved_at=timezone.now() - timedelta(hours=1))
    released.engine.run(StoredReport.objects.filter(pk=killed.pk).update, content=None)
    row(released, released.boss, reserved_at=timezone.now() - OLD)
    row(released, released.peer)

    released.engine.run(stored_reports.purge, timezone.now())

    assert [each.pk for each in stored(released)] == [kept.pk]
