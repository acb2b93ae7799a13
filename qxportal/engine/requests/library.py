"""Requests about messages and graphics in libraries."""

from collections.abc import Callable, Mapping

from django.utils import timezone

from qxportal.engine.http import languages
from qxportal.engine.http.api_responses import php_map
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import NOT_FETCHED, Invalid, Missing
from qxportal.engine.library import libraries
from qxportal.engine.library.graphics import picture
from qxportal.engine.library.libraries import Library
from qxportal.engine.library.messages import BUCKETS, merged, texts
from qxportal.engine.mail import chosen_texts
from qxportal.engine.models import Graphic, Message, User


def create_message(user: User, arguments: Arguments) -> object:
    """Create a message in a library."""
    library = _library(user, arguments)
    name = arguments.text("Name")
    if not name:
        raise Missing("Name")
    said = texts(arguments.values["Message"], arguments.text("Language"), default=library.language)
    libraries.refuse_when_full(library.messages)
    message = Message.objects.create(
        brand=library.brand,
        library_id=library.public_id,
        category=arguments.text("Category"),
        name=name,
        texts=said,
    )
    return _record(message)


def set_message(user: User, arguments: Arguments) -> object:
    """Set a message's texts in the given languages, and its name."""
    library = _library(user, arguments)
    message = _message(library, arguments, lock=True)
    new = texts(arguments.values["Message"], arguments.text("Language"), default=library.language)
    message.texts = merged(message.texts, new)
    message.name = arguments.text("Name") or message.name
    message.modified_at = timezone.now()
    message.save(update_fields=["texts", "name", "modified_at"])
    return _record(message)


def get_message(user: User, arguments: Arguments) -> object:
    """One message's text in the requested language, or the whole message."""
    message = _message(_library(user, arguments), arguments)
    wanted = arguments.text("Language")
    if not wanted:
        return {**_record(message), "Message": php_map(message.texts)}
    text = message.texts.get(languages.code(wanted, parameter="Language"))
    if text is None:
        raise Invalid("Language", f"The message has no such text, but {', '.join(sorted(message.texts))}.")
    return text


def get_messages(user: User, arguments: Arguments) -> object:
    """List a library's messages: category -> id -> name."""
    listed: dict[str, dict[str, str]] = {bucket: {} for bucket in BUCKETS.values()}
    for message in _library(user, arguments).messages.defer("texts"):
        listed[BUCKETS[message.category]][message.public_id] = message.name
    return {bucket: php_map(messages) for bucket, messages in listed.items()}


def delete_message(user: User, arguments: Arguments) -> object:
    """Delete a message; refused while a mailing will send it."""
    message = _message(_library(user, arguments), arguments, lock=True)
    chosen_texts.refuse_loss(user, Message.objects.filter(pk=message.pk))
    message.delete()
    return {"Success": True}


def get_object_ids(user: User, arguments: Arguments) -> object:
    """List a library's contents: kind -> id -> name."""
    library = _library(user, arguments)
    return {
        "Messages": php_map(dict(library.messages.values_list("public_id", "name"))),
        "Images": php_map(dict(library.graphics.values_list("public_id", "description"))),
        "Panels": php_map(dict(library.panels.values_list("public_id", "name"))),
    }


def upload_graphic(user: User, arguments: Arguments) -> object:
    """Upload an image into a library."""
    if arguments.has("URL"):
        raise Invalid("URL", NOT_FETCHED)
    library = _library(user, arguments)
    description = arguments.text("Description")
    if not description:
        raise Missing("Description")
    category = arguments.text("Category", limit=100)
    found = picture(arguments.image())
    libraries.refuse_when_full(library.graphics)
    graphic = Graphic.objects.create(
        brand=library.brand,
        library_id=library.public_id,
        description=description,
        category=category,
        content=found.content,
        content_type=found.content_type,
        width=found.width,
        height=found.height,
    )
    return {"ImageID": graphic.public_id}


def delete_graphic(user: User, arguments: Arguments) -> object:
    """Delete an image from its library."""
    deleted, _ = _library(user, arguments).graphics.filter(public_id=arguments.text("ImageID")).delete()
    if not deleted:
        raise Invalid("ImageID", "The library has no such image.")
    return {"Success": True}


def _library(user: User, arguments: Arguments) -> Library:
    return libraries.library(user, arguments.text("LibraryID"))


def _message(library: Library, arguments: Arguments, *, lock: bool = False) -> Message:
    messages = library.messages.select_for_update() if lock else library.messages
    message = messages.filter(public_id=arguments.text("MessageID")).first()
    if message is None:
        raise Invalid("MessageID", "The library has no such message.")
    return message


def _record(message: Message) -> dict[str, object]:
    return {
        "LibraryID": message.library_id,
        "MessageID": message.public_id,
        "Description": message.name,
        "Category": message.category,
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "createLibraryMessage": create_message,
    "deleteLibraryGraphic": delete_graphic,
    "deleteLibraryMessage": delete_message,
    "getLibraryMessage": get_message,
    "getLibraryMessages": get_messages,
    "getLibraryObjectIDs": get_object_ids,
    "setLibraryMessage": set_message,
    "uploadLibraryGraphic": upload_graphic,
}
