"""Refusals of our own engine are told in the reader's language; whatever else a server says is quoted."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

import qxportal.engine
from qxportal.ledger.problems import reason_of
from qxportal.ledger.refusals import PLACE, REFUSALS, in_our_words
from qxportal.threesixty.errors import Rejected
from qxportal.ui.stored_messages import technical_details

ENGINE = Path(qxportal.engine.__file__).parent
HELD = "The assessment is closed: nobody can be added. Reopen it first."


def engine_texts() -> list[str]:
    """All texts in the engine's code as patterns; what is filled in stands for anything."""
    found = set()
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values)
                found.add("".join(map(str, parts)))
    return sorted(found)


def test_each_sentence_is_one_that_the_engine_says():
    texts = [re.compile(text) for text in engine_texts() if " " in text and len(text) > 12]
    said = {sentence: PLACE.sub("x", re.escape(sentence)).replace("\\", "") for sentence in REFUSALS}

    assert [sentence for sentence, words in said.items() if not any(text.fullmatch(words) for text in texts)] == []


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (HELD, "Das Assessment ist geschlossen: Niemand kann hinzugefügt werden. Öffnen Sie es zuerst wieder."),
        (
            "This person evaluates the subject as Peer: change that instead.",
            "Diese Person bewertet die Fokusperson als Peer: Ändern Sie stattdessen das.",
        ),
        (
            "Invalid request. Missing or invalid parameter PersonID. This person does not take part in the assessment.",
            "Diese Person nimmt am Assessment nicht teil.",
        ),
        ("The moon is full.", "The moon is full."),
        (f"{HELD} And so on.", f"{HELD} And so on."),
    ],
)
def test_known_refusals_are_translated_and_others_quoted(said, german):
    with translation.override("de"):
        assert str(in_our_words(said)) == german


def test_refusal_keeps_the_words_of_the_server_for_technicians():
    reason = reason_of(Rejected(HELD, code="ETS3", quoted=True))

    assert str(reason) == f"The survey service refused this: “{HELD}”"
    assert technical_details(reason) == f"{HELD} (ETS3)"
    with translation.override("de"):
        assert "Niemand kann hinzugefügt werden" in str(reason)
