"""Answers that are cut: an error, or the same as the whole answer; never a part of it."""

from contextlib import suppress

import pytest

from qxportal.threesixty.errors import MalformedResponse, OutcomeUnknown, TransientError
from qxportal.threesixty.wire.answers import RawResponse, read_answer
from tests.qxportal.threesixty.conftest import answer, success
from tests.qxportal.threesixty.recorded import (
    PDF,
)
from tests.qxportal.threesixty.whole_answers import PDF_CALL, WHOLE
from tests.support.samples import sample


def offsets(said: bytes, first: int = 0) -> list[int]:
    """Where an answer is cut: anywhere; outside a thorough run at each eighth byte and around the end of its head."""
    head = said.index(b"\r\n\r\n") + 4
    return sorted({*sample(range(len(said)), every=8, first=first), *range(head - 5, head + 2), len(said) - 1})


@pytest.mark.long
@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_cut_anywhere_is_an_error_or_the_same(vendor, threesixty, name):
    call, said = WHOLE[name]
    vendor.says(said)
    whole = threesixty.call(call)
    wrong = []
    for offset in offsets(said, list(WHOLE).index(name)):
        vendor.says(said[:offset])
        try:
            found = threesixty.call(call)
        except OutcomeUnknown:
            assert call.mutates
        except (TransientError, MalformedResponse):
            assert not call.mutates
        else:
            wrong += [offset] if found != whole else []
    assert wrong == []


SELF_CONTAINED = [name for name in WHOLE if "csv" not in name and "chunks" not in name]  # a cut table may look whole


@pytest.mark.parametrize("name", SELF_CONTAINED)
def test_a_cut_answer_is_refused_even_where_its_announced_length_fits(name):
    call, said = WHOLE[name]
    head, _, body = said.partition(b"\r\n\r\n")
    kind = next(line for line in head.decode().splitlines() if line.startswith("Content-Type")).partition(": ")[2]
    whole = call.read(read_answer(call, RawResponse(200, {"content-type": kind}, body)))
    wrong = []
    for offset in range(len(body.rstrip())):
        with suppress(MalformedResponse, OutcomeUnknown):
            found = call.read(read_answer(call, RawResponse(200, {"content-type": kind}, body[:offset])))
            wrong += [offset] if found != whole else []
    assert wrong == []


def test_a_report_behind_a_link_that_is_cut_anywhere_is_refused(vendor, threesixty):
    link, file = success({"URL": f"{vendor.url}/report.pdf"}), answer(PDF, kind="application/pdf")
    for offset in offsets(file):
        vendor.says(link, file[:offset])
        with pytest.raises((TransientError, MalformedResponse)):
            threesixty.call(PDF_CALL)
        assert len(vendor.asked) == 2
