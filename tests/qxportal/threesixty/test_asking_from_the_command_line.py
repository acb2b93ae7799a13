"""`python -m qxportal.threesixty` as its user types it, against a running engine."""

import json
import os
import subprocess
import sys
from unittest.mock import patch

import pytest
import structlog
from django.contrib.auth.hashers import make_password

from qxportal.engine.models import User
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.command.manual import manual
from qxportal.threesixty.command.run import main


def known_to(engine=None, **environment):
    """The environment of a user; without an engine it names none."""
    known = {"PATH": os.environ["PATH"]}
    if engine:
        user = engine.api_user
        known |= {
            "THREESIXTY_HOST": engine.url,
            "THREESIXTY_USER": user.user_name,
            "THREESIXTY_TOKEN": user.token,
            "THREESIXTY_ENGINE": "1",
        }
    return known | environment


def command(*words, engine=None, **environment):
    """Run it as a process of its own."""
    line = [sys.executable, "-m", "qxportal.threesixty", *words]
    known = known_to(engine, **environment)
    return subprocess.run(line, env=known, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def told(capsys):
    """Runs what that process runs, in this one: it gives what `command` gives and loads nothing."""

    def run(*words, engine=None, **environment):
        before = structlog.get_config()
        try:
            with patch.dict(os.environ, known_to(engine, **environment), clear=True):
                code = main(words)
        finally:
            structlog.configure(**before)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, said.out, said.err)

    return run


def test_without_words_it_lists_all_requests():
    said = command()

    assert said.returncode == 0
    assert all(f"\n  {name} " in said.stdout for name in CATALOGUE)


@pytest.mark.parametrize("name", ["importPersons", "getLegacyResponseData", "reopenAssessment"])
def test_help_for_a_request_comes_from_the_catalogue(told, name):
    spec = CATALOGUE[name]

    said = told(name, "--help").stdout

    assert f"since version {spec.since}" in said
    assert all(f"  {param.name} " in said for param in spec.params if param.name != "URL")
    assert ("deprecated" in said) is spec.deprecated


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=lambda spec: spec.name)
def test_there_is_help_for_every_request(spec):
    said = manual(spec)

    assert said.startswith(f"{spec.name}\n")
    assert f"since version {spec.since}" in said
    assert all(f"\n  {param.name} " in said for param in spec.params if param.name != "URL")
    assert "\n  URL " not in said


def test_an_answer_is_printed_typed(engine):
    engine.person("Zoë", "Lindqvist", metadata={"Department": "Finance"})

    said = command("getPersons", "RecordLimit=10", "IncludeMetaData=1", engine=engine)

    assert said.stderr == ""
    [person] = json.loads(said.stdout)
    assert (person["first_name"], person["metadata"]) == ("Zoë", {"Department": "Finance"})


def test_raw_and_format_give_the_answer_as_it_came(told, engine):
    engine.person("Zoë", "Lindqvist")

    raw = told("getPersons", "--raw", engine=engine).stdout
    xml = told("getPersons", "--raw", "--format", "XML", engine=engine).stdout
    read = told("getPersons", "--format", "XML", engine=engine).stdout

    assert json.loads(raw)["Meta"]["Status"] == "Success"
    assert "<LastName>Lindqvist</LastName>" in xml
    assert json.loads(read)[0]["last_name"] == "Lindqvist"


def test_a_change_needs_a_yes(engine):
    assessment = engine.assessment("Leadership review", status="Draft")
    words = ("activateAssessment", f"ThreeSixtyID={assessment.public_id}")

    refused = command(*words, engine=engine)
    done = command(*words, "--yes", engine=engine)

    assert (refused.returncode, done.returncode) == (2, 0)
    assert "--yes" in refused.stderr
    assert len(engine.writes()) == 1


def test_maps_lists_and_files_are_sent(told, engine, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("FirstName,LastName,Email\r\nPetra,Novák,petra.novak@marlstone.example\r\n", encoding="utf-8")
    switches = ("CleanImport=0", "ClearRelationships=0", "UpdateResponses=0")

    imported = told("importPersons", "Type=Directory", f"FileContents=@{people}", *switches, "--yes", engine=engine)
    created = told(
        "createPerson",
        "Email=ada.bell@marlstone.example",
        "FirstName=Ada",
        "LastName=Bell",
        "MetaData[Team]=Sales",
        "--yes",
        engine=engine,
    )

    assert json.loads(imported.stdout)["count"] == 1
    assert json.loads(created.stdout)["vendor_id"].startswith("P_")
    assert engine.calls("createPerson")[0].parameters["MetaData"] == {"Team": "Sales"}


def test_a_report_goes_to_a_file(engine, tmp_path):
    assessment = engine.assessment("Leadership review")
    subject = engine.subject(assessment, engine.person("Anna", "Berger"), status="Done")
    report = tmp_path / "report.pdf"

    said = command(
        "getSubjectReportPDF",
        f"ThreeSixtyID={assessment.public_id}",
        f"PersonID={subject.person.public_id}",
        "Viewer=Admin",
        "--output",
        str(report),
        engine=engine,
    )

    assert (said.returncode, said.stdout) == (0, "")
    assert report.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["getPeople"], "getPersons"),
        (["getPersons", "Limit=3"], "has no parameter Limit"),
        (["getPersons", "RecordLimit=few"], "whole number"),
        (["getAssessment"], "needs ThreeSixtyID"),
        (["getAssessment", "--format", "CSV"], "needs ThreeSixtyID"),
        (["getSubjectStatus", "ThreeSixtyID=TS_1", "--format", "XML"], "answers in CSV"),
        (["setSubjectStatus", "ThreeSixtyID=TS_1", "SubjectID=P_1", "Status=Done"], "needs CloseSessions"),
        (
            ["setSubjectStatus", "ThreeSixtyID=TS_1", "SubjectID=P_1", "Status=Over", "CloseSessions=0"],
            "Status is one of Done, Waiting.",
        ),
        (["importSurvey", "Name=Leadership", "URL=https://example.com/a.qsf"], "URL is not sent"),
        (["importSurvey", "Name=Leadership", "FileContents=@nowhere.qsf"], "cannot be read"),
        (["updateUser", "UserID=UR_1", "NewPassword=winter"], "NewPassword=@path"),
        (["getPersons", f"RecordLimit={'9' * 5000}"], "whole number"),
        (["getPersons", "RecordLimit=3", "RecordLimit=4"], "RecordLimit is there twice"),
        (["getPersons", "RecordLimit[]=3"], "RecordLimit is one value"),
        (["setLibraryMessage", "Message=Hello", "Message[EN]=Hello"], "Message[EN] is there twice, or in two ways"),
        (["setLibraryMessage", "Message[EN]=Hello", "Message[EN]=Hi"], "Message[EN] is there twice"),
        (["setLibraryMessage", "LibraryID=UR_1", "MessageID=MS_1", "Message[]=Hello"], "Message is a map"),
        (["createDivision", "Name=Sales", "DivisionAdmins=UR_1", "DivisionAdmins[]=UR_2"], "in two ways"),
        (["createDivision", "Name=Sales", "DivisionAdmins[one]=UR_1"], "DivisionAdmins is a list"),
        (["updatePerson", "PersonID=P_1", "MetaData=[1]"], "MetaData is JSON: a map"),
        (["updatePerson", "PersonID=P_1", "MetaData={"], "MetaData is JSON: a map"),
        (["setCustomRelationships", "ThreeSixtyID=TS_1", "jsonOfRelationships=5"], "is JSON: a list"),
        (["importSurvey", "Name=Leadership", "FileContents=@/dev/zero"], "larger than 8 MB"),
        (["getPersons", "--colour"], "--colour"),
        (["getPersons", "everybody"], "no parameter"),
    ],
)
def test_misuse_is_told_and_nothing_sent(told, words, complaint):
    said = told(*words, THREESIXTY_HOST="eu.qualtrics.com", THREESIXTY_USER="hr", THREESIXTY_TOKEN="t0ken")

    assert said.returncode == 2
    assert complaint in said.stderr
    assert said.stdout == ""


def test_a_password_speaks_the_oldest_protocol(told, engine):
    engine.person("Zoë", "Lindqvist")
    user = engine.api_user
    engine.run(User.objects.filter(pk=user.row.pk).update, password_hash=make_password("winter-harbour-2026"))
    known = {"THREESIXTY_HOST": engine.url, "THREESIXTY_USER": user.user_name, "THREESIXTY_ENGINE": "1"}

    typed = told("getPersons", **known, THREESIXTY_PASSWORD="winter-harbour-2026")
    raw = told("getPersons", "--raw", **known, THREESIXTY_PASSWORD="winter-harbour-2026")
    both = told("getPersons", engine=engine, THREESIXTY_PASSWORD="winter-harbour-2026")

    assert json.loads(typed.stdout)[0]["last_name"] == "Lindqvist"
    assert raw.stdout.startswith("<?xml")
    assert (both.returncode, "one of THREESIXTY_TOKEN and THREESIXTY_PASSWORD" in both.stderr) == (2, True)


def test_who_asks_must_be_in_the_environment():
    said = command("getSurveys", THREESIXTY_USER="hr")

    assert said.returncode == 2
    assert "THREESIXTY_HOST, one of THREESIXTY_TOKEN" in said.stderr


@pytest.mark.parametrize("version", ["latest", "2", "1.0", "3.0", "2.5\n2.4"])
def test_a_version_that_is_none_is_told(told, version):
    said = told(
        "getSurveys",
        THREESIXTY_HOST="eu.qualtrics.com",
        THREESIXTY_USER="hr",
        THREESIXTY_TOKEN="t0ken",
        THREESIXTY_VERSION=version,
    )

    assert said.returncode == 2
    assert "a version such as 2.5" in said.stderr


def test_a_refusal_shows_its_code_and_no_token(engine):
    said = command("getAssessment", "ThreeSixtyID=TS_unknown1234567", engine=engine)

    assert said.returncode == 1
    assert "ESRV35|ThreeSixtyID" in said.stderr
    assert engine.api_user.token not in said.stderr + said.stdout


def test_a_version_without_the_request_is_refused_unsent(told, engine):
    said = told("getAssessments", engine=engine, THREESIXTY_VERSION="2.0")

    assert said.returncode == 1
    assert "2.1" in said.stderr
    assert engine.calls() == []


def test_help_tells_what_has_to_be_said_whatever_the_documentation_leaves_open(told):
    said = told("closeAssessment", "--help").stdout

    assert "CloseSessions               needed here, 0 or 1, documented default 1" in said
    refused = told("closeAssessment", "ThreeSixtyID=TS_8sLqH2mTz0aXc41", "--yes")
    assert "closeAssessment needs CloseSessions" in refused.stderr


def test_help_tells_where_another_default_is_sent_than_the_documented_one():
    said = manual(CATALOGUE["getLegacyResponseData"])

    assert "LocalTime                   optional, 0 or 1, default 0 here, 1 as documented" in said
    assert "Labels                      optional, 0 or 1, default 0\n" in said


def test_another_name_for_a_request_comes_from_the_environment(told, engine):
    said = told("getPersons", engine=engine, THREESIXTY_NAMES="getPersons=getEverybody, getQuotas=getAllQuotas")

    assert said.returncode == 1
    assert "ESRV4" in said.stderr
    assert told("getPersons", engine=engine, THREESIXTY_NAMES="getPersons=getOrgPersons").returncode == 0


@pytest.mark.parametrize("names", ["getPersons", "getPersons=", "getPeople=getPersons", "getPersons=get persons"])
def test_names_that_are_no_pairs_are_told(told, engine, names):
    said = told("getPersons", engine=engine, THREESIXTY_NAMES=names)

    assert said.returncode == 2
    assert "getPersons=getOrgPersons" in said.stderr
