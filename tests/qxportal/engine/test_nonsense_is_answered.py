"""Whatever is sent, the answer is an envelope and never an unexpected error."""

import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qxportal.engine.dispatch import HANDLERS
from qxportal.threesixty.catalogue import CATALOGUE
from tests.engine_fixture import Engine
from tests.qxportal.engine.conftest import PATH

NAMES = sorted({param.name for name in HANDLERS for param in CATALOGUE[name].params})
WORDS = ("0", "1", "", "Done", "Subjects", "Evaluators", "Admin", "360", "-1", "9" * 30)
SNIPPETS = ("[]", "{}", "null", '["Mentor"]', "NaN", '{"Name": 7}')
SHEETS = (
    "FirstName,LastName,Email\nMara,Berg,mara@m.example",
    "Email,SubjectEmail,Relationship\nmara@m.example,mara@m.example,Self",
    "Email\n",
    '"',
)
QUIET = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture
def known(engine: Engine) -> tuple[str, ...]:
    """Ids that exist, so that nonsense gets far."""
    mara, jonas = engine.people(2)
    assessment = engine.assessment("Leaders", relationships=("Mentor",))
    engine.evaluation(engine.subject(assessment, mara), jonas, "Mentor", "InProgress")
    directory = engine.run(lambda: mara.org_structure.public_id)
    return (assessment.public_id, mara.public_id, jonas.public_id, assessment.survey.public_id, directory)


def check(answer: requests.Response) -> None:
    kind = answer.headers["Content-Type"].partition(";")[0]
    if kind == "application/json":
        meta = answer.json()["Meta"]
        assert (meta["Status"] == "Success") == (answer.status_code == 200)
        assert meta.get("QualtricsErrorCode") != "ESRV500", answer.text
    else:
        assert kind in ("text/xml", "application/javascript", "application/vnd.msexcel", "application/pdf")
        assert b"ESRV500" not in answer.content
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.status_code in (200, 400, 401, 403, 404)


@QUIET
@given(values=st.data())
def test_any_text_parameters(engine: Engine, known: tuple[str, ...], values: st.DataObject):
    text = st.one_of(
        st.sampled_from(WORDS + SNIPPETS), st.sampled_from(known), st.sampled_from(SHEETS), st.text(max_size=40)
    )
    parameters = values.draw(st.dictionaries(st.sampled_from(NAMES), text, max_size=6))
    request = values.draw(st.sampled_from(sorted(HANDLERS)))
    form = values.draw(st.sampled_from(("JSON", "JSON", "XML", "CSV", "")))
    user = engine.api_user
    common = {"Request": request, "User": user.user_name, "Token": user.token, "Format": form, "Version": "2.5"}
    wanted = {param.name for param in CATALOGUE[request].params}
    mostly = {name: value for name, value in parameters.items() if name in wanted or value == "1"}
    required = {param.name for param in CATALOGUE[request].params if param.required} - set(mostly)
    filled = {name: values.draw(text) for name in sorted(required)}

    check(requests.post(engine.url + PATH, data=common | mostly | filled, timeout=20))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@QUIET
@given(
    request=st.sampled_from(sorted(HANDLERS)),
    parameters=st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), ANY_JSON, max_size=4),
    number=st.integers(0, 4),
)
def test_any_json_body(engine: Engine, known: tuple[str, ...], request: str, parameters: dict[str, Any], number: int):
    user = engine.api_user
    common = {"Request": request, "User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    which = {param.name: known[number] for param in CATALOGUE[request].params if param.name.endswith("ID")}
    ours = {param.name for param in CATALOGUE[request].params}
    body = which | {name: value for name, value in parameters.items() if name in ours} | common

    check(
        requests.post(
            engine.url + PATH, data=json.dumps(body), headers={"Content-Type": "application/json"}, timeout=20
        )
    )


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
    check(requests.post(engine.url + PATH, data=body, headers={"Content-Type": kind}, timeout=20))


def test_other_methods_and_addresses_are_not_ours(engine: Engine):
    assert requests.put(engine.url + PATH, data={}, timeout=10).status_code == 405
    elsewhere = requests.get(engine.url + "/", timeout=10)
    assert elsewhere.status_code == 404
    check(elsewhere)
