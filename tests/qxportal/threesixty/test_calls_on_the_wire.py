"""What leaves: each call's parameters, spelled as documented."""

import json
from dataclasses import fields
from urllib.parse import parse_qsl

import pytest

from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.every import EVERY_CALL, KNOWN_CALLS
from qxportal.threesixty.calls.users import (
    CreateDivision,
)
from qxportal.threesixty.catalogue import CATALOGUE, EXTENSIONS, KNOWN
from qxportal.threesixty.errors import Rejected
from tests.qxportal.threesixty import sent_calls, sent_extensions
from tests.qxportal.threesixty.conftest import TOKEN, failure, success
from tests.qxportal.threesixty.uploads import FILES

DANGEROUS = {
    "CloseSessions",
    "RemoveEvaluations",
    "CleanImport",
    "ClearRelationships",
    "UpdateResponses",
    "DeleteMailings",
    "ReadyReports",
    "IncludeEvaluationResponses",
    "Viewer",
}


SENT = [*sent_calls.SENT, *sent_extensions.SENT]


def test_no_call_is_left_out_here():
    assert {type(call) for call, *_ in [*SENT, *FILES]} == set(KNOWN_CALLS.values())


def test_every_request_has_its_call():
    assert set(EVERY_CALL) == set(CATALOGUE)
    assert set(KNOWN_CALLS) == set(KNOWN)


@pytest.mark.parametrize(("call", "parameters"), SENT, ids=[call.request for call, _ in SENT])
def test_a_call_is_sent_as_documented(vendor, threesixty, call, parameters):
    vendor.says(failure("400 Bad Request", "ESRV35"))
    with pytest.raises(Rejected):
        threesixty.call(call)

    head, _, body = vendor.asked[0].partition(b"\r\n\r\n")
    sent = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))

    assert head.startswith(b"POST /WRAPI/ThreeSixty/api.php HTTP/1.1\r\n")
    assert b"accept-encoding: identity" in head.lower()
    assert TOKEN.encode() not in head
    assert {name: sent.pop(name) for name in ("Request", "User", "Token", "Version")} == {
        "Request": call.request,
        "User": "hr@acme.example#acme",
        "Token": TOKEN,
        "Version": "2.5",
    }
    forms = {"getSubjectStatus": "CSV", "getEvaluationStatus": "CSV", "getSurvey": None}
    assert sent.pop("Format", None) == forms.get(call.request, "JSON")
    as_json = [name for name, value in parameters.items() if not isinstance(value, str)]
    assert sent | {name: json.loads(sent[name]) for name in as_json} == parameters


def test_a_list_goes_in_brackets(vendor, threesixty):
    vendor.says(success("DV_1"))

    threesixty.call(CreateDivision(name="Sales", administrators=("UR_1", "UR_2")))

    sent = parse_qsl(vendor.asked[0].partition(b"\r\n\r\n")[2].decode())
    assert [value for name, value in sent if name == "DivisionAdmins[]"] == ["UR_1", "UR_2"]


@pytest.mark.parametrize("call", KNOWN_CALLS.values(), ids=lambda call: call.request)
def test_a_calls_parameters_are_the_catalogues(call):
    spec = KNOWN[call.request]
    ours = {item.metadata["param"]: item for item in fields(call) if "param" in item.metadata}

    assert set(ours) <= {param.name for param in spec.params}
    assert {param.name for param in spec.params if param.required and param.kind != "url"} <= set(ours)
    assert "URL" not in ours
    for name in DANGEROUS & {param.name for param in spec.params}:
        assert repr(ours[name].default) == repr(ours[name].default_factory)  # neither: it must be said
    assert {param.name for param in spec.params if param.kind != "url"} - {"URL"} == set(ours)
    assert (call.retry_policy is RetryPolicy.READ) is not spec.mutates
    assert ("deprecated" in call.__doc__) is spec.deprecated
    assert spec.name in call.__doc__
    assert spec.since in call.__doc__ or spec.name in EXTENSIONS


def test_the_catalogue_holds_all_fifty():
    assert len(CATALOGUE) == 50
    assert not set(CATALOGUE) & set(EXTENSIONS)
