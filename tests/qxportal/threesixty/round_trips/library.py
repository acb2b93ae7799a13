"""Calls about libraries."""

import base64

from qxportal.threesixty.calls.library import (
    CreateLibraryMessage,
    DeleteLibraryGraphic,
    DeleteLibraryMessage,
    GetLibraryMessage,
    GetLibraryMessages,
    GetLibraryObjectIDs,
    SetLibraryMessage,
    UploadLibraryGraphic,
)
from qxportal.threesixty.enums import MessageCategory
from qxportal.threesixty.records import ListedMessage
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
TEXTS = {"EN": "Please answer by Friday.", "DE": "Bitte antworten Sie bis Freitag."}


def _invitation(at: Place) -> CreateLibraryMessage:
    return CreateLibraryMessage(
        library_id=at.engine.api_user.user_id,
        name="Autumn invitation",
        category=MessageCategory.INVITE_EMAILS,
        message=TEXTS,
    )


def create_library_message(at: Place) -> None:
    made = at.carry_out(_invitation(at))
    assert made.vendor_id.startswith("MS_")


def get_library_messages(at: Place) -> None:
    made = at.call(_invitation(at))
    listed = at.call(GetLibraryMessages(library_id=at.engine.api_user.user_id))
    assert listed == (ListedMessage(vendor_id=made.vendor_id, name="Autumn invitation", bucket="INVITE"),)


def get_library_message(at: Place) -> None:
    library, made = at.engine.api_user.user_id, at.call(_invitation(at))
    message = at.call(GetLibraryMessage(library_id=library, message_id=made.vendor_id))
    assert (message.texts, message.name, message.category) == (TEXTS, "Autumn invitation", "InviteEmails")
    german = at.call(GetLibraryMessage(library_id=library, message_id=made.vendor_id, language="DE"))
    assert TEXTS["DE"] in german.texts.values()


def set_library_message(at: Place) -> None:
    library, made = at.engine.api_user.user_id, at.call(_invitation(at))
    french = "Répondez avant vendredi, s’il vous plaît."
    at.carry_out(
        SetLibraryMessage(
            library_id=library, message_id=made.vendor_id, message=french, language="FR", name="Winter invitation"
        )
    )
    message = at.call(GetLibraryMessage(library_id=library, message_id=made.vendor_id))
    assert (message.name, message.texts) == ("Winter invitation", TEXTS | {"FR": french})


def delete_library_message(at: Place) -> None:
    made = at.call(_invitation(at))
    at.carry_out(DeleteLibraryMessage(library_id=at.engine.api_user.user_id, message_id=made.vendor_id))


def _logo(at: Place) -> UploadLibraryGraphic:
    return UploadLibraryGraphic(library_id=at.engine.api_user.user_id, description="Logo", file_contents=PIXEL)


def upload_library_graphic(at: Place) -> None:
    made = at.carry_out(_logo(at))
    assert made.vendor_id.startswith("IM_")


def get_library_object_ids(at: Place) -> None:
    graphic, message = at.call(_logo(at)), at.call(_invitation(at))
    objects = at.call(GetLibraryObjectIDs(library_id=at.engine.api_user.user_id))
    assert objects.graphics == {graphic.vendor_id: "Logo"}
    assert objects.messages == {message.vendor_id: "Autumn invitation"}
    assert objects.panels == {}


def delete_library_graphic(at: Place) -> None:
    made = at.call(_logo(at))
    at.carry_out(DeleteLibraryGraphic(library_id=at.engine.api_user.user_id, graphic_id=made.vendor_id))


ROUND_TRIPS: dict[str, RoundTrip] = {
    "createLibraryMessage": create_library_message,
    "deleteLibraryGraphic": delete_library_graphic,
    "deleteLibraryMessage": delete_library_message,
    "getLibraryMessage": get_library_message,
    "getLibraryMessages": get_library_messages,
    "getLibraryObjectIDs": get_library_object_ids,
    "setLibraryMessage": set_library_message,
    "uploadLibraryGraphic": upload_library_graphic,
}
