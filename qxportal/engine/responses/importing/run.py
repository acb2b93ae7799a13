"""Runs one import of responses from file to outcome; the caller holds the transaction and the assessment's lock."""

from django.utils import timezone

from qxportal.engine.importing.lines import Bounds
from qxportal.engine.models import Assessment, User
from qxportal.engine.people import confidential
from qxportal.engine.responses.importing import header
from qxportal.engine.responses.importing.checking import Checked, check
from qxportal.engine.responses.importing.source import opened
from qxportal.engine.responses.importing.writing import write

BOUNDS = Bounds(rows=50_001, columns=2_000)  # with the header


def import_file(file: bytes, assessment: Assessment, *, by: User) -> Checked:
    """Record all responses of a file; raises Invalid and records none if any row is invalid."""
    now = timezone.now()
    source = opened(file, BOUNDS)
    columns = header.read(source.heads, assessment)
    checked = check(source.data(), columns, assessment, now=now, own_ids=confidential.own_person_ids(by))
    write(source.data(), columns, assessment, checked.pairs, now=now)
    return checked
