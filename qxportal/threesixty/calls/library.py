"""Calls about libraries: messages and graphics. A library has the id of its owner: UR_, GR_ or TS_."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, File, RetryPolicy, check_upload, one_of, param
from qxportal.threesixty.enums import MessageCategory
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import Created, LibraryObjects, ListedMessage, MessageRecord, read_messages

IMAGES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}


@dataclass(frozen=True, kw_only=True)
class GetLibraryMessages(Call[tuple[ListedMessage, ...]]):
    """The messages of a library (getLibraryMessages, since 2.0)."""

    request = "getLibraryMessages"

    library_id: str = param("LibraryID")

    def read(self, answer: Any) -> tuple[ListedMessage, ...]:
        """One record per message, without texts."""
        return read_messages(answer)


@dataclass(frozen=True, kw_only=True)
class GetLibraryMessage(Call[MessageRecord]):
    """One message with its texts, or the text of one language (getLibraryMessage, since 2.0)."""

    request = "getLibraryMessage"

    library_id: str = param("LibraryID")
    message_id: str = param("MessageID")
    language: str | None = param("Language", default=None)

    def read(self, answer: Any) -> MessageRecord:
        """The texts by language."""
        return MessageRecord.read(answer)


@dataclass(frozen=True, kw_only=True)
class GetLibraryObjectIDs(Call[LibraryObjects]):
    """Everything in a library (getLibraryObjectIDs, since 2.4)."""

    request = "getLibraryObjectIDs"

    library_id: str = param("LibraryID")

    def read(self, answer: Any) -> LibraryObjects:
        """Ids and names by kind."""
        return LibraryObjects.read(answer)


@dataclass(frozen=True, kw_only=True)
class CreateLibraryMessage(Call[Created]):
    """Create a message (createLibraryMessage, since 2.0): one text for `language`, or a map language -> text."""

    request = "createLibraryMessage"
    retry_policy = RetryPolicy.CREATE

    library_id: str = param("LibraryID")
    name: str = param("Name")
    category: MessageCategory = param("Category")
    message: str | Mapping[str, str] = param("Message", how=As.BRACKETS)
    language: str | None = param("Language", default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "category", one_of(MessageCategory, self.category, "Category"))

    def read(self, answer: Any) -> Created:
        """The new message's id."""
        return Created.read(answer, "MessageID")

    def read_back(self) -> GetLibraryMessages:
        """The library's messages."""
        return GetLibraryMessages(library_id=self.library_id)

    def shows(self, found: Any) -> bool | None:
        """Whether one message has the name; None if several have."""
        return None if isinstance(found, Rejected) else _once(self.name, [one.name for one in found])


@dataclass(frozen=True, kw_only=True)
class SetLibraryMessage(Call[None]):
    """Set texts of a message, and its name if given (setLibraryMessage, since 2.0)."""

    request = "setLibraryMessage"
    retry_policy = RetryPolicy.STATE

    library_id: str = param("LibraryID")
    message_id: str = param("MessageID")
    message: str | Mapping[str, str] = param("Message", how=As.BRACKETS)
    language: str | None = param("Language", default=None)
    name: str | None = param("Name", default=None)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetLibraryMessage:
        """The message with all its texts."""
        return GetLibraryMessage(library_id=self.library_id, message_id=self.message_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it has those texts; without a language, whether any language has the text."""
        if isinstance(found, Rejected):
            return None
        if self.name is not None and found.name not in ("", self.name):
            return False
        texts = {language.upper(): text for language, text in found.texts.items()}
        if isinstance(self.message, str):
            return self.message in (texts.values() if self.language is None else (texts.get(self.language.upper()),))
        return all(texts.get(language.upper()) == text for language, text in self.message.items())


@dataclass(frozen=True, kw_only=True)
class DeleteLibraryMessage(Call[None]):
    """Delete a message (deleteLibraryMessage, since 2.4)."""

    request = "deleteLibraryMessage"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    library_id: str = param("LibraryID")
    message_id: str = param("MessageID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetLibraryMessages:
        """The library's messages."""
        return GetLibraryMessages(library_id=self.library_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is no longer listed."""
        return None if isinstance(found, Rejected) else all(one.vendor_id != self.message_id for one in found)


@dataclass(frozen=True, kw_only=True)
class UploadLibraryGraphic(Call[Created]):
    """Upload an image to a library (uploadLibraryGraphic, since 2.4); `description` is its name."""

    request = "uploadLibraryGraphic"
    retry_policy = RetryPolicy.CREATE

    library_id: str = param("LibraryID")
    description: str = param("Description")
    category: str | None = param("Category", default=None)
    file_contents: bytes = param("FileContents", how=As.FILE)

    def __post_init__(self) -> None:
        check_upload(self.file_contents, self.request)
        if not self.file_contents.startswith(tuple(IMAGES)):
            raise ValueError("The file is no PNG, JPEG, GIF or WebP image.")

    def file(self, content: str | bytes) -> File:
        """The image with its type."""
        body = content.encode() if isinstance(content, str) else content
        kind = next(kind for start, kind in IMAGES.items() if body.startswith(start))
        return File(f"graphic.{kind}", f"image/{kind}", body)

    def read(self, answer: Any) -> Created:
        """The new graphic's id."""
        return Created.read(answer, "ImageID")

    def read_back(self) -> GetLibraryObjectIDs:
        """Everything in the library."""
        return GetLibraryObjectIDs(library_id=self.library_id)

    def shows(self, found: Any) -> bool | None:
        """Whether one image has the description; None if several have."""
        return None if isinstance(found, Rejected) else _once(self.description, list(found.graphics.values()))


@dataclass(frozen=True, kw_only=True)
class DeleteLibraryGraphic(Call[None]):
    """Delete an image (deleteLibraryGraphic, since 2.4)."""

    request = "deleteLibraryGraphic"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    library_id: str = param("LibraryID")
    graphic_id: str = param("ImageID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetLibraryObjectIDs:
        """Everything in the library."""
        return GetLibraryObjectIDs(library_id=self.library_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is no longer there."""
        return None if isinstance(found, Rejected) else self.graphic_id not in found.graphics


def _once(wanted: str, names: list[str]) -> bool | None:
    return None if names.count(wanted) > 1 else wanted in names
