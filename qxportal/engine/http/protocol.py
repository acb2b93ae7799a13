"""The protocol version of a call and the format of its response.

A call with a Password and with neither Token nor Version uses the oldest protocol: it is answered as in 2.0, in XML or
JSON, with the status repeated in a header. All others need Token, Format and Version; getSurvey has one format only and
ignores Format.
"""

from dataclasses import dataclass

from qxportal.engine.http.api_responses import CALLBACK, OutputFormat
from qxportal.engine.http.arguments import flag
from qxportal.engine.http.errors import Invalid, Missing
from qxportal.engine.http.request_parsing import Incoming
from qxportal.threesixty.catalogue import RequestSpec

VERSIONS = ("2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
OLDEST_FORMATS = ("XML", "JSON")
ONLY_XML = ("XML",)
LONGEST = 200


@dataclass(frozen=True)
class Protocol:
    """The oldest protocol, or a version of the API."""

    version: str
    oldest: bool = False


def speaks_oldest(incoming: Incoming) -> bool:
    """Whether a call uses the oldest protocol: a password, and neither token nor version."""
    return _has(incoming, "Password") and not _has(incoming, "Token") and not _has(incoming, "Version")


def protocol(incoming: Incoming) -> Protocol:
    """The protocol of a call; raises Invalid for mixtures of old and new."""
    if speaks_oldest(incoming):
        return Protocol("2.0", oldest=True)
    version = word(incoming, "Version")
    if version not in VERSIONS:
        raise Invalid("Version", f"Possible: {', '.join(VERSIONS)}.")
    if _has(incoming, "Password"):
        raise Invalid("Password", "Only calls without Token and Version sign in with it.")
    return Protocol(version)


def provisional_format(incoming: Incoming) -> OutputFormat:
    """The output format for errors before the call is checked."""
    oldest = speaks_oldest(incoming)
    given = incoming.values.get("Format", "XML" if oldest else "JSON")
    return OutputFormat("XML" if given == "XML" else "JSON", oldest=oldest)


def response_format(incoming: Incoming, spec: RequestSpec, spoken: Protocol) -> OutputFormat:
    """The output format that a call asks for, or the only possible one."""
    possible = spec.formats
    if possible == ONLY_XML:
        return OutputFormat(possible[0], oldest=spoken.oldest)
    if spoken.oldest:
        possible = tuple(name for name in spec.formats if name in OLDEST_FORMATS) or spec.formats
    elif spoken.version == "2.0" and "JSON" in spec.formats:
        possible = (*spec.formats, "PPJSON")
    if not _has(incoming, "Format") and spoken.oldest:
        return OutputFormat(possible[0], oldest=spoken.oldest)
    name = word(incoming, "Format")
    if name not in possible:
        raise Invalid("Format", f"Possible: {', '.join(possible)}.")
    return OutputFormat(name, _callback(incoming) if name == "JSONP" else "", _pretty(incoming), spoken.oldest)


def word(incoming: Incoming, name: str) -> str:
    """A required short text parameter; raises Missing or Invalid."""
    value = incoming.values.get(name)
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = str(value)
    if value in (None, ""):
        raise Missing(name)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Invalid(name)
    return value.encode("utf-8", "replace").decode()


def _has(incoming: Incoming, name: str) -> bool:
    return incoming.values.get(name) not in (None, "")


def _callback(incoming: Incoming) -> str:
    callback = word(incoming, "JSONPCallback")
    if CALLBACK.fullmatch(callback) is None:
        raise Invalid("JSONPCallback", "The name of a JavaScript function is expected.")
    return callback


def _pretty(incoming: Incoming) -> bool:
    return _has(incoming, "JSONPrettyPrint") and flag("JSONPrettyPrint", incoming.values["JSONPrettyPrint"])
