"""A survey parsed from a file, before it is stored.

For all file formats, the payload of a question has the structure of QSF.
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
    """A choice besides the points of a scale; `point`: the point (from 1) as which it counts, if any."""

    id: str
    label: str
    recode: str
    point: int | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerColumn:
    """One answered part of a question, a column of exports."""

    public_id: str  # the stem's text, followed by the choice's or statement's
    tag: str
    kind: Question.Kind
    text: str
    choices: Sequence[str] = ()
    recodes: Sequence[str] = ()
    ids: Sequence[str] = ()  # of the choices, in their order
    others: Sequence[Other] = ()  # of a rating
    above: Sequence[int] = ()  # of a drill-down list: number of each choice's parent in the list before
    required: bool = False

    @property
    def chosen(self) -> Mapping[int, str]:
        """Choice ids by answer value."""
        others = {-number: other.id for number, other in enumerate(self.others, start=1)}
        return dict(enumerate(self.ids, start=1)) | others


@dataclass(frozen=True, kw_only=True)
class ParsedQuestion:
    """A question as its author wrote it."""

    id: str
    payload: Payload
    translations: Mapping[str, Payload] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """One text of the payload; empty if missing."""
        value = self.payload.get(key)
        return value if isinstance(value, str) else ""

    @property
    def tag(self) -> str:
        """The question's export tag."""
        return self.text("DataExportTag") or self.id


@dataclass(frozen=True, kw_only=True)
class Block:
    """A group of questions, by id."""

    id: str
    description: str
    kind: str = "Standard"
    questions: Sequence[str] = ()
    payload: Payload = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A target number of completed evaluations that meet a condition."""

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
    response_sets: Sequence[str] = ()  # names, without the default one
    remarks: Sequence[Remark] = ()  # remarks on what was not understood
