"""Keys of stored PDFs change with all that prints them."""

from pathlib import Path

import pytest

from qxportal.engine.reports import fingerprint
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer
from qxportal.ui import dates
from tests.qxportal.engine.reports.report_sources import evaluation, source

CATALOGUE = Path(dates.__file__).parents[1] / "locale" / "fr" / "LC_MESSAGES" / "django.mo"


@pytest.mark.parametrize("path", [Path(dates.__file__), CATALOGUE], ids=["dates", "formats of dates"])
def test_key_changes_with_the_way_in_which_dates_are_written(monkeypatch: pytest.MonkeyPatch, path: Path):
    data = report(source([evaluation("Self", 5, 1, 3)]), Viewer())
    before, read = _key(data), Path.read_bytes

    monkeypatch.setattr(Path, "read_bytes", lambda one: read(one) + (b"changed" if one.samefile(path) else b""))

    assert _key(data) != before


def _key(data: ReportData) -> str:
    fingerprint._layout.cache_clear()
    try:
        return fingerprint.rendering_key(data)
    finally:
        fingerprint._layout.cache_clear()
