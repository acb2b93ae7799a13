"""The logo of a brand: one small PNG, made from a checked image, that pages and mails show."""

import hashlib
import io

from PIL import Image

from qxportal.engine.http.errors import Invalid
from qxportal.engine.library.graphics import Picture, picture
from qxportal.engine.models import Brand, BrandLogo, Graphic

LARGEST = (480, 160)  # pixels: twice what pages show, for fine screens
MOST_SOURCE = 1024 * 1024  # bytes of a file that is sent
LONGEST_SIDE = 4_000  # pixels of a file that is sent
MOST_BYTES = 100 * 1024  # of what pages and mails load
POSSIBLE = ("image/png", "image/jpeg", "image/webp")


def set_logo(brand: Brand, file: bytes) -> None:
    """Make a file the brand's logo; raises Invalid for an unsuitable image."""
    if len(file) > MOST_SOURCE:
        raise Invalid("FileContents", "The logo is larger than 1 MB.")
    found = picture(file)
    if found.content_type not in POSSIBLE:
        raise Invalid("FileContents", "A logo is a PNG, JPEG or WebP image.")
    _keep(brand, found, digest=hashlib.sha256(file).hexdigest(), parameter="FileContents")
    brand.logo = None


def take_from_library(brand: Brand, graphic: Graphic) -> None:
    """Copy a library image as the brand's logo; later changes of the library image have no effect."""
    content = bytes(graphic.content)
    found = Picture(content, graphic.content_type, graphic.width, graphic.height)
    _keep(brand, found, digest=hashlib.sha256(content).hexdigest(), parameter="LogoID")
    brand.logo = graphic


def remove_logo(brand: Brand) -> None:
    """Remove the logo, so that the brand's name is shown."""
    BrandLogo.objects.filter(brand=brand).delete()
    brand.logo, brand.logo_key = None, ""


def _keep(brand: Brand, found: Picture, *, digest: str, parameter: str) -> None:
    if max(found.width, found.height) > LONGEST_SIDE:
        raise Invalid(parameter, f"The logo has more than {LONGEST_SIDE:,} pixels on a side.")
    content, (width, height) = _shrunk(found.content)
    brand.logo_key = hashlib.sha256(content).hexdigest()
    kept = {"content": content, "width": width, "height": height, "digest": digest}
    BrandLogo.objects.update_or_create(brand=brand, defaults=kept)


def _shrunk(content: bytes) -> tuple[bytes, tuple[int, int]]:
    """A PNG (shown by every mail program) within the limits in pixels and bytes, and its size."""
    with Image.open(io.BytesIO(content)) as image:
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    while True:
        out = io.BytesIO()
        small.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue(), small.size
        small = small.resize((max(1, small.width * 3 // 4), max(1, small.height * 3 // 4)), Image.Resampling.LANCZOS)
