"""Response bodies built piece by piece: short ones stay in memory, long ones go to an unnamed file."""

from collections.abc import Iterable
from tempfile import SpooledTemporaryFile

from qxportal.engine.http.api_responses import Raw

IN_MEMORY = 1024 * 1024


def collect(pieces: Iterable[bytes], content_type: str) -> Raw:
    """The whole body, so that its length is known before the first byte is sent."""
    spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
    try:
        for piece in pieces:
            spool.write(piece)
        if spool.tell() > IN_MEMORY:
            return Raw(spool, content_type)
        spool.seek(0)
        body = spool.read()
    except BaseException:
        spool.close()
        raise
    spool.close()
    return Raw(body, content_type)
