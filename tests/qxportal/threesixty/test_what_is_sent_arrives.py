"""What a caller says arrives at a server as it was said, whatever characters are in it, or is refused unsent."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from qxportal.engine.http.request_parsing import read
from qxportal.threesixty.calls.assessments import UpdateAssessment
from qxportal.threesixty.calls.base import As, param
from qxportal.threesixty.calls.library import SetLibraryMessage
from qxportal.threesixty.calls.persons import CreatePerson, UpdatePerson
from qxportal.threesixty.calls.users import CreateDivision
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.strict_json import read_json
from qxportal.threesixty.wire.body import request_body

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="[]"), min_size=1, max_size=12)
TOKEN = "kT7-canary-token-91xQ"


@dataclass(frozen=True, kw_only=True)
class CreatePersonWithPicture(CreatePerson):
    """The same with a file, which makes it multipart."""

    picture: bytes = param("Email", how=As.FILE, default=b"GIF89a")


def arrives(call) -> dict[str, Any]:
    kind, body = request_body(call, user="hr@acme.example#acme", token=Secret(TOKEN), version="2.5", request="any")
    incoming = read(RequestFactory().generic("POST", "/WRAPI/ThreeSixty/api.php", body, content_type=kind))
    assert incoming.values["Token"] == TOKEN
    return dict(incoming.values)


@pytest.mark.parametrize("kind", [CreatePerson, CreatePersonWithPicture])
@given(name=TEXT, metadata=st.dictionaries(KEYS, TEXT, min_size=1, max_size=4))
def test_texts_and_maps_arrive(kind, name, metadata):
    said = arrives(kind(email="anna@acme.example", first_name=name, last_name="Berger", metadata=metadata))

    assert said["FirstName"] == name
    assert said["MetaData"] == metadata


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_lists_arrive(items):
    assert arrives(CreateDivision(name="Sales", administrators=tuple(items)))["DivisionAdmins"] == items


@given(st.dictionaries(TEXT, TEXT | st.integers(0, 10**9) | st.booleans(), max_size=4))
def test_json_arrives(options):
    said = arrives(UpdateAssessment(assessment_id="TS_1", workflow_options=options))
    assert read_json(said["WorkFlowOptions"].encode()) == options


@pytest.mark.parametrize("key", ["", "Cost[centre", "Cost]centre", "[]"])
def test_a_key_that_brackets_cannot_hold_is_refused(key):
    with pytest.raises(Rejected, match="MetaData cannot have the key"):
        arrives(CreatePerson(email="a@acme.example", first_name="Anna", last_name="Berger", metadata={key: "Sales"}))
    with pytest.raises(Rejected, match="Message cannot have the key"):
        arrives(SetLibraryMessage(library_id="UR_1", message_id="MS_1", message={key: "Hello"}))


def test_in_json_any_key_is_possible():
    said = arrives(UpdatePerson(person_id="P_1", metadata={"Cost[centre]": "4"}))
    assert read_json(said["MetaData"].encode()) == {"Cost[centre]": "4"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_cannot_be_spelled_is_refused(value):
    with pytest.raises(Rejected):
        arrives(UpdateAssessment(assessment_id="TS_1", workflow_options={"Limit": value}))
