"""What the engine's own tests share."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.support import quick_http
from tests.support.engine_fixture import Engine

PATH = "/WRAPI/ThreeSixty/api.php"
Rows = Callable[[requests.Response], list[dict[str, str]]]


class Caller:
    """Calls the engine over HTTP as anybody."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __call__(
        self, request: str, *, user: Any = None, version: str = "2.5", form: str = "JSON", **parameters: Any
    ) -> requests.Response:
        """Send one call as a form post and give the raw answer."""
        user = user or self.engine.api_user  # an ApiUser
        fields = {"Request": request, "User": user.user_name, "Token": user.token, "Format": form, "Version": version}
        given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return quick_http.post(self.engine.url + PATH, fields | given)

    def upload(self, request: str, file: bytes, *, user: Any = None, **parameters: str) -> requests.Response:
        """Send one call with a file as browsers do and give the raw answer."""
        user = user or self.engine.api_user
        fields = {"Request": request, "User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
        files = {"FileContents": ("file", file)}
        return quick_http.post(self.engine.url + PATH, fields | parameters, files=files, timeout=60)

    def result(self, request: str, **parameters: Any) -> Any:
        """Send one call that must succeed and give its Result."""
        answer = self(request, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["Result"]

    def refused(self, request: str, **parameters: Any) -> tuple[int, str]:
        """Send one call that must fail and give its status and error code."""
        answer = self(request, **parameters)
        meta = answer.json()["Meta"]
        assert meta["Status"] == "Error"
        assert answer.headers["RequestStatus"] == "Failure"
        assert answer.headers["Status"] == str(answer.status_code) == str(meta["ErrorCode"])
        assert answer.json()["Result"] is None
        return answer.status_code, meta["QualtricsErrorCode"]


@pytest.fixture
def call(engine: Engine) -> Caller:
    """Calls the running engine."""
    return Caller(engine)


@pytest.fixture
def rows() -> Rows:
    """Reads a CSV answer."""

    def read(answer: requests.Response) -> list[dict[str, str]]:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/vnd.msexcel"
        assert answer.content.endswith(b"\r\n")
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        return list(csv.DictReader(io.StringIO(answer.content.decode())))

    return read
