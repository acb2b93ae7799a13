"""Files made to hurt: both imports refuse them at once, and in little memory."""

import time
import tracemalloc

import pytest

from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.lines import records
from qxportal.engine.responses.importing.run import BOUNDS
from tests.qxportal.engine.conftest import PATH
from tests.support import quick_http
from tests.support.engine_fixture import Engine
from tests.support.samples import sample

HEADER = b"SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,QID1"
HOSTILE = {
    "two million columns": b"QID1," * 2_000_000 + b"\n",
    "eight million commas": b"," * 8_000_000,
    "two million columns in row 2": HEADER + b"\n" + b"ab," * 2_000_000,
    "two million quoted columns": b'"a",' * 2_000_000,
    "an unclosed quote": HEADER + b'\n"' + b"a\n" * 3_900_000,
    "only quotes": b'"' * 8_000_000,
    "only line ends": HEADER + b"\n" * 8_000_000,
    "a million short rows": HEADER + b"\n" + b"x,y\n" * 1_900_000,
    "600,000 rows about one person": b"FirstName,LastName,Email\n" + b"Ada,L,a@m.example\n" * 600_000,
    "NUL": HEADER + b"\n\0\0\0",
    "cp1252": "SubjectEmail,Relationship,Müller\n".encode("cp1252"),
    "UTF-16 of half a letter": HEADER.decode().encode("utf-16") + b"\x00\xd8",
    "UTF-16 of nothing but blanks": "\n".join([HEADER.decode(), " " * 4_000_000]).encode("utf-16"),
    "eight million tabs": b"\t" * 8_000_000,
    "a separator said again and again": b"sep=;\n" * 1_300_000,
    "one long word in another encoding": b"a" * 8_000_000 + b"\xe9",
    "many words in another encoding": b"\xe9" + b"ab," * 2_600_000,
    "a title that many patterns nearly match": HEADER + b",Q2" + b" - a" * 30_000 + b"\na,b,c,1,2\n",
    "no plain letter": b"FirstName\n" + b"\xc4\xd6" * 4_000_000,
    "not even a row": b"\xef\xbb\xbf",
}


REQUESTS = ("importResponses", "importPersons")  # in every run, each file goes to one of them


@pytest.mark.parametrize(
    ("name", "request_name"),
    [
        (name, request_name)
        for turn, name in enumerate(HOSTILE)
        for request_name in sample(REQUESTS, every=len(REQUESTS), first=turn)
    ],
)
def test_hostile_files_are_refused_quickly(engine: Engine, name: str, request_name: str):
    user = engine.api_user
    common = {"User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    common |= {"Request": request_name, "ThreeSixtyID": engine.assessment("Leaders").public_id}
    common |= {"Type": "Subjects"} if request_name == "importPersons" else {}
    begun = time.monotonic()

    answer = quick_http.post(
        engine.url + PATH, data=common, files={"FileContents": ("responses.csv", HOSTILE[name])}, timeout=30
    )

    assert (answer.status_code, answer.json()["Meta"]["QualtricsErrorCode"]) == (400, "ESRV35|FileContents"), name
    assert len(answer.content) < 20_000
    assert time.monotonic() - begun < 20  # 2 s on a machine of its own, but others run beside us


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_no_row_is_built_beyond_its_bounds(name: str):
    file = HOSTILE[name]
    tracemalloc.start()
    try:
        rows = sum(1 for _ in records(file, BOUNDS))
    except Invalid:
        rows = 0
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert rows < 50_001
    assert peak < 32 * 1024 * 1024
