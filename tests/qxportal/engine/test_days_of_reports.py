"""A report gives the days of the brand it is about, and names the reader, not who asked."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from qxportal.engine.editions.report_source import report_source
from qxportal.engine.models import Assessment, Brand, Participant
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

MIDDAY = datetime(2026, 10, 31, 12, 30, tzinfo=UTC)


def test_days_begin_at_the_brands_midnight(engine: Engine):
    assessment = engine.assessment("Leaders")
    (mara,) = engine.people(1)
    subject = engine.subject(assessment, mara)
    engine.run(Assessment.objects.filter(pk=assessment.pk).update, activated_at=MIDDAY)
    engine.run(Participant.objects.filter(pk=subject.pk).update, status="Done", report_ready=True)
    subject = engine.run(Participant.objects.get, pk=subject.pk)

    def opened_on() -> tuple[date | None, str]:
        source = report_source(Assessment.objects.get(pk=assessment.pk), subject)
        return source.opened_on, source.time_zone

    assert engine.run(opened_on) == (date(2026, 10, 31), "UTC")
    engine.run(lambda: call_command("engine", "zone", assessment.brand.name, "Pacific/Kiritimati"))
    assert engine.run(opened_on) == (date(2026, 11, 1), "Pacific/Kiritimati")


def test_an_unknown_zone_is_refused(engine: Engine):
    with pytest.raises(CommandError, match="a time zone such as Europe/Berlin, not Mars/Base"):
        engine.run(lambda: call_command("engine", "zone", Brand.objects.get().name, "Mars/Base"))


def test_the_report_is_prepared_for_its_reader(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    (mara,) = engine.people(1)
    engine.subject(assessment, mara)
    call.result("setSubjectStatus", ThreeSixtyID=assessment.public_id, SubjectID=mara.public_id, Status="Done")

    report = call.result("getSubjectReport", ThreeSixtyID=assessment.public_id, PersonID=mara.public_id)["Report"]

    assert report["PreparedFor"] == "the administrators of " + engine.run(lambda: assessment.brand.title)
    assert report["TimeZone"] == "UTC"
