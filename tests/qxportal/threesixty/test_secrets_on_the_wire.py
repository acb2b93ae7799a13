"""Secrets leave in the body alone, and nothing here shows them."""

import json
import logging
import pickle
from copy import copy

import pytest

from qxportal.threesixty.calls.persons import CreatePerson
from qxportal.threesixty.errors import ThreeSixtyError
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.conftest import TOKEN, answer, failure, success
from tests.qxportal.threesixty.uploads import P


@pytest.mark.parametrize("leak", [pickle.dumps, json.dumps, copy])
def test_a_secret_does_not_travel(leak):
    with pytest.raises(TypeError) as caught:
        leak(Secret(TOKEN))
    assert TOKEN not in str(caught.value)


def test_a_secret_does_not_show():
    secret = Secret(TOKEN)
    assert not any(TOKEN in text for text in (str(secret), repr(secret), f"{secret:>40}", "%s" % secret, str([secret])))  # noqa: UP031


def test_neither_log_nor_error_nor_proxy_sees_a_secret(vendor, threesixty, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    seen = ""
    for said in (success({"PersonID": P}), failure("401 Unauthorized", "ESRV1"), answer("", status="500 E"), b""):
        vendor.says(said)
        try:
            threesixty.call(CreatePerson(email="anna@acme.example", first_name="Anna", last_name="Berger"))
        except ThreeSixtyError as problem:
            seen += f"{problem!r} {problem.__cause__!r} {vars(problem)}"

    output = capfd.readouterr()
    seen += caplog.text + output.out + output.err + repr(threesixty)
    assert "createPerson" in seen
    assert TOKEN not in seen
    assert "anna@acme.example" not in seen
