"""Bodies, methods and addresses that no caller would send; for parameters see `test_random_parameters`."""

import pytest
import requests

from tests.qxportal.engine.conftest import PATH
from tests.qxportal.engine.nonsense.judging import check
from tests.support.engine_fixture import Engine


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"Request": NaN}'),
        ("application/json", b'{"Request": "\\ud800"}'),
        ("application/json", b'{"Request": ' + b"9" * 6000 + b"}"),
        ("application/json", b"\xff\xfe"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnothing"),
        ("application/x-www-form-urlencoded", b"Request=%FF%00&" * 5000),
        ("application/x-www-form-urlencoded; charset=klingon", b"Request=getSurveys"),
        ("text/csv", b"\0" * 100),
    ],
)
def test_any_body(engine: Engine, kind: str, body: bytes):
    check(requests.post(engine.url + PATH, data=body, headers={"Content-Type": kind}, timeout=60))


def test_other_methods_and_addresses_are_not_ours(engine: Engine):
    assert requests.put(engine.url + PATH, data={}, timeout=60).status_code == 405
    elsewhere = requests.get(engine.url + "/", timeout=60)
    assert elsewhere.status_code == 404
    check(elsewhere)
