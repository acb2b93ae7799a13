"""Codes of languages, as the API writes them: EN, DE, PT-BR, ZH-S."""

import re

from qxportal.engine.http.errors import Invalid

CODE = re.compile(r"[A-Z]{2,3}(-[A-Z0-9]{1,6})?", re.ASCII)


def code(given: str, *, parameter: str) -> str:
    """A language code in capitals with a hyphen, from any spelling."""
    found = given.strip().upper().replace("_", "-")
    if CODE.fullmatch(found) is None:
        raise Invalid(parameter, f"{given[:20]!r} is no language code such as EN or PT-BR.")
    return found
