"""What every answer of the engine is, whatever was asked."""

import csv
import io
import json

import defusedxml.ElementTree as ElementTree
import requests

CODES = (200, 400, 401, 403, 404, 500)  # 500 only for a survey that is unknown


def check(answer: requests.Response) -> None:
    """Assert that it is sound in its format and no unexpected error."""
    assert answer.status_code in CODES, (answer.status_code, answer.text[:500])
    assert answer.status_code != 500 or b"ESRV18" in answer.content, answer.text[:500]
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert b"ESRV500" not in answer.content and b"Traceback" not in answer.content, answer.text[:500]
    assert (answer.headers.get("RequestStatus") == "Failure") == (answer.status_code != 200)
    kind, text = answer.headers["Content-Type"].partition(";")[0], answer.content.decode("utf-8", "surrogateescape")
    match kind:
        case "application/json":
            _check_meta(json.loads(text), answer.status_code)
        case "application/javascript":
            name, _, rest = text.partition("(")
            assert name and rest.endswith(");")
            _check_meta(json.loads(rest[:-2]), answer.status_code)
        case "text/xml":
            root = ElementTree.fromstring(answer.content)
            if answer.status_code != 200:
                assert root.findtext("Meta/QualtricsErrorCode")
        case "application/vnd.msexcel":
            assert list(csv.reader(io.StringIO(text, newline=""), strict=True))
        case "text/html":
            assert text.startswith("<!DOCTYPE html>")
        case _:
            assert kind == "application/pdf" and answer.content.startswith(b"%PDF-"), kind


def _check_meta(found: object, code: int) -> None:
    assert isinstance(found, dict)
    if "Meta" in found or code != 200:  # raw responses have none
        assert (found["Meta"]["Status"] == "Success") == (code == 200)
