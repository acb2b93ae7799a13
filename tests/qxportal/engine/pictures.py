"""Small images for tests, made by Pillow."""

import io
from typing import Any

from PIL import Image


def drawn(kind: str, size: tuple[int, int] = (8, 4), mode: str = "RGB", **options: Any) -> bytes:
    """A blue image of a kind."""
    out = io.BytesIO()
    Image.new(mode, size, 40).save(out, kind, **options)
    return out.getvalue()


def png(size: tuple[int, int] = (8, 4)) -> bytes:
    """A small PNG."""
    return drawn("PNG", size, compress_level=1)
