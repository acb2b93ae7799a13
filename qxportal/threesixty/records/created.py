"""What creating calls made, and files."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from qxportal.threesixty.values import text

ID = re.compile(r"[A-Z]{1,5}_[A-Za-z0-9]{1,50}")


@dataclass(frozen=True, kw_only=True)
class Created:
    """What a creating call made; an empty id when the answer did not name it."""

    vendor_id: str

    @classmethod
    def read(cls, result: Any, key: str) -> Self:
        """From a map that holds it, or a bare text that looks like an id: no "1", "true" or "Success"."""
        if isinstance(result, Mapping):
            return cls(vendor_id=text(result, key))
        return cls(vendor_id=result if isinstance(result, str) and ID.fullmatch(result) else "")


@dataclass(frozen=True)
class Pdf:
    """A checked PDF."""

    content: bytes

    @property
    def sha256(self) -> str:
        """The content's fingerprint."""
        return hashlib.sha256(self.content).hexdigest()
