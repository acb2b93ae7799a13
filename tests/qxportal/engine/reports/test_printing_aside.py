"""Reports printed in a process of their own, for the site."""

import pytest

from qxportal.engine.reports import pdf, printing
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.types import Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

DATA = report(source([evaluation("Self", 4, 4, 3), *(evaluation("Peer", 3, 3, 4) for _rater in range(3))]), Viewer())


def test_it_gives_the_same_bytes():
    assert printing.print_aside(DATA) == pdf.render(DATA)


def test_it_says_when_too_many_are_printed(monkeypatch):
    monkeypatch.setattr(printing, "WAITS", 0.01)
    for _place in range(printing.AT_ONCE):
        printing._places.acquire()
    try:
        with pytest.raises(printing.BusyError):
            printing.print_aside(DATA)
    finally:
        for _place in range(printing.AT_ONCE):
            printing._places.release()


def test_it_gives_up_what_takes_too_long_and_its_place_is_free_again(monkeypatch):
    monkeypatch.setattr(printing, "LASTS", 0.01)
    for _time in range(printing.AT_ONCE + 1):
        with pytest.raises(printing.BusyError):
            printing.print_aside(DATA)
