"""A survey's questions (getSurvey), from any of its three XML layouts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from xml.etree.ElementTree import Element

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.values import flag, moment


@dataclass(frozen=True, kw_only=True)
class ChoiceRecord:
    """One choice or one point of a scale."""

    id: str
    description: str = ""
    recode: str = ""
    text_entry: bool = False
    parent: str = ""  # in a drill-down: id of the answer in the list before that it stands below
    answers: tuple["ChoiceRecord", ...] = ()  # of a statement with a scale of its own


@dataclass(frozen=True, kw_only=True)
class QuestionRecord:
    """One question as its author wrote it.

    A matrix has statements as choices and its scale as answers, a drill-down its lists and the answers in all of them.
    """

    id: str
    type: str = ""
    selector: str = ""
    sub_selector: str = ""
    text: str = ""
    description: str = ""
    export_tag: str = ""
    required: bool = False
    choices: tuple[ChoiceRecord, ...] = ()
    answers: tuple[ChoiceRecord, ...] = ()
    validation: Mapping[str, str] = field(default_factory=dict)  # since 2.3: more than whether an answer is required
    inside: tuple["QuestionRecord", ...] = ()  # since 2.3: the questions that stand side by side in this one

    @classmethod
    def read(cls, element: Element) -> Self:
        """From a Question element."""
        identifier = element.get("QuestionID", "")
        if not identifier:
            raise MalformedResponse("A question came without QuestionID.")
        return cls(
            id=identifier,
            type=_text(element, "Type"),
            selector=_text(element, "Selector"),
            sub_selector=_text(element, "SubSelector"),
            text=_text(element, "QuestionText"),
            description=_text(element, "QuestionDescription"),
            export_tag=_text(element, "ExportTag"),
            required=flag(_text(element, "Validation/ForceResponse")),
            choices=tuple(_choice(child) for child in element.iterfind("Choices/Choice")),
            answers=tuple(_choice(child) for child in element.iterfind("Answers/Answer")),
            validation={
                child.tag: (child.text or "").strip()
                for child in element.iterfind("Validation/*")
                if child.tag != "ForceResponse" and not len(child)
            },
            inside=tuple(cls.read(child) for child in element.iterfind("SubQuestions/Question")),
        )


@dataclass(frozen=True, kw_only=True)
class BlockRecord:
    """One block with the ids of its questions."""

    id: str
    description: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SurveyDefinition:
    """A whole survey; `flow` names its nodes in order as (kind, id)."""

    name: str
    owner_id: str = ""
    active: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    default_language: str = ""
    languages: tuple[str, ...] = ()
    questions: tuple[QuestionRecord, ...] = ()
    blocks: tuple[BlockRecord, ...] = ()
    flow: tuple[tuple[str, str], ...] = ()
    embedded_data: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Element) -> Self:
        """From the SurveyDefinition element."""
        if root.tag != "SurveyDefinition":
            raise MalformedResponse(f"The answer is {root.tag} where a SurveyDefinition was expected.")
        if root.find("SurveyName") is None or root.find("Questions") is None:
            raise MalformedResponse("The survey came without its name or its questions.")
        languages = root.findall("Languages/Language")
        return cls(
            name=_text(root, "SurveyName"),
            owner_id=_text(root, "OwnerID"),
            active=flag(_text(root, "isActive")),
            created_at=moment(_text(root, "CreationDate")),
            modified_at=moment(_text(root, "LastModifiedDate")),
            starts_at=moment(_text(root, "StartDate")),
            expires_at=moment(_text(root, "ExpirationDate")),
            default_language=next((one.text or "" for one in languages if flag(one.get("Default"))), ""),
            languages=tuple(one.text or "" for one in languages),
            questions=tuple(QuestionRecord.read(child) for child in root.iterfind("Questions/Question")),
            blocks=tuple(_block(child) for child in root.iterfind("Blocks/Block")),
            flow=tuple(
                (child.tag, child.get("ID") or child.get("FlowID") or "") for child in root.iterfind("SurveyFlow/*")
            ),
            embedded_data={
                _text(child, "Name"): _text(child, "Value") for child in root.iterfind(".//EmbeddedData/Field")
            },
        )


def _block(element: Element) -> BlockRecord:
    return BlockRecord(
        id=element.get("ID", ""),
        description=element.get("Description", ""),
        questions=tuple(child.get("QuestionID", "") for child in element.iterfind("BlockElements/Question")),
    )


def _choice(element: Element) -> ChoiceRecord:
    return ChoiceRecord(
        id=element.get("ID", ""),
        description=_text(element, "Description") or (element.text or "").strip(),
        recode=element.get("Recode", ""),
        text_entry=flag(element.get("TextEntry")),
        parent=element.get("Parent", ""),
        answers=tuple(_choice(child) for child in element.iterfind("Answers/Answer")),
    )


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
