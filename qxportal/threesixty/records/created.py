"""Results of creating calls, and files."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from qxportal.threesixty.values import text

ID = re.compile(r"[A-Z]{1,5}_[A-Za-z0-9]{1,50}")


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A part of a file that was not understood, and its treatment."""

    where: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Created:
    """The id of a created record; empty if the response does not contain it.

    >>> Created.read({"ThreeSixtyID": "TS_1"}, "ThreeSixtyID").vendor_id
    'TS_1'
    """

    vendor_id: str
    warnings: tuple[Unread, ...] = ()

    @classmethod
    def read(cls, result: Any, key: str) -> Self:
        """From a map that holds it, or a bare text that looks like an id: no "1", "true" or "Success"."""
        if isinstance(result, Mapping):
            return cls(vendor_id=text(result, key), warnings=_warnings(result.get("Warnings")))
        return cls(vendor_id=result if isinstance(result, str) and ID.fullmatch(result) else "")


def _warnings(listed: Any) -> tuple[Unread, ...]:
    """The warnings in the response; a server may give none."""
    if not isinstance(listed, list):
        return ()
    maps = [one for one in listed if isinstance(one, Mapping)]
    return tuple(Unread(where=text(one, "Where"), what=text(one, "What")) for one in maps)


@dataclass(frozen=True)
class Pdf:
    """A checked PDF.

    >>> Pdf(b"%PDF-1.7 %%EOF").sha256[:8]
    '12f38dcc'
    """

    content: bytes

    @property
    def sha256(self) -> str:
        """The content's fingerprint."""
        return hashlib.sha256(self.content).hexdigest()
