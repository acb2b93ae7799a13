"""Re-encodes an image: a separate program with limited time and memory, which reads the file from standard input.

It writes one line of JSON about the result and then the new file to standard output. It imports nothing of this
project, so that it starts fast.
"""

import io
import json
import resource
import sys
from typing import Any

from PIL import Image, ImageFile, ImageOps, ImageSequence

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 16_000_000  # of all frames together; a small file can decode to very many
MOST_PIXELS_OF = {"WEBP": 5_000_000}  # encoding it takes six times the time and memory of others
MOST_FRAMES = 300
LONGEST_SIDE = 10_000
MOST_BYTES = 8 * 1024 * 1024


class Refusal(Exception):
    """An image is refused; the message is for its sender."""


def redrawn(file: bytes) -> tuple[dict[str, Any], bytes]:
    """Re-encode a file without location, camera, comments and colour profile; raises Refusal."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(file), formats=list(FORMATS)) as image:
            return _anew(image)
    except Image.DecompressionBombError as error:
        raise _too_large(MOST_PIXELS) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # as Pillow's readers raise them
        raise Refusal("This is no image that can be read.") from error


def _anew(image: Image.Image) -> tuple[dict[str, Any], bytes]:
    kind = str(image.format)
    most = MOST_PIXELS_OF.get(kind, MOST_PIXELS)
    if max(image.size) > LONGEST_SIDE or image.width * image.height > most:
        raise _too_large(most)
    frames = getattr(image, "n_frames", 1)
    if frames > MOST_FRAMES:
        raise Refusal(f"The image has too many frames: at most {MOST_FRAMES} are possible.")
    if image.width * image.height * frames > most:
        raise _too_large(most)
    out = io.BytesIO()
    if frames > 1:
        stills, durations = [], []
        for frame in ImageSequence.Iterator(image):
            stills.append(_plain(frame, kind))
            durations.append(int(frame.info.get("duration", 100)))  # known only after the frame is read
        loop = {"loop": int(image.info["loop"])} if "loop" in image.info else {}
        stills[0].save(out, kind, save_all=True, append_images=stills[1:], duration=durations, **loop)
    else:
        stills = [_plain(ImageOps.exif_transpose(image), kind)]
        stills[0].save(out, kind, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    if out.tell() > MOST_BYTES:
        raise Refusal("The image is larger than 8 MB after it is rewritten.")
    width, height = stills[0].size
    return {"type": FORMATS[kind], "width": width, "height": height}, out.getvalue()


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels only, in a mode that the format and every mail program support."""
    image.load()
    if kind == "GIF" and image.mode == "P":  # keep its palette
        pixels = image.copy()
        pixels.info = {key: value for key, value in image.info.items() if key == "transparency"}
        return pixels
    if image.mode.startswith("I"):  # 16-bit grey: a plain conversion would clip values above 255
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    clear = image.has_transparency_data and kind != "JPEG"
    grey = image.mode in ("1", "L") and not clear
    pixels = image.convert("L" if grey else "RGBA" if clear else "RGB")
    pixels.info.clear()
    return pixels


def _too_large(pixels: int) -> Refusal:
    most = f"{LONGEST_SIDE} pixels a side and {pixels // 1_000_000} million altogether"
    return Refusal(f"The image is too large: at most {most} are possible.")


def main() -> None:
    """Process one file within the limits given as arguments: bytes of memory and seconds of CPU time."""
    memory, seconds = (int(word) for word in sys.argv[1:3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        said, content = redrawn(sys.stdin.buffer.read())
    except Refusal as refusal:
        said, content = {"refused": str(refusal)}, b""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


if __name__ == "__main__":
    main()
