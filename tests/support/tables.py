"""Reading a file in one go, as tests of tables do."""

import io
from collections.abc import Sequence
from typing import Any

from qxportal.core.tables.describe import describe, rows
from qxportal.core.tables.reading import Description, Reading, Row


def described(file: bytes, name: str = "people", **chosen: Any) -> Description:
    return describe(io.BytesIO(file), name, Reading(**chosen))


def read(file: bytes, name: str = "people", **chosen: Any) -> list[Row]:
    """The rows from the header on, read as chosen and otherwise as suggested."""
    return list(rows(io.BytesIO(file), name, described(file, name, **chosen).reading))


def cells(file: bytes, **chosen: Any) -> list[tuple[int, Sequence[str]]]:
    return [(row.number, row.cells) for row in read(file, **chosen)]
