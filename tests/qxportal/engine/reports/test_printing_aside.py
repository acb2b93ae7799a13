"""Reports printed in a process of their own, for the site."""

from pickle import PicklingError
from typing import cast

import pytest

from qxportal.engine.reports import pdf, printing
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.types import ReportData, Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

pytestmark = pytest.mark.long

DATA = report(source([evaluation("Self", 4, 4, 3), *(evaluation("Peer", 3, 3, 4) for _rater in range(3))]), Viewer())


@pytest.fixture(autouse=True)
def _no_printer_left():
    """Each begins without a printer, and leaves none."""
    printing._idle.clear()
    yield
    while printing._idle:
        printing._idle.pop().end()


def test_it_gives_the_same_bytes_again_and_again_from_one_process():
    first = printing.print_aside(DATA)
    (printer,) = printing._idle

    assert first == printing.print_aside(DATA) == pdf.render(DATA)
    assert list(printing._idle) == [printer]


def test_a_printer_that_ended_is_replaced():
    printing.print_aside(DATA)
    (printer,) = printing._idle
    printer._process.kill()
    printer._process.wait()

    assert printing.print_aside(DATA).startswith(b"%PDF")
    assert printer not in printing._idle


def test_what_cannot_be_printed_is_an_error_and_the_next_report_is_printed(capfd):
    with pytest.raises(RuntimeError, match="its log says why"):
        printing.print_aside(cast("ReportData", "no report"))
    assert "Traceback" in capfd.readouterr().err
    assert printing.print_aside(DATA).startswith(b"%PDF")


def test_a_report_that_cannot_be_sent_leaves_no_printer_waiting_for_its_rest():
    printing.print_aside(DATA)
    (printer,) = printing._idle

    with pytest.raises((AttributeError, TypeError, PicklingError)):
        printing.print_aside(cast("ReportData", lambda: DATA))

    assert printer._process.returncode is not None
    assert printing.print_aside(DATA).startswith(b"%PDF")


def test_a_printer_ends_with_whoever_started_it():
    printer = printing._Printer()
    printer._reports.close()

    assert printer._process.wait(60) == 0
    printer.end()


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
