"""What leaves: files as multipart, with the switches of an import."""

from email import message_from_bytes
from typing import Any

import pytest

from qxportal.threesixty.errors import Rejected
from tests.qxportal.threesixty.conftest import TOKEN, failure, success
from tests.qxportal.threesixty.uploads import FILES, UPLOAD


def _parts(asked: bytes) -> dict[str, Any]:
    head, _, body = asked.partition(b"\r\n\r\n")
    assert TOKEN.encode() not in head
    kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
    parts: Any = message_from_bytes(kind + b"\r\n\r\n" + body).get_payload()
    return {part.get_param("name", header="content-disposition"): part for part in parts}


@pytest.mark.parametrize(("call", "name", "kind"), FILES, ids=[call.request for call, *_ in FILES])
def test_a_file_goes_as_multipart(vendor, threesixty, call, name, kind):
    vendor.says(failure("403 Forbidden", "ESRV3"))
    with pytest.raises(Rejected):
        threesixty.call(call)

    sent = _parts(vendor.asked[0])

    content = call.file_contents if isinstance(call.file_contents, bytes) else call.file_contents.encode()
    assert sent["FileContents"].get_payload(decode=True) == content
    assert (sent["FileContents"].get_filename(), sent["FileContents"].get_content_type()) == (name, kind)
    assert sent["Token"].get_payload(decode=True).decode() == TOKEN
    assert "URL" not in sent


def test_an_imports_switches_are_always_said(vendor, threesixty):
    vendor.says(success({"Count": "1", "IgnoredCount": 0, "Persons": []}))

    assert threesixty.call(UPLOAD).count == 1

    sent = _parts(vendor.asked[0])
    switches = ("CleanImport", "ClearRelationships", "UpdateResponses")
    assert {sent[name].get_payload(decode=True) for name in switches} == {b"0"}
