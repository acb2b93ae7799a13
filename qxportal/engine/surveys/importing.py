"""importSurvey: creates a survey from a file, or nothing."""

import base64
import binascii
from collections.abc import Callable, Mapping

from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import NOT_FETCHED, Forbidden, Invalid, Missing
from qxportal.engine.models import User
from qxportal.engine.surveys.limits import FILE
from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.qsf.read import read as read_qsf
from qxportal.engine.surveys.text.read import read as read_text
from qxportal.engine.surveys.word.doc import read as read_doc
from qxportal.engine.surveys.word.docx import read as read_docx
from qxportal.engine.surveys.xml.layout import layout
from qxportal.engine.surveys.xml.questions import written

READERS: Mapping[str, Callable[[bytes], ParsedSurvey]] = {
    "QSF": read_qsf,
    "TXT": read_text,
    "DOC": read_doc,
    "DOCX": read_docx,
}
BINARY = ("DOC", "DOCX")


def read(arguments: Arguments) -> ParsedSurvey:
    """The parsed survey of the uploaded file, in the given format."""
    kind = arguments.text("ImportFormat") or "QSF"
    draft = READERS[kind](contents(arguments, binary=kind in BINARY))
    _check(draft)
    return draft


def _check(draft: ParsedSurvey) -> None:
    """Raise for questions that could not be exported again, even if they are never asked."""
    everything = layout("2.5", draft.language, logic=True)
    for stem in draft.stems:
        for said in ({}, *stem.translations.values()):
            written(stem.id, stem.tag, stem.payload, said, everything)


def contents(arguments: Arguments, *, binary: bool = False) -> bytes:
    """The uploaded file; in a parameter, a binary file is Base64."""
    if arguments.has("URL"):
        raise Invalid("URL", NOT_FETCHED)
    if arguments.file:
        return arguments.file
    text = arguments.text("FileContents", limit=FILE)
    if not text:
        raise Missing("FileContents")
    if not binary:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("FileContents", "In a parameter the file is written in Base64.") from error


def owner(user: User, public_id: str) -> User | None:
    """The new survey's owner: by default the caller, another user, or None for the brand."""
    if not public_id or public_id == user.public_id:
        return user
    if public_id == user.brand.name:
        found = None
    else:
        found = User.objects.filter(brand=user.brand, public_id=public_id).first()
        if found is None:
            raise Invalid("OwnerID", "There is no such user, nor is it the brand.")
    if not user.is_brand_admin:
        raise Forbidden("Only a brand administrator makes surveys for others.")
    return found
