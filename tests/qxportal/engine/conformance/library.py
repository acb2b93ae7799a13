"""Requests of the catalogue's group `library`."""

import base64
from typing import Any

from qxportal.engine.models import Graphic, Message
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview
from tests.qxportal.engine.pictures import png


def library(sample: SampleReview) -> Parameters:
    """That of the calling user."""
    return {"LibraryID": sample.engine.api_user.user_id}


def _stored(sample: SampleReview) -> Parameters:
    message = sample.run(
        Message.objects.create,
        brand=sample.engine.brand,
        library_id=sample.engine.api_user.user_id,
        category="InviteEmails",
        name="Invitation",
        texts={"EN": "Please take part.", "DE": "Bitte mitmachen."},
    )
    return {**library(sample), "MessageID": message.public_id}


def _drawn(sample: SampleReview) -> Parameters:
    graphic = sample.run(
        Graphic.objects.create,
        brand=sample.engine.brand,
        library_id=sample.engine.api_user.user_id,
        description="Logo",
        content=png(),
        content_type="image/png",
        width=8,
        height=4,
    )
    return {**library(sample), "ImageID": graphic.public_id}


def _new_message(sample: SampleReview) -> Parameters:
    return {**library(sample), "Name": "Thanks", "Category": "ThankYouEmails", "Message": "Danke!"}


def _message_is_made(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Message.objects.filter(library_id=sent["LibraryID"]).latest, "pk")
    assert (made.name, made.category, made.texts) == ("Thanks", "ThankYouEmails", {"DE": "Danke!"})
    assert made.brand_id == sample.engine.brand.pk
    if result is not None:
        assert result["MessageID"] == made.public_id


def _message_is_set(sample: SampleReview, sent: Parameters, result: Any) -> None:
    now = sample.run(Message.objects.get, public_id=sent["MessageID"])
    assert (now.name, now.texts) == ("Invitation 2026", {"EN": "Please take part.", "DE": "Bis Freitag, bitte."})


def _message_is_gone(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.run(Message.objects.filter(public_id=sent["MessageID"]).exists)


def _graphic_is_there(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Graphic.objects.filter(library_id=sent["LibraryID"]).latest, "pk")
    assert (made.description, made.category, made.content_type) == ("Logo", "Marks", "image/png")
    assert (made.width, made.height) == (8, 4)
    if result is not None:
        assert result == {"ImageID": made.public_id}


def _graphic_is_gone(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.run(Graphic.objects.filter(public_id=sent["ImageID"]).exists)


CASES = {
    "createLibraryMessage": Case(required=_new_message, full=lambda _: {"Language": "DE"}, state=_message_is_made),
    "deleteLibraryGraphic": Case(required=_drawn, full=lambda _: {}, state=_graphic_is_gone),
    "deleteLibraryMessage": Case(required=_stored, full=lambda _: {}, state=_message_is_gone),
    "getLibraryMessage": Case(required=_stored, full=lambda _: {"Language": "DE"}),
    "getLibraryMessages": Case(required=library, full=lambda _: {}),
    "getLibraryObjectIDs": Case(required=library, full=lambda _: {}),
    "setLibraryMessage": Case(
        required=lambda sample: {**_stored(sample), "Message": "Bis Freitag, bitte."},
        full=lambda _: {"Language": "DE", "Name": "Invitation 2026"},
        state=_message_is_set,
    ),
    "uploadLibraryGraphic": Case(
        required=lambda sample: {
            **library(sample),
            "Description": "Logo",
            "FileContents": base64.b64encode(png()).decode(),
        },
        full=lambda _: {"Category": "Marks"},
        state=_graphic_is_there,
    ),
}
