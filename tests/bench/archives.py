"""The ZIP file of a batch of reports: time to the first byte and memory, for small and large batches."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from http import HTTPStatus
from statistics import median
from time import perf_counter
from typing import cast

from django.http import StreamingHttpResponse
from django.test import Client

from assessments.models import BatchFile, Report, ReportBatch
from assessments.report_archive import archive
from assessments.report_batches import files_for, in_order
from assessments.report_files import write_file
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.security.key_ring import add_key, keys
from tests.bench.env import Env
from tests.bench.result import Result
from tests.support import mirrored_rows
from tests.support.tenants import new_member, signed_in

FIRST_BYTE = 0.005  # seconds
HOLDS = 5  # MB
FEW, LEAST = 5, 50  # reports; with fewer than the least, nothing is measured
TURNS = 21
MB = 1024 * 1024


def measure(env: Env, pdf: bytes, wanted: int) -> Result:
    """The result row of a large batch of reports, compared with a small batch."""
    if not keys():
        add_key()
    member = new_member(env.org, Role.ADMIN)
    small, whole = _batch(env, pdf, min(FEW, wanted), member), _batch(env, pdf, wanted, member, start=FEW)
    turns = TURNS if wanted >= LEAST else 1
    first = median(_until_first(_parts(whole, member)) for _turn in range(turns))
    client = signed_in(member.user)
    page = median(_until_first(_download(whole, client)) for _turn in range(turns))
    begun = perf_counter()
    size = sum(map(len, _parts(whole, member)))
    seconds = perf_counter() - begun
    held, held_by_few = _held(whole, member), _held(small, member)
    return Result(
        work=f"reports: ZIP file of {wanted}, {size / MB:.0f} MB",
        ours=f"first byte after {first * 1000:.1f} ms (with session and middleware {page * 1000:.1f} ms), "
        f"{wanted / seconds:.0f} reports/s",
        limit=f"{FIRST_BYTE * 1000:.0f} ms, {HOLDS} MB",
        reach=f"{first * 1000:.1f} ms (≤ {FIRST_BYTE * 1000:.0f}); holds {held:.1f} MB (≤ {HOLDS}), "
        f"{held_by_few:.1f} MB with {min(FEW, wanted)} reports",
        met=(first <= FIRST_BYTE and held <= HOLDS) or wanted < LEAST,
    )


def _batch(env: Env, pdf: bytes, number: int, member: Member, *, start: int = 0) -> ReportBatch:
    """A batch whose reports are all fetched, each sealed in a file of its own."""
    assessment = mirrored_rows.assessment(env.org, f"Leadership review of {number}")
    subjects = mirrored_rows.subjects(assessment, mirrored_rows.people(env.org, number, start=start))
    batch = ReportBatch.objects.create(org=env.org, title="Reports", made_by=member, made_by_name="Bench")
    digest = hashlib.sha256(pdf).hexdigest()
    for position, subject in enumerate(subjects):
        report = Report.objects.create(
            org=env.org,
            assessment=assessment,
            subject=subject,
            viewer="Admin",
            version=1,
            file=write_file(env.org.pk, pdf),
            size=len(pdf),
            sha256=digest,
        )
        BatchFile.objects.create(
            org=env.org,
            batch=batch,
            position=position,
            subject=subject,
            viewer="Admin",
            report=report,
            state=BatchFile.State.FETCHED,
        )
    return batch


def _parts(batch: ReportBatch, member: Member) -> Iterator[bytes]:
    return archive(in_order(files_for(member, batch)), by=member, pattern="subject")


def _download(batch: ReportBatch, client: Client) -> Iterator[bytes]:
    """The parts as a browser asks for them."""
    answer = client.get(f"/o/{batch.org.slug}/reports/batches/{batch.pk}/zip/", headers={"Host": "127.0.0.1"})
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError("The ZIP file could not be downloaded.")
    yield from cast("StreamingHttpResponse", answer)


def _until_first(parts: Iterator[bytes]) -> float:
    """The seconds until something can be sent."""
    begun = perf_counter()
    next(part for part in parts if part)
    return perf_counter() - begun


def _held(batch: ReportBatch, member: Member) -> float:
    """The peak memory of building the ZIP file, in MB."""
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        for _part in _parts(batch, member):
            pass
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (peak - before) / MB
