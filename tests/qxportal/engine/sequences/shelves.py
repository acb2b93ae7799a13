"""What libraries hold: messages and graphics."""

from typing import Any

from hypothesis import strategies as st

from qxportal.engine.library.messages import BUCKETS
from tests.qxportal.engine.pictures import png
from tests.qxportal.engine.sequences.machine import Machine, action, shelf, when
from tests.qxportal.engine.sequences.world import Library, Message

CATEGORIES = ("InviteEmails", "EvaluatorReminder", "TSSubjectLine")
TEXTS = st.dictionaries(st.sampled_from(["EN", "DE", "FR"]), st.sampled_from(["Hello", "<b>Hi</b>", "…"]), min_size=1)


class Shelves(Machine):
    """Rules about libraries."""

    def _library(self, data: st.DataObject) -> tuple[str, Library]:
        chosen = self.one(data, list(self.world.libraries))
        return chosen, self.world.libraries[chosen]

    @action(category=st.sampled_from(CATEGORIES), texts=TEXTS)
    def create_message(self, category: str, texts: dict[str, str], data: st.DataObject) -> None:
        """In the library of anybody who has one."""
        owner, library = self._library(data)
        name = f"Message {len(library.messages) + 1}"
        made = self.ask(
            "createLibraryMessage", LibraryID=owner, Name=name, Category=category, Message=texts, touches=[shelf(owner)]
        )
        library.messages[made["MessageID"]] = Message(category, name, texts)

    @when(lambda self: any(library.messages for library in self.world.libraries.values()))
    @action(often=2, texts=TEXTS, renamed=st.booleans())
    def set_message(self, texts: dict[str, str], renamed: bool, data: st.DataObject) -> None:
        """Languages are added to those that are there; another library does not have the message."""
        owner, library = self.one(data, [pair for pair in self.world.libraries.items() if pair[1].messages])
        message_id = self.one(data, list(library.messages))
        message = library.messages[message_id]
        elsewhere = self._library(data)[0] if data.draw(st.integers(0, 3), label="elsewhere") == 3 else owner
        name = {"Name": f"{message.name}, again"[:60]} if renamed else {}
        refusal = None if elsewhere == owner else "ESRV35|MessageID"
        self.ask(
            "setLibraryMessage",
            refusal,
            LibraryID=elsewhere,
            MessageID=message_id,
            Message=texts,
            **name,
            touches=[shelf(owner), shelf(elsewhere)],
        )
        if not refusal:
            message.texts = message.texts | texts
            message.name = name.get("Name", message.name)
        self._read(owner, message_id, message)

    def _read(self, owner: str, message_id: str, message: Message) -> None:
        which = {"LibraryID": owner, "MessageID": message_id}
        whole = self.ask("getLibraryMessage", **which)
        assert (whole["Description"], whole["Category"], whole["Message"]) == (
            message.name,
            message.category,
            message.texts,
        )
        text = message.texts.get("DE")
        assert self.ask("getLibraryMessage", None if text else "ESRV35|Language", **which, Language="DE") == text

    @when(lambda self: any(library.messages for library in self.world.libraries.values()))
    @action()
    def delete_message(self, data: st.DataObject) -> None:
        """Once."""
        owner, library = self.one(data, [pair for pair in self.world.libraries.items() if pair[1].messages])
        message_id = self.one(data, list(library.messages))
        which = {"LibraryID": owner, "MessageID": message_id}
        self.ask("deleteLibraryMessage", **which, touches=[shelf(owner)])
        self.ask("deleteLibraryMessage", "ESRV35|MessageID", **which)
        del library.messages[message_id]

    @action(sound=st.booleans())
    def upload_graphic(self, sound: bool, data: st.DataObject) -> None:
        """What is no image is refused."""
        owner, library = self._library(data)
        description = f"Logo {len(library.images) + 1}"
        made = self.ask(
            "uploadLibraryGraphic",
            None if sound else "ESRV35|FileContents",
            files={"FileContents": ("logo.png", png() if sound else png()[:30])},
            LibraryID=owner,
            Description=description,
            touches=[shelf(owner)],
        )
        if made:
            library.images[made["ImageID"]] = description

    @when(lambda self: any(library.images for library in self.world.libraries.values()))
    @action()
    def delete_graphic(self, data: st.DataObject) -> None:
        """Once."""
        owner, library = self.one(data, [pair for pair in self.world.libraries.items() if pair[1].images])
        image = self.one(data, list(library.images))
        self.ask("deleteLibraryGraphic", LibraryID=owner, ImageID=image, touches=[shelf(owner)])
        self.ask("deleteLibraryGraphic", "ESRV35|ImageID", LibraryID=owner, ImageID=image)
        del library.images[image]

    def everything(self) -> list[str]:
        """With every library."""
        return [*super().everything(), *map(shelf, self.world.libraries)]

    def compare(self, name: str) -> None:
        """A library lists what it holds."""
        super().compare(name)
        for owner, library in self.world.libraries.items():
            if name == shelf(owner):
                self._compare_library(owner, library)

    def _compare_library(self, owner: str, library: Library) -> None:
        assert _maps(self.ask("getLibraryObjectIDs", LibraryID=owner)) == {
            "Messages": {message_id: message.name for message_id, message in library.messages.items()},
            "Images": library.images,
            "Panels": {},
        }
        if not library.messages:
            return
        buckets: dict[str, dict[str, str]] = {bucket: {} for bucket in BUCKETS.values()}
        for message_id, message in library.messages.items():
            buckets[BUCKETS[message.category]][message_id] = message.name
        assert _maps(self.ask("getLibraryMessages", LibraryID=owner)) == buckets


def _maps(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    """An empty map is written as an empty list."""
    return {key: value or {} for key, value in found.items()}
