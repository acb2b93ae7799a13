"""Checks uploaded images by content and re-encodes them, so that only the pixels are kept."""

import json
import subprocess
import sys
from dataclasses import dataclass
from threading import Lock

from qxportal.engine.http.errors import Invalid, Problem
from qxportal.engine.library.images import pieces, redrawing
from qxportal.engine.library.images.pieces import MOST_PIECES
from qxportal.engine.library.images.redrawing import MOST_FRAMES

POSSIBLE = "PNG, JPEG, GIF and WebP are possible."
MOST_SCANS = 30  # of a JPEG; progressive ones have about ten
PATIENCE = 30  # seconds for which an image waits for others
MEMORY = 640 * 1024 * 1024  # of addresses; the largest images take about 300 MB
SECONDS = 10  # of a processor; the slowest images take three
DEADLINE = 30  # seconds, also where the processor does other things

_one_at_a_time = Lock()  # an image is far larger unpacked


@dataclass(frozen=True)
class Picture:
    """A valid image without metadata."""

    content: bytes
    content_type: str
    width: int
    height: int


def picture(file: bytes) -> Picture:
    """Re-encode an image in a subprocess with limited time and memory; raises Invalid."""
    if _is_svg(file):
        raise Invalid("FileContents", f"SVG may hold scripts and is not taken. {POSSIBLE}")
    _refuse_too_much(file)
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise Problem(503, "ESRV503", "Too many images are being read. Try again later.", retry_after=PATIENCE)
    try:
        return _redrawn(file)
    finally:
        _one_at_a_time.release()


def _redrawn(file: bytes) -> Picture:
    program = [sys.executable, "-I", redrawing.__file__, str(MEMORY), str(SECONDS)]
    try:
        done = subprocess.run(program, input=file, capture_output=True, timeout=DEADLINE, env={}, check=False)
    except subprocess.TimeoutExpired as error:
        raise _too_much_work() from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not head:  # ended by its limits
        raise _too_much_work()
    said = json.loads(head)
    if "refused" in said:
        raise Invalid("FileContents", f"{said['refused']} {POSSIBLE}")
    return Picture(content, said["type"], said["width"], said["height"])


def _refuse_too_much(file: bytes) -> None:
    found = pieces.count(file)
    if found.frames > MOST_FRAMES:
        raise Invalid("FileContents", f"The image has too many frames: at most {MOST_FRAMES} are possible.")
    if found.too_many:
        raise Invalid("FileContents", f"The image is made of more than {MOST_PIECES} pieces.")
    if found.scans > MOST_SCANS:
        raise Invalid("FileContents", f"The image is made of more than {MOST_SCANS} scans: save it without them.")


def _too_much_work() -> Invalid:
    return Invalid(
        "FileContents", "The image takes too much time or memory to unpack: save it again in a simpler form."
    )


def _is_svg(file: bytes) -> bool:
    head = file[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<") and b"<svg" in head
