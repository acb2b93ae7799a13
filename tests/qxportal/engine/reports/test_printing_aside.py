"""Reports printed in a process of their own, for the site."""

import os
from collections import deque
from pathlib import Path
from pickle import PicklingError
from typing import cast

import pytest

from qxportal.engine.reports import pdf, printing
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

pytestmark = pytest.mark.long

DATA = report(source([evaluation("Self", 4, 4, 3), *(evaluation("Peer", 3, 3, 4) for _rater in range(3))]), Viewer())


@pytest.fixture(autouse=True)
def _one_printer_at_most():
    """Each begins with the printer that another test left waiting, if any: to start one takes long."""
    waiting = [one for one in printing._idle[0] if one._process.poll() is None][:1]
    _end_printers(but=waiting)
    printing._idle[0].extend(waiting)


@pytest.fixture(autouse=True, scope="module")
def _no_printer_left():
    """None is left to other modules."""
    yield
    _end_printers()


def _end_printers(*, but=()):
    for idle in printing._idle.values():
        while idle:
            printer = idle.pop()
            if printer not in but:
                printer.end()


def test_it_gives_the_same_bytes_again_and_again_from_one_process():
    first = printing.print_aside(DATA)
    (printer,) = printing._idle[0]

    assert first == printing.print_aside(DATA) == pdf.render(DATA)
    assert list(printing._idle[0]) == [printer]


def test_a_printer_that_ended_is_replaced():
    printing.print_aside(DATA)
    (printer,) = printing._idle[0]
    printer._process.kill()
    printer._process.wait()

    assert printing.print_aside(DATA).startswith(b"%PDF")
    assert printer not in printing._idle[0]


def test_a_printer_that_another_thread_takes_first_is_not_waited_for(monkeypatch):
    class Taken(deque[object]):
        once = iter([True])  # there was one when it was looked for

        def __bool__(self):
            return next(self.once, len(self) > 0)

    class Printer:
        def __init__(self, gives_way):
            pass

        def print(self, report, seconds):
            return b"%PDF"

        def end(self):
            pass

    monkeypatch.setitem(printing._idle, 0, Taken())
    monkeypatch.setattr(printing, "_Printer", Printer)

    assert printing.print_aside(DATA) == b"%PDF"


def test_what_cannot_be_printed_is_an_error_and_the_next_report_is_printed(capfd):
    _end_printers()  # the one that waits would be tried, too
    with pytest.raises(RuntimeError, match="its log says why"):
        printing.print_aside(cast("ReportData", "no report"))
    assert "Traceback" in capfd.readouterr().err
    assert printing.print_aside(DATA).startswith(b"%PDF")


@pytest.mark.thorough
def test_a_report_that_cannot_be_sent_leaves_no_printer_waiting_for_its_rest():
    printing.print_aside(DATA)
    (printer,) = printing._idle[0]

    with pytest.raises((AttributeError, TypeError, PicklingError)):
        printing.print_aside(cast("ReportData", lambda: DATA))

    assert printer._process.returncode is not None
    assert printing.print_aside(DATA).startswith(b"%PDF")


@pytest.mark.thorough
def test_a_printer_ends_with_whoever_started_it():
    printer = printing._Printer(0)
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


def test_printing_gives_way_in_a_session_of_its_own(settings, monkeypatch):
    settings.ENGINE_PRINTING_NICE = 3
    monkeypatch.setattr(printing, "YIELDS", 240)
    printing.print_aside(DATA)
    (printer,) = printing._idle[3]
    number = printer._process.pid

    assert os.getpriority(os.PRIO_PROCESS, number) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)
    assert os.getsid(number) == number
    group = Path(f"/proc/{number}/autogroup")
    assert not group.exists() or group.read_text().split()[-1:] in ([], ["3"])  # nothing where they are switched off


@pytest.mark.thorough
def test_a_report_that_gave_way_for_too_long_is_printed_by_a_process_that_does_not(monkeypatch, settings):
    settings.ENGINE_PRINTING_NICE = 3
    monkeypatch.setattr(printing, "YIELDS", 0.01)

    assert printing.print_aside(DATA) == pdf.render(DATA)
    (printer,) = printing._idle[0]
    assert not printing._idle[3]
    assert os.getpriority(os.PRIO_PROCESS, printer._process.pid) == os.getpriority(os.PRIO_PROCESS, 0)
