"""Bodies made to hurt before anybody has signed in: answered soon, in little memory, and noted in few words."""

import time
import tracemalloc
from urllib.parse import parse_qsl

import pytest
import requests
from django.core.exceptions import TooManyFieldsSent
from hypothesis import given
from hypothesis import strategies as st

from qxportal.engine.http.request_parsing import FORM
from qxportal.engine.http.urlencoded import PIECE, fields
from tests.qxportal.engine.conftest import PATH
from tests.support.engine_fixture import Engine

MEGABYTE = 1024 * 1024


def filled(piece: bytes) -> bytes:
    """A JSON body of nearly 8 MB."""
    return b'{"Request":[' + (piece + b",") * (8_000_000 // (len(piece) + 1)) + b"0]}"


KEYS = ",".join(f'"{number}":0' for number in range(600_000)).encode()
BODIES = {
    "eight million per cent signs": (FORM, b"Request=" + b"%" * 8_000_000, "ESRV35|Request"),
    "eight million ampersands": (FORM, b"&" * 8_000_000, "too many parameters"),
    "2,001 fields": (FORM, b"&".join(b"a%d=1" % number for number in range(2_001)), "too many parameters"),
    "empty lists": ("application/json", filled(b"[]"), "too many lists and objects"),
    "empty objects": ("application/json", filled(b"{}"), "too many lists and objects"),
    "lists in lists": ("application/json", filled(b"[[]]"), "too many lists and objects"),
    "zeros": ("application/json", filled(b"0"), "ESRV35|Request"),
    "600,000 parameters": ("application/json", b"{" + KEYS + b"}", "too many parameters"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_soon(engine: Engine, name: str):
    kind, body, words = BODIES[name]
    begun = time.monotonic()

    answer = requests.post(engine.url + PATH, data=body, headers={"Content-Type": kind}, timeout=60)

    assert (answer.status_code, words in answer.text) == (400, True), answer.text[:300]
    assert time.monotonic() - begun < 25  # 2 s on a machine of its own, but others run beside us


ENCODED = st.text("%+&=abf09 ;", max_size=60) | st.sampled_from(["%C3%A9", "%c3", "%2", "%00", "%F0%9F%99%82"])


@given(st.lists(ENCODED, max_size=6), st.integers(PIECE - 4, PIECE + 4), st.integers(0, 3))
def test_forms_are_read_as_the_standard_library_reads_them(parts: list[str], length: int, times: int):
    text = "".join(["x=", *parts, "a" * length * times, *parts, "&", *parts])

    wanted = [pair for pair in parse_qsl(text, keep_blank_values=True, errors="replace") if pair[0]]

    assert list(fields(text.encode(), 500)) == wanted


@pytest.mark.long
def test_a_form_is_read_in_little_more_memory_than_it_has():
    body = b"FileContents=" + b"%" * MEGABYTE
    tracemalloc.start()
    try:
        ((name, value),) = fields(body, 500)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (name, len(value)) == ("FileContents", MEGABYTE)
    assert peak < 20 * MEGABYTE  # cut at every sign it would be 175


def test_more_fields_than_may_be_are_refused():
    assert len(list(fields(b"a=1&b=2", 2))) == 2
    with pytest.raises(TooManyFieldsSent):
        list(fields(b"a=1&b=2&c", 2))
