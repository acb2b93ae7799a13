"""Contents of libraries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.values import Raw, as_map, text, words_of


@dataclass(frozen=True, kw_only=True)
class ListedMessage:
    """One message in a library's listing (getLibraryMessages); `bucket` is the vendor's word for its category."""

    vendor_id: str
    name: str
    bucket: str


def read_messages(result: Any) -> tuple[ListedMessage, ...]:
    """From a map bucket -> (map id -> name, or an empty list)."""
    return tuple(
        ListedMessage(vendor_id=str(vendor_id), name=words_of(name), bucket=str(bucket))
        for bucket, messages in as_map(result, "messages").items()
        for vendor_id, name in as_map(messages or {}, "messages").items()
    )


@dataclass(frozen=True, kw_only=True)
class MessageRecord:
    """One message (getLibraryMessage): its texts by language; under "" where one was asked for and came alone."""

    texts: Mapping[str, str]
    vendor_id: str = ""
    name: str = ""
    category: str = ""
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, result: Any) -> Self:
        """From the text alone, a map language -> text, or a record that has it under Message or Messages."""
        if isinstance(result, str):
            return cls(texts={"": result})
        row = as_map(result, "a message")
        body = row.get("Messages", row.get("Message"))
        if body is None:
            if any(not isinstance(value, str) for value in row.values()):
                raise MalformedResponse("The message came in a form that we cannot read.")
            return cls(texts={str(key): words_of(value) for key, value in row.items()}, raw=row)
        texts = {"": body} if isinstance(body, str) else as_map(body, "texts")
        return cls(
            texts={str(key): words_of(value) for key, value in texts.items()},
            vendor_id=text(row, "MessageID"),
            name=text(row, "Description") or text(row, "Name"),
            category=text(row, "Category"),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class LibraryObjects:
    """Everything in a library by kind, id -> name (getLibraryObjectIDs)."""

    messages: Mapping[str, str] = field(default_factory=dict)
    graphics: Mapping[str, str] = field(default_factory=dict)
    panels: Mapping[str, str] = field(default_factory=dict)
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, result: Any) -> Self:
        """From a map kind -> (map id -> name, or a list of ids); unknown kinds stay in `raw`."""
        kinds = {str(kind).lower(): value for kind, value in as_map(result, "a library").items()}
        return cls(
            messages=_names(kinds.get("messages")),
            graphics=_names(kinds.get("images", kinds.get("graphics"))),
            panels=_names(kinds.get("panels")),
            raw=as_map(result, "a library"),
        )


def _names(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        if not all(isinstance(item, str) and item for item in value):
            raise MalformedResponse("A library's object came without its id.")
        return dict.fromkeys(value, "")
    return {str(key): words_of(name) for key, name in as_map(value or {}, "objects").items()}
