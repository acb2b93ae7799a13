"""Made from the catalogue: each built request in each format, with and without its parameters.

A thorough run tries each in all versions that know it; another run in one of them, in turn.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
import requests

from qxportal.engine.http.protocol import VERSIONS
from qxportal.engine.requests.dispatch import HANDLERS, NAMES
from qxportal.threesixty.catalogue import KNOWN, RequestSpec, version_number
from tests.qxportal.engine.conformance import CASES
from tests.qxportal.engine.conformance.case import SampleReview
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine
from tests.support.samples import sample as sample_of

BUILT = [KNOWN[name] for name in sorted(KNOWN)]


def _since(spec: RequestSpec, version: str) -> bool:
    return version_number(version) >= version_number(spec.since)


def _formats(spec: RequestSpec) -> Iterator[str]:
    return iter(spec.formats)


def _versions(spec: RequestSpec, turn: int) -> list[str]:
    """Those that know it, or whose turn it is."""
    known = [version for version in VERSIONS if _since(spec, version)]
    return sample_of(known, every=len(known), first=turn)


ACCEPTED = [(spec, version) for turn, spec in enumerate(BUILT) for version in _versions(spec, turn)]
REQUIRED = [spec for spec in BUILT if any(param.required for param in spec.params)]
FLAGGED = [spec for spec in BUILT if any(param.kind == "flag" for param in spec.params)]
TOO_OLD = [spec for spec in BUILT if not all(_since(spec, version) for version in VERSIONS)]
MOST_FORMATS = max(len(spec.formats) for spec in BUILT)
ALIASES = sorted(alias for alias in NAMES if alias not in HANDLERS)


def _named(value: Any) -> str | None:
    return value.name if isinstance(value, RequestSpec) else None


@pytest.fixture
@built_once
def sample(engine: Engine) -> SampleReview:
    """Where the requests are tried."""
    return SampleReview(engine).whole()


@pytest.fixture
@built_once
def samples(engine: Engine) -> list[tuple[SampleReview, SampleReview]]:
    """Two such places for each format, so that what one call did is not in another's way."""
    return [(SampleReview(engine).whole(), SampleReview(engine).whole()) for _ in range(MOST_FORMATS)]


def _read(answer: requests.Response, form: str) -> Any:
    """The Result where there is one to read; asserts that the answer is a success in its format."""
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers.get("RequestStatus") in (None, "Success")
    kind = answer.headers["Content-Type"].partition(";")[0]
    match kind, form:
        case "application/pdf", _:
            assert answer.content.startswith(b"%PDF-")
        case "application/json", "JSON" if "Meta" in answer.json():
            assert answer.json()["Meta"] == {"Status": "Success", "Debug": ""}
            return answer.json()["Result"]
        case "application/json", "JSON":
            assert isinstance(answer.json(), dict)
        case "application/javascript", "JSONP":
            assert answer.text.startswith('show({"Meta":{"Status":"Success"') and answer.text.endswith(");")
        case "text/xml", "XML":
            root = ElementTree.fromstring(answer.content)
            assert root.tag != "XML" or root.find("Meta") is None or root.findtext("Meta/Status") == "Success"
        case "application/vnd.msexcel", "CSV":
            assert answer.content.endswith(b"\r\n")
        case "text/html", "HTML":
            assert answer.text.startswith("<!DOCTYPE html>")
        case _:
            raise AssertionError(f"{kind} for {form}")
    return None


def _extra(form: str) -> dict[str, str]:
    return {"JSONPCallback": "show"} if form == "JSONP" else {}


def test_every_request_is_built_and_tried():
    assert set(CASES) == set(HANDLERS) == set(KNOWN)
    assert {spec.name for spec, _version in ACCEPTED} == set(KNOWN)
    assert {version for _spec, version in ACCEPTED} == set(VERSIONS)
    assert [name for name, case in CASES.items() if KNOWN[name].mutates and case.state is None] == []


@pytest.mark.parametrize(("spec", "version"), ACCEPTED, ids=_named)
def test_accepted_in_every_format_with_what_it_needs_and_with_all_it_takes(
    call: Caller,
    samples: list[tuple[SampleReview, SampleReview]],
    record_property: Callable[[str, object], None],
    spec: RequestSpec,
    version: str,
):
    case = CASES[spec.name]
    for form, (sparse, rich) in zip(_formats(spec), samples, strict=False):
        with _said_of(form):
            _read(call(spec.name, version=version, form=form, **case.required(sparse), **_extra(form)), form)
            tried: set[str] = set()
            for full in filter(None, (case.full, case.instead)):
                sent = {**case.required(rich), **full(rich)}
                result = _read(call(spec.name, version=version, form=form, **sent, **_extra(form)), form)
                if case.state:
                    case.state(rich, sent, result)
                tried |= {*sent}

            assert {param.name for param in spec.params} - tried <= {"URL"}
            record_property("accepted", f"{spec.name}-{version}-{form}")


@contextmanager
def _said_of(form: str) -> Iterator[None]:
    """Name the format of what fails."""
    try:
        yield
    except Exception as problem:
        problem.add_note(f"asked in {form}")
        raise


@pytest.mark.parametrize("spec", REQUIRED, ids=_named)
def test_refused_without_each_required_parameter(engine: Engine, call: Caller, sample: SampleReview, spec: RequestSpec):
    whole = CASES[spec.name].required(sample)
    for name in (param.name for param in spec.params if param.required):
        given = {key: value for key, value in whole.items() if key != name}

        answer = call(spec.name, form=next(_formats(spec)), **given)

        assert answer.status_code == 400, name
        assert f"ESRV35|{name}" in answer.text
    assert engine.writes(executed=True) == []


@pytest.mark.parametrize("spec", TOO_OLD, ids=_named)
def test_unknown_below_its_version(call: Caller, sample: SampleReview, spec: RequestSpec):
    given = CASES[spec.name].required(sample)
    for version in VERSIONS:
        if not _since(spec, version):
            answer = call(spec.name, version=version, **given)

            assert answer.status_code == 404, version
            assert spec.since in answer.json()["Meta"]["ErrorMessage"]


@pytest.mark.parametrize("alias", ALIASES)
def test_known_by_its_other_names(call: Caller, sample: SampleReview, alias: str):
    spec = KNOWN[NAMES[alias]]

    answer = call(alias, form=next(_formats(spec)), **CASES[spec.name].required(sample))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("spec", BUILT, ids=_named)
def test_unknown_parameters_are_refused_where_something_would_change(
    call: Caller, sample: SampleReview, spec: RequestSpec
):
    answer = call(spec.name, form=next(_formats(spec)), **CASES[spec.name].required(sample), Colour="blue")

    assert answer.status_code == (400 if spec.mutates else 200)
    assert ("ESRV35|Colour" in answer.text) == spec.mutates


@pytest.mark.parametrize("spec", [spec for spec in BUILT if spec.params], ids=_named)
def test_misspelt_parameters_are_refused_everywhere(call: Caller, sample: SampleReview, spec: RequestSpec):
    meant = spec.params[-1].name
    given = {**CASES[spec.name].required(sample), meant.lower(): "1"}

    answer = call(spec.name, form=next(_formats(spec)), **given)

    assert answer.status_code == 400
    assert f"ESRV35|{meant.lower()}" in answer.text and f"{meant} is meant" in answer.text


@pytest.mark.parametrize("spec", FLAGGED, ids=_named)
def test_flags_are_zero_or_one(call: Caller, sample: SampleReview, spec: RequestSpec):
    for flag in (param for param in spec.params if param.kind == "flag"):
        given = {**CASES[spec.name].required(sample), flag.name: "perhaps"}
        answer = call(spec.name, form=next(_formats(spec)), **given)

        assert answer.status_code == 400
        assert f"ESRV35|{flag.name}" in answer.text


@pytest.mark.parametrize("spec", [spec for spec in BUILT if spec.name != "getSurvey"], ids=_named)
def test_a_format_that_it_does_not_have_is_refused(call: Caller, sample: SampleReview, spec: RequestSpec):
    other = "JSON" if "JSON" not in spec.formats else "CSV" if "CSV" not in spec.formats else "JSONP"

    given = {**CASES[spec.name].required(sample), **_extra(other)}
    assert call.refused(spec.name, form=other, **given) == (400, "ESRV35|Format")


@pytest.mark.parametrize("name", ["Request", "User", "Token", "Format", "Version"])
def test_every_call_needs_the_common_parameters(engine: Engine, name: str):
    user = engine.api_user
    given = {"Request": "getSurveys", "User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    del given[name]

    answer = requests.post(engine.url + PATH, data=given, timeout=60)

    assert (answer.status_code, answer.json()["Meta"]["QualtricsErrorCode"]) == (400, f"ESRV35|{name}")


def test_parameters_come_from_query_form_json_and_multipart_mixed(engine: Engine, sample: SampleReview):
    user, url = engine.api_user, engine.url + PATH
    who = {"User": user.user_name, "Token": user.token}
    what = {"Request": "getAssessment", "Format": "JSON", "Version": "2.5"}
    which = {"ThreeSixtyID": sample.assessment.public_id}
    people = CASES["importPersons"].required(sample)["FileContents"]
    file = {"FileContents": ("people.csv", people)}

    answers = [
        requests.get(url, params=who | what | which, timeout=60),
        requests.post(url, params=what, data=who | which, timeout=60),
        requests.post(url, params=what | which, json=who, timeout=60),
        requests.post(url, params=what, data=who | which, files={"Nothing": b""}, timeout=60),
    ]
    imported = requests.post(url, params=what | {"Request": "importPersons"}, data=who, files=file, timeout=60)
    plain = requests.post(
        url,
        params=who | what | {"Request": "importPersons"},
        data=people,
        headers={"Content-Type": "text/csv"},
        timeout=60,
    )

    assert {answer.json()["Result"]["ThreeSixtyID"] for answer in answers} == {which["ThreeSixtyID"]}
    assert imported.json()["Result"]["Count"] == plain.json()["Result"]["Count"] == 1


def test_an_unknown_request_is_not_found(call: Caller):
    assert call.refused("getEverything") == (404, "ESRV4")
    assert call.refused("createQuota") == (404, "ESRV4")


@pytest.mark.parametrize("version", ["1.9", "2", "2.6", "3.0", "latest"])
def test_an_unknown_version_is_refused(call: Caller, version: str):
    assert call.refused("getSurveys", version=version) == (400, "ESRV35|Version")


def test_pretty_json_is_only_in_the_oldest_version(call: Caller):
    assert call("getSurveys", version="2.0", form="PPJSON").text.startswith('{\n    "Meta"')
    assert call.refused("getSurveys", version="2.1", form="PPJSON") == (400, "ESRV35|Format")


@pytest.mark.parametrize("callback", ["", "alert(1)//", "a b", "x" * 101, "show.", "a..b", "a.1"])
def test_a_callback_is_the_name_of_a_function(call: Caller, callback: str):
    assert call.refused("getSurveys", form="JSONP", JSONPCallback=callback) == (400, "ESRV35|JSONPCallback")
    assert call("getSurveys", form="JSONP", JSONPCallback="$.page_1.show").text.startswith("$.page_1.show({")


def test_xml_writes_lists_as_numbered_elements(engine: Engine, call: Caller):
    engine.person("Mara", "Lindqvist", metadata={"Employee number": "<7>", "Department": "R&D"})

    root = ElementTree.fromstring(call("getPersons", form="XML", IncludeMetaData=1).content)

    (element,) = root.findall("Result/Persons/element")
    assert element.attrib == {"id": "0"}
    assert element.findtext("FirstName") == "Mara"
    assert element.findtext("MetaData/Department") == "R&D"
    assert element.findtext("MetaData/element[@key='Employee number']") == "<7>"
