"""A survey while its text is being read: blocks, questions and fields in the order in which they come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from qxportal.engine.surveys.limits import BLOCKS, CHOICES, FIELDS, QUESTIONS, TEXT, at_most, refusal
from qxportal.engine.surveys.parsed_survey import Block, ParsedQuestion, ParsedSurvey
from qxportal.engine.surveys.text.kinds import Written, kind_of

TAG_LENGTH = 60


@dataclass
class LocalizedQuestion:
    """One question: where it begins, its words, its lists."""

    line: int
    kind: Sequence[str] = ()  # words of a tag such as MC, SingleAnswer, Vertical; empty: as its lists tell
    text: list[str] = field(default_factory=list)
    tag: str = ""
    required: bool = False
    choices: list[Written] = field(default_factory=list)
    answers: list[Written] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"Line {self.line}"


@dataclass
class Outline:
    """All that was read so far."""

    stems: list[ParsedQuestion] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    fields: list[dict[str, str]] = field(default_factory=list)

    def block(self, name: str, line: int) -> None:
        """Begin a block."""
        at_most(BLOCKS, len(self.blocks) + 1, "blocks", f"Line {line}")
        kind = "Standard" if self.blocks else "Default"
        self.blocks.append({"Type": kind, "Description": name[:200], "BlockElements": []})

    def page_break(self) -> None:
        """Begin a page."""
        self._here().append({"Type": "Page Break"})

    def embedded(self, name: str, value: str, line: int) -> None:
        """Give all forms a field."""
        at_most(FIELDS, len(self.fields) + 1, "fields of embedded data", f"Line {line}")
        if not name or len(name) > 200:
            raise refusal(f"Line {line}", "a field has a name of at most 200 characters.")
        self.fields.append({"Field": name, "Type": "Custom", "Value": value})

    def add(self, asked: LocalizedQuestion) -> None:
        """Add a whole question."""
        at_most(QUESTIONS, len(self.stems) + 1, "questions", asked.place)
        at_most(CHOICES, max(len(asked.choices), len(asked.answers)), "choices", asked.place)
        id, text = f"QID{len(self.stems) + 1}", "\n".join(asked.text).strip()
        if len(text) > TEXT:
            raise refusal(asked.place, f"the text has more than {TEXT} characters.")
        payload: dict[str, Any] = {
            "QuestionID": id,
            "QuestionText": text,
            "QuestionDescription": " ".join(text.split())[:100],
            "DataExportTag": asked.tag[:TAG_LENGTH] or f"Q{len(self.stems) + 1}",
            "Configuration": {"QuestionDescriptionOption": "UseText"},
            "Validation": {"Settings": {"ForceResponse": "ON" if asked.required else "OFF", "Type": "None"}},
            **kind_of(asked.kind, asked.choices, asked.answers, asked.place),
        }
        self.stems.append(ParsedQuestion(id=id, payload=payload))
        self._here().append({"Type": "Question", "QuestionID": id})

    def draft(self) -> ParsedSurvey:
        """The survey."""
        blocks = [
            Block(
                id=f"BL_{number}",
                description=block["Description"],
                kind=block["Type"],
                questions=[item["QuestionID"] for item in block["BlockElements"] if item["Type"] == "Question"],
                payload={**block, "ID": f"BL_{number}"},
            )
            for number, block in enumerate(self.blocks, start=1)
        ]
        return ParsedSurvey(stems=self.stems, blocks=blocks, embedded_data=self.fields)

    def _here(self) -> list[dict[str, str]]:
        if not self.blocks:
            self.block("", 1)
        elements: list[dict[str, str]] = self.blocks[-1]["BlockElements"]
        return elements
