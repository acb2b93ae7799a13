"""Made from the catalogue: each built request in each version and format, with and without its parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
import requests

from qxportal.engine.dispatch import HANDLERS, NAMES, VERSIONS
from qxportal.engine.models import Assessment
from qxportal.threesixty.catalogue import CATALOGUE, RequestSpec, version_number
from tests.engine_fixture import Engine
from tests.qxportal.engine.conftest import PATH, Caller

BUILT = [CATALOGUE[name] for name in sorted(HANDLERS)]


def _since(spec: RequestSpec, version: str) -> bool:
    return version_number(version) >= version_number(spec.since)


def _formats(spec: RequestSpec) -> Iterator[str]:
    return iter(("CSV",) if spec.formats == ("CSV",) else ("XML", "JSON", "JSONP"))


ACCEPTED = [
    (spec, version, form) for spec in BUILT for version in VERSIONS if _since(spec, version) for form in _formats(spec)
]
REQUIRED = [(spec, param.name) for spec in BUILT for param in spec.params if param.required]
TOO_OLD = [(spec, version) for spec in BUILT for version in VERSIONS if not _since(spec, version)]
ALIASES = sorted(alias for alias in NAMES if alias not in HANDLERS)


def _named(value: Any) -> str | None:
    return value.name if isinstance(value, RequestSpec) else None


@pytest.fixture
def required(engine: Engine) -> Mapping[str, str]:
    """A good value for every required parameter."""
    mara, jonas = engine.people(2)
    assessment = engine.assessment("Leadership review 2026")
    engine.subject(assessment, mara, report_ready=True)
    return {
        "ThreeSixtyID": assessment.public_id,
        "PersonID": mara.public_id,
        "SubjectID": mara.public_id,
        "Status": "Done",
        "Name": "Spring review",
        "Email": "petra.novak@marlstone.example",
        "FirstName": "Petra",
        "LastName": "Novak",
        "FileContents": "FirstName,LastName,Email\r\nPetra,Novak,petra.novak@marlstone.example\r\n",
        "manager": jonas.public_id,
    }


def parameters(spec: RequestSpec, required: Mapping[str, str]) -> dict[str, str]:
    """What a request needs; two of them need more than the catalogue can say."""
    given = {param.name: required[param.name] for param in spec.params if param.required}
    if spec.name == "importPersons":
        given["FileContents"] = required["FileContents"]
    if spec.name == "removePerson":
        given["ThreeSixtyID"] = required["ThreeSixtyID"]
    return given


@pytest.mark.parametrize(("spec", "version", "form"), ACCEPTED, ids=_named)
def test_accepted_with_its_required_parameters(
    call: Caller, required: Mapping[str, str], spec: RequestSpec, version: str, form: str
):
    extra = {"JSONPCallback": "show"} if form == "JSONP" else {}

    answer = call(spec.name, version=version, form=form, **parameters(spec, required), **extra)

    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    if spec.name == "getSubjectReportPDF":
        assert answer.content.startswith(b"%PDF-")
    elif form == "XML":
        assert ElementTree.fromstring(answer.content).findtext("Meta/Status") == "Success"
    elif form == "JSONP":
        assert answer.text.startswith('show({"Meta":{"Status":"Success"') and answer.text.endswith(");")
    elif form == "JSON":
        assert answer.json()["Meta"] == {"Status": "Success", "Debug": ""}
        assert answer.headers["Content-Type"] == "application/json"
        assert "RequestStatus" not in answer.headers


@pytest.mark.parametrize("spec", BUILT, ids=_named)
def test_accepted_with_all_its_parameters(engine: Engine, call: Caller, required: Mapping[str, str], spec: RequestSpec):
    assessment = engine.run(Assessment.objects.select_related("org_structure", "survey").get)
    optional = {
        "OwnerID": engine.api_user.user_id,
        "OrgStructureID": assessment.org_structure.public_id,
        "SurveyID": assessment.survey.public_id,
        "DivisionID": engine.division("Field service").public_id,
        "ThreeSixtyID": assessment.public_id,
        "PersonID": "P_petraNovak2026",
        "UserName": "petra.novak",
        "MetaData": '{"Department": "Service"}',
        "WorkFlowOptions": '{"RoundRobin": true}',
        "Relationships": '["Mentor"]',
        "jsonOfRelationships": '["Mentor"]',
        "Type": "Subjects" if spec.name == "importPersons" else "EE",
        "Viewer": required["PersonID"],
        "Questions": "QID1,QID2",
        "StartIndex": "0",
        "RecordLimit": "10",
    }
    if spec.name.startswith("create"):
        optional["ThreeSixtyID"] = "TS_spring2026abcd"
    given = {param.name: optional[param.name] for param in spec.params if not param.required and param.name in optional}
    flags = {param.name: "1" for param in spec.params if param.kind == "flag"}

    answer = call(spec.name, form=next(_formats(spec)), **parameters(spec, required) | given | flags)

    assert answer.status_code == 200, answer.text
    left_out = {param.name for param in spec.params} - {*given, *flags, *parameters(spec, required)}
    assert left_out <= {"URL"}


@pytest.mark.parametrize(("spec", "name"), REQUIRED, ids=_named)
def test_refused_without_each_required_parameter(
    engine: Engine, call: Caller, required: Mapping[str, str], spec: RequestSpec, name: str
):
    given = {key: value for key, value in parameters(spec, required).items() if key != name}

    answer = call(spec.name, form=next(_formats(spec)), **given)

    assert answer.status_code == 400
    assert f"ESRV35|{name}" in answer.text
    assert engine.writes(executed=True) == []


@pytest.mark.parametrize(("spec", "version"), TOO_OLD, ids=_named)
def test_unknown_below_its_version(call: Caller, required: Mapping[str, str], spec: RequestSpec, version: str):
    answer = call(spec.name, version=version, **parameters(spec, required))

    assert answer.status_code == 404
    assert spec.since in answer.json()["Meta"]["ErrorMessage"]


@pytest.mark.parametrize("alias", ALIASES)
def test_known_by_its_other_names(call: Caller, required: Mapping[str, str], alias: str):
    spec = CATALOGUE[NAMES[alias]]

    answer = call(alias, form=next(_formats(spec)), **parameters(spec, required))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("spec", BUILT, ids=_named)
def test_unknown_parameters_are_refused(call: Caller, required: Mapping[str, str], spec: RequestSpec):
    answer = call(spec.name, form=next(_formats(spec)), **parameters(spec, required), Colour="blue")

    assert answer.status_code == 400
    assert "ESRV35|Colour" in answer.text


@pytest.mark.parametrize("spec", BUILT, ids=_named)
def test_flags_are_zero_or_one(call: Caller, required: Mapping[str, str], spec: RequestSpec):
    for flag in (param for param in spec.params if param.kind == "flag"):
        answer = call(spec.name, form=next(_formats(spec)), **parameters(spec, required), **{flag.name: "perhaps"})

        assert answer.status_code == 400
        assert f"ESRV35|{flag.name}" in answer.text


@pytest.mark.parametrize("spec", BUILT, ids=_named)
def test_a_format_that_it_does_not_have_is_refused(call: Caller, required: Mapping[str, str], spec: RequestSpec):
    other = "JSON" if spec.formats == ("CSV",) else "CSV"

    assert call.refused(spec.name, form=other, **parameters(spec, required)) == (400, "ESRV35|Format")


@pytest.mark.parametrize("name", ["Request", "User", "Token", "Format", "Version"])
def test_every_call_needs_the_common_parameters(engine: Engine, name: str):
    user = engine.api_user
    given = {"Request": "getSurveys", "User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    del given[name]

    answer = requests.post(engine.url + PATH, data=given, timeout=10)

    assert (answer.status_code, answer.json()["Meta"]["QualtricsErrorCode"]) == (400, f"ESRV35|{name}")


def test_parameters_come_from_query_form_json_and_multipart_mixed(engine: Engine, required: Mapping[str, str]):
    user, url = engine.api_user, engine.url + PATH
    who = {"User": user.user_name, "Token": user.token}
    what = {"Request": "getAssessment", "Format": "JSON", "Version": "2.5"}
    which = {"ThreeSixtyID": required["ThreeSixtyID"]}
    file = {"FileContents": ("people.csv", required["FileContents"])}

    answers = [
        requests.get(url, params=who | what | which, timeout=10),
        requests.post(url, params=what, data=who | which, timeout=10),
        requests.post(url, params=what | which, json=who, timeout=10),
        requests.post(url, params=what, data=who | which, files={"Nothing": b""}, timeout=10),
    ]
    imported = requests.post(url, params=what | {"Request": "importPersons"}, data=who, files=file, timeout=10)
    plain = requests.post(
        url,
        params=who | what | {"Request": "importPersons"},
        data=required["FileContents"],
        headers={"Content-Type": "text/csv"},
        timeout=10,
    )

    assert {answer.json()["Result"]["ThreeSixtyID"] for answer in answers} == {required["ThreeSixtyID"]}
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


@pytest.mark.parametrize("callback", ["", "alert(1)//", "a b", "x" * 200])
def test_a_callback_is_the_name_of_a_function(call: Caller, callback: str):
    assert call.refused("getSurveys", form="JSONP", JSONPCallback=callback) == (400, "ESRV35|JSONPCallback")


def test_xml_writes_lists_as_numbered_elements(engine: Engine, call: Caller):
    engine.person("Mara", "Lindqvist", metadata={"Employee number": "<7>", "Department": "R&D"})

    root = ElementTree.fromstring(call("getPersons", form="XML", IncludeMetaData=1).content)

    (element,) = root.findall("Result/Persons/element")
    assert element.attrib == {"id": "0"}
    assert element.findtext("FirstName") == "Mara"
    assert element.findtext("MetaData/Department") == "R&D"
    assert element.findtext("MetaData/element[@key='Employee number']") == "<7>"
