"""A secret that cannot be printed, pickled or copied by accident."""

import json
from base64 import b64encode
from html import escape
from typing import NoReturn
from urllib.parse import quote, quote_plus


class Secret:
    """Holds a token; only `reveal` returns it.

    >>> token = Secret("abc123")
    >>> print(token)
    Secret(…)
    >>> token.hide("The token abc123 is wrong.")
    'The token … is wrong.'
    >>> token.reveal()
    'abc123'
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The secret itself, for the request's body only."""
        return self.__value

    def hide(self, text: str) -> str:
        """The text without the secret in any encoding: plain, URL, HTML, JSON, Base64 or hexadecimal."""
        for spelling in sorted(_spellings(self.__value), key=len, reverse=True):
            text = text.replace(spelling, "…")
        return text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be pickled or copied")


def _spellings(secret: str) -> set[str]:
    raw = secret.encode(errors="surrogatepass")
    spelled = {secret, quote(raw, safe=""), quote_plus(raw), escape(secret), json.dumps(secret)[1:-1]}
    return (spelled | {b64encode(raw).decode(), raw.hex()}) - {""}
