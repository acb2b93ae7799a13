"""Elements as text."""

from xml.sax.saxutils import escape, quoteattr

from qxportal.engine.http.api_responses import NOT_XML


def element(name: str, *inner: str, **attributes: object) -> str:
    """An element around others; an attribute that is None is left out."""
    written = "".join(f" {key}={quoteattr(_sound(value))}" for key, value in attributes.items() if value is not None)
    body = "".join(inner)
    return f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>"


def words(name: str, text: object, **attributes: object) -> str:
    """An element around a text; one with markup stands in a CDATA section, as the vendor has it."""
    sound = _sound(text)
    if "<" in sound or "&" in sound:
        return element(name, f"<![CDATA[{sound.replace(']]>', ']]]]><![CDATA[>')}]]>", **attributes)
    return element(name, escape(sound, {"\r": "&#13;"}), **attributes)


def flag(value: bool) -> str:
    """A switch as the API writes it."""
    return "1" if value else "0"


def _sound(value: object) -> str:
    return NOT_XML.sub("\ufffd", "" if value is None else str(value))
