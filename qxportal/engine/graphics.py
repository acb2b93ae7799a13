"""Checks uploaded images by their content and writes them anew, so that nothing but the picture is kept."""

import io
from dataclasses import dataclass
from threading import Lock

from PIL import Image, ImageFile, ImageOps, ImageSequence

from qxportal.engine.problems import Invalid

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
POSSIBLE = "PNG, JPEG, GIF and WebP are possible."
MOST_PIXELS = 16_000_000  # of all frames together; what a small file can unpack to
MOST_PIXELS_OF = {"WEBP": 5_000_000}  # writing it takes six times the time and memory of others
MOST_CHUNKS = 10_000  # of a PNG, which may be made of nothing else
LONGEST_SIDE = 10_000
MOST_BYTES = 8 * 1024 * 1024

_one_at_a_time = Lock()  # an image is far larger unpacked


@dataclass(frozen=True)
class Picture:
    """A sound image without metadata."""

    content: bytes
    content_type: str
    width: int
    height: int


def picture(file: bytes) -> Picture:
    """Read a file and write its picture anew; position, camera, comments and colour profile are left behind."""
    if _is_svg(file):
        raise Invalid("FileContents", f"SVG may hold scripts and is not taken. {POSSIBLE}")
    _refuse_chunks(file)
    with _one_at_a_time:
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, which prints reports in this process, switches it on
        try:
            with Image.open(io.BytesIO(file), formats=list(FORMATS)) as image:
                return _anew(image)
        except Image.DecompressionBombError as error:
            raise _too_large(MOST_PIXELS) from error
        except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:  # as Pillow's readers raise them
            raise Invalid("FileContents", f"This is no image that can be read. {POSSIBLE}") from error


def _anew(image: Image.Image) -> Picture:
    kind, frames = str(image.format), getattr(image, "n_frames", 1)
    most = MOST_PIXELS_OF.get(kind, MOST_PIXELS)
    if max(image.size) > LONGEST_SIDE or image.width * image.height * frames > most:
        raise _too_large(most)
    out = io.BytesIO()
    if frames > 1:
        stills, durations = [], []
        for frame in ImageSequence.Iterator(image):
            stills.append(_plain(frame, kind))
            durations.append(int(frame.info.get("duration", 100)))  # known only once the frame is read
        loop = {"loop": int(image.info["loop"])} if "loop" in image.info else {}
        stills[0].save(out, kind, save_all=True, append_images=stills[1:], duration=durations, **loop)
    else:
        stills = [_plain(ImageOps.exif_transpose(image), kind)]
        stills[0].save(out, kind, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    if out.tell() > MOST_BYTES:
        raise Invalid("FileContents", "The image is larger than 8 MB when it is written anew.")
    return Picture(out.getvalue(), FORMATS[kind], *stills[0].size)


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels alone, in a mode that the format and every mail program know."""
    image.load()
    if kind == "GIF" and image.mode == "P":  # its few colours stay those that they are
        pixels = image.copy()
        pixels.info = {key: value for key, value in image.info.items() if key == "transparency"}
        return pixels
    clear = image.has_transparency_data and kind != "JPEG"
    grey = image.mode in ("1", "L") and not clear
    pixels = image.convert("L" if grey else "RGBA" if clear else "RGB")
    pixels.info.clear()
    return pixels


def _refuse_chunks(file: bytes) -> None:
    if not file.startswith(b"\x89PNG\r\n\x1a\n"):
        return
    place = 8
    for _ in range(MOST_CHUNKS):
        if place >= len(file):
            return
        place += 12 + int.from_bytes(file[place : place + 4])
    raise Invalid("FileContents", f"The image is made of more than {MOST_CHUNKS} pieces.")


def _too_large(pixels: int) -> Invalid:
    most = f"{LONGEST_SIDE} pixels a side and {pixels // 1_000_000} million altogether"
    return Invalid("FileContents", f"The image is too large: at most {most} are possible.")


def _is_svg(file: bytes) -> bool:
    head = file[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<") and b"<svg" in head
