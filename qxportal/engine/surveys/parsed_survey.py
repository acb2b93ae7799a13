"""A survey as a file describes it, before anything is stored.

Whatever the file, the payload of a question is in the words of QSF.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qxportal.engine.models import Question
from qxportal.engine.surveys.remarks import Remark

Payload = Mapping[str, Any]
TRASH = "Trash"


@dataclass(frozen=True)
class Other:
    """What can be chosen besides the points of a scale; where it counts as one of them, as which (from 1)."""

    id: str
    label: str
    recode: str
    point: int | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerColumn:
    """One thing that is answered."""

    public_id: str  # the stem's, and behind it the choice's or statement's
    tag: str
    kind: Question.Kind
    text: str
    choices: Sequence[str] = ()
    recodes: Sequence[str] = ()
    ids: Sequence[str] = ()  # of the choices, in their order
    others: Sequence[Other] = ()  # of a rating
    above: Sequence[int] = ()  # of a list of a drill-down: below which answer of the list before each choice stands
    required: bool = False

    @property
    def chosen(self) -> Mapping[int, str]:
        """The id of each choice by the value of its answer."""
        others = {-number: other.id for number, other in enumerate(self.others, start=1)}
        return dict(enumerate(self.ids, start=1)) | others


@dataclass(frozen=True, kw_only=True)
class ParsedQuestion:
    """A question as its author wrote it."""

    id: str
    payload: Payload
    translations: Mapping[str, Payload] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """One text of the payload, empty when it has none."""
        value = self.payload.get(key)
        return value if isinstance(value, str) else ""

    @property
    def tag(self) -> str:
        """The name of its column."""
        return self.text("DataExportTag") or self.id


@dataclass(frozen=True, kw_only=True)
class Block:
    """A group of questions, by their ids."""

    id: str
    description: str
    kind: str = "Standard"
    questions: Sequence[str] = ()
    payload: Payload = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many completed forms of a kind are wanted."""

    name: str
    limit: int
    logic: object
    logic_type: str
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class ParsedSurvey:
    """A whole survey."""

    stems: Sequence[ParsedQuestion]
    blocks: Sequence[Block]
    language: str = "EN"
    description: str = ""
    flow: Sequence[Payload] = ()
    embedded_data: Sequence[Payload] = ()
    options: Payload = field(default_factory=dict)
    quotas: Sequence[Quota] = ()
    response_sets: Sequence[str] = ()  # names of those besides the default one
    remarks: Sequence[Remark] = ()  # what the reader did not understand
