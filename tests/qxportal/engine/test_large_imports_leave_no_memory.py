"""Memory that a large import took is given back: a process that serves calls does not grow by the files it has read."""

import json
from pathlib import Path
from typing import Any

from tests.engine_fixture import Engine
from tests.qxportal.engine.conftest import Caller

LANGUAGES = ("DE", "FR", "ES", "IT", "PL", "NL", "PT", "SV")
WORDS = "Планирует заранее и вовремя говорит всем, что будет дальше. "
LEFT = 60_000_000  # bytes that a process may keep


def boxes(number: int) -> dict[str, Any]:
    """A question with a long text in nine languages and a few boxes to tick."""
    text, choices = f"{number} {WORDS * 60}", {str(place): {"Display": WORDS} for place in range(1, 6)}
    payload = {
        "QuestionID": f"QID{number}", "QuestionText": text, "DataExportTag": f"Q{number}", "QuestionType": "MC",
        "Selector": "MAVR", "Choices": choices,
        "Language": {code: {"QuestionText": text, "Choices": choices} for code in LANGUAGES},
    }  # fmt: skip
    return {"Element": "SQ", "PrimaryAttribute": f"QID{number}", "Payload": payload}


def memory(engine: Engine) -> list[int]:
    """What each process of the engine keeps in memory now, in bytes."""
    port = engine.url.rpartition(":")[2].encode()
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and port in (folder / "cmdline").read_bytes().split(b"\0"):
                found[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * 4096
        except OSError:  # it ended meanwhile
            continue
    return [size for _pid, size in sorted(found.items())]


def test_large_surveys_leave_no_memory_behind(engine: Engine, call: Caller):
    form = {"SurveyElements": [boxes(number) for number in range(1, 51)]}
    file = json.dumps(form, ensure_ascii=False).encode()
    assert 3_000_000 < len(file) < 8_000_000
    for _ in range(12):
        call("getSurveys")  # so that all that is loaded at the first call is there
    before = memory(engine)

    for _ in range(4):
        answer = call.upload("importSurvey", file, Name="Large")
        assert answer.status_code == 200, answer.text

    after = memory(engine)
    assert len(after) == len(before) >= 2
    assert all(now - then < LEFT for then, now in zip(before, after, strict=True)), (before, after)
