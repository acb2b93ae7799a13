"""Requests of the catalogue's group `library`."""

import base64
from typing import Any

from qxportal.engine.models import Graphic, Message
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene
from tests.qxportal.engine.pictures import png


def library(scene: Scene) -> Parameters:
    """That of the calling user."""
    return {"LibraryID": scene.engine.api_user.user_id}


def _stored(scene: Scene) -> Parameters:
    message = scene.run(
        Message.objects.create,
        brand=scene.engine.brand,
        library_id=scene.engine.api_user.user_id,
        category="InviteEmails",
        name="Invitation",
        texts={"EN": "Please take part.", "DE": "Bitte mitmachen."},
    )
    return {**library(scene), "MessageID": message.public_id}


def _drawn(scene: Scene) -> Parameters:
    graphic = scene.run(
        Graphic.objects.create,
        brand=scene.engine.brand,
        library_id=scene.engine.api_user.user_id,
        description="Logo",
        content=png(),
        content_type="image/png",
        width=8,
        height=4,
    )
    return {**library(scene), "ImageID": graphic.public_id}


def _new_message(scene: Scene) -> Parameters:
    return {**library(scene), "Name": "Thanks", "Category": "ThankYouEmails", "Message": "Danke!"}


def _message_is_made(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(Message.objects.filter(library_id=sent["LibraryID"]).latest, "pk")
    assert (made.name, made.category, made.texts) == ("Thanks", "ThankYouEmails", {"DE": "Danke!"})
    assert made.brand_id == scene.engine.brand.pk
    if result is not None:
        assert result["MessageID"] == made.public_id


def _message_is_set(scene: Scene, sent: Parameters, result: Any) -> None:
    now = scene.run(Message.objects.get, public_id=sent["MessageID"])
    assert (now.name, now.texts) == ("Invitation 2026", {"EN": "Please take part.", "DE": "Bis Freitag, bitte."})


def _message_is_gone(scene: Scene, sent: Parameters, result: Any) -> None:
    assert not scene.run(Message.objects.filter(public_id=sent["MessageID"]).exists)


def _graphic_is_there(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(Graphic.objects.filter(library_id=sent["LibraryID"]).latest, "pk")
    assert (made.description, made.category, made.content_type) == ("Logo", "Marks", "image/png")
    assert (made.width, made.height) == (8, 4)
    if result is not None:
        assert result == {"ImageID": made.public_id}


def _graphic_is_gone(scene: Scene, sent: Parameters, result: Any) -> None:
    assert not scene.run(Graphic.objects.filter(public_id=sent["ImageID"]).exists)


CASES = {
    "createLibraryMessage": Case(required=_new_message, full=lambda _: {"Language": "DE"}, state=_message_is_made),
    "deleteLibraryGraphic": Case(required=_drawn, full=lambda _: {}, state=_graphic_is_gone),
    "deleteLibraryMessage": Case(required=_stored, full=lambda _: {}, state=_message_is_gone),
    "getLibraryMessage": Case(required=_stored, full=lambda _: {"Language": "DE"}),
    "getLibraryMessages": Case(required=library, full=lambda _: {}),
    "getLibraryObjectIDs": Case(required=library, full=lambda _: {}),
    "setLibraryMessage": Case(
        required=lambda scene: {**_stored(scene), "Message": "Bis Freitag, bitte."},
        full=lambda _: {"Language": "DE", "Name": "Invitation 2026"},
        state=_message_is_set,
    ),
    "uploadLibraryGraphic": Case(
        required=lambda scene: {
            **library(scene),
            "Description": "Logo",
            "FileContents": base64.b64encode(png()).decode(),
        },
        full=lambda _: {"Category": "Marks"},
        state=_graphic_is_there,
    ),
}
