import base64
import io
import resource
import time
import zlib
from collections.abc import Callable

import pytest
import requests
from PIL import Image

from qxportal.engine.http.errors import Invalid
from qxportal.engine.library import graphics
from qxportal.engine.library.graphics import picture
from qxportal.engine.models import Graphic
from tests.qxportal.engine.conftest import PATH, Caller
from tests.qxportal.engine.pictures import drawn, png
from tests.support import quick_http
from tests.support.engine_fixture import Engine
from tests.support.small_form import make_small_form

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def upload(engine: Engine, file: bytes, name: str = "logo.png", **fields: str) -> requests.Response:
    user = engine.api_user
    given = {
        "Request": "uploadLibraryGraphic",
        "User": user.user_name,
        "Token": user.token,
        "Format": "JSON",
        "Version": "2.5",
        "LibraryID": user.user_id,
        "Description": "Company logo",
        **fields,
    }
    return quick_http.post(engine.url + PATH, data=given, files={"FileContents": (name, file)}, timeout=60)


def refused(answer: requests.Response) -> str:
    meta = answer.json()["Meta"]
    assert (answer.status_code, meta["QualtricsErrorCode"]) == (400, "ESRV35|FileContents")
    return str(meta["ErrorMessage"])


def stored(engine: Engine) -> Graphic:
    return engine.run(Graphic.objects.get)


def header(size: tuple[int, int]) -> bytes:
    """A PNG that claims a size and brings no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)

    width, height = size
    claimed = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", claimed) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_is_known_by_its_content(engine: Engine, kind: str):
    answer = upload(engine, drawn(kind), "misnamed.txt", Category="Marks")

    graphic = stored(engine)
    assert answer.json()["Result"] == {"ImageID": graphic.public_id}
    assert graphic.public_id.startswith("IM_")
    assert (graphic.content_type, graphic.category) == (f"image/{kind.lower()}", "Marks")
    assert (graphic.width, graphic.height, graphic.description) == (8, 4, "Company logo")
    assert Image.open(io.BytesIO(bytes(graphic.content))).format == kind


def test_a_graphic_is_listed_until_it_is_deleted(engine: Engine, call: Caller):
    image = upload(engine, png()).json()["Result"]["ImageID"]
    mine = {"LibraryID": engine.api_user.user_id}

    assert stored(engine).category == "Unassigned"
    assert call.result("getLibraryObjectIDs", **mine)["Images"] == {image: "Company logo"}
    other = engine.assessment("Leaders").public_id
    assert call.refused("deleteLibraryGraphic", LibraryID=other, ImageID=image) == (400, "ESRV35|ImageID")

    call.result("deleteLibraryGraphic", **mine, ImageID=image)

    assert call.result("getLibraryObjectIDs", **mine)["Images"] == []
    assert call.refused("deleteLibraryGraphic", **mine, ImageID=image) == (400, "ESRV35|ImageID")


def test_nothing_but_the_picture_is_kept(engine: Engine):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Camera of Mara Lindqvist", 6  # maker; lying on its side
    for file in (drawn("JPEG", exif=exif), drawn("PNG", exif=exif), drawn("WEBP", exif=exif)):
        assert b"Mara Lindqvist" in file

        upload(engine, file + b"Mara Lindqvist")

        graphic = stored(engine)
        assert b"Mara Lindqvist" not in bytes(graphic.content)
        assert (graphic.width, graphic.height) == (4, 8)  # upright, as the camera meant it
        engine.run(graphic.delete)


def test_clear_parts_stay_clear(engine: Engine):
    upload(engine, drawn("PNG", mode="RGBA"))

    image = Image.open(io.BytesIO(bytes(stored(engine).content)))
    assert image.mode == "RGBA"
    assert image.getpixel((0, 0)) == (40, 0, 0, 0)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_moving_picture_keeps_moving(engine: Engine, kind: str):
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 4), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)

    assert upload(engine, out.getvalue()).status_code == 200

    image = Image.open(io.BytesIO(bytes(stored(engine).content)))
    assert getattr(image, "n_frames", 1) == 3
    image.seek(2)
    image.load()
    assert image.info["duration"] == 300


def test_the_colours_of_a_gif_stay_as_they_are(engine: Engine):
    image = Image.effect_noise((300, 200), 80).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    out = io.BytesIO()
    image.save(out, "GIF", comment=b"Mara Lindqvist", transparency=3)

    upload(engine, out.getvalue())

    content = bytes(stored(engine).content)
    kept = Image.open(io.BytesIO(content))
    assert kept.convert("RGBA").tobytes() == Image.open(out).convert("RGBA").tobytes()
    assert b"Mara Lindqvist" not in content
    assert len(content) <= len(out.getvalue()) * 1.1


def test_an_svg_is_refused_in_plain_words(engine: Engine):
    assert "SVG may hold scripts" in refused(upload(engine, SVG, "logo.svg"))
    assert "SVG may hold scripts" in refused(upload(engine, b"\xef\xbb\xbf\n" + SVG, "logo.png"))
    assert engine.run(Graphic.objects.count) == 0


@pytest.mark.parametrize("file", [b"", b"GIF89a", png()[:40], b"%PDF-1.7", b"BM" + bytes(60), drawn("TIFF")])
def test_what_is_no_image_is_refused(engine: Engine, file: bytes):
    refused(upload(engine, file))
    assert engine.run(Graphic.objects.count) == 0


@pytest.mark.parametrize(
    ("make", "size"),
    [(header, (30_000, 30_000)), (header, (10_001, 1)), (header, (4_001, 4_000)), (png, (4_001, 4_000))],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_an_image_too_large_when_unpacked_is_refused(
    engine: Engine, make: Callable[[tuple[int, int]], bytes], size: tuple[int, int]
):
    assert "too large" in refused(upload(engine, make(size)))


def test_the_largest_image_is_taken(engine: Engine):
    assert upload(engine, png((4_000, 4_000))).status_code == 200
    assert stored(engine).width == 4_000


def test_a_cut_image_is_refused_also_by_a_process_that_has_printed_a_report(engine: Engine, call: Caller):
    ada, form = engine.person("Ada", "Moor"), engine.run(make_small_form, engine.api_user.row, "Leaders form")
    leaders = engine.assessment("Leaders", survey=form)
    subject = engine.subject(leaders, ada, status="Done", report_ready=True)
    whole = drawn("PNG", (300, 300))
    for _ in range(6):  # so that each of the engine's processes has
        printed = call(
            "getSubjectReportPDF", ThreeSixtyID=subject.assessment.public_id, PersonID=subject.person.public_id
        )
        assert printed.content.startswith(b"%PDF-")

        assert "no image that can be read" in refused(upload(engine, whole[:-40]))


def test_a_webp_is_smaller_because_writing_it_costs_more(engine: Engine):
    out = io.BytesIO()
    Image.new("RGB", (2_501, 2_000)).save(out, "WEBP", quality=1, method=0)

    assert "5 million altogether" in refused(upload(engine, out.getvalue()))


def test_a_png_in_thousands_of_pieces_is_refused_soon(engine: Engine):
    piece = b"\0\0\0\0abCd\x8d\x6a\x2b\x1c"
    body = png()
    file = body[:33] + piece * 500_000 + body[33:]  # behind the header
    begun = time.monotonic()

    assert "more than 10000 pieces" in refused(upload(engine, file))

    assert time.monotonic() - begun < 15


def test_a_moving_picture_counts_all_its_frames(engine: Engine):
    out = io.BytesIO()
    frames = [Image.new("L", (1_000, 1_000), number) for number in range(17)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    assert "too large" in refused(upload(engine, out.getvalue()))


def test_files_are_not_fetched_from_elsewhere(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id, "Description": "Logo"}

    answer = call("uploadLibraryGraphic", **mine, URL="https://marlstone.example/logo.png")

    assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|URL"
    assert "loads no files from other addresses" in answer.json()["Meta"]["ErrorMessage"]
    assert call.refused("uploadLibraryGraphic", **mine) == (400, "ESRV35|FileContents")


def test_a_parameter_can_hold_a_file_in_base64(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id, "Description": "Logo"}

    call.result("uploadLibraryGraphic", **mine, FileContents=base64.b64encode(png()).decode())

    assert stored(engine).content_type == "image/png"
    assert call.refused("uploadLibraryGraphic", **mine, FileContents=SVG.decode()) == (400, "ESRV35|FileContents")
    assert call.refused("uploadLibraryGraphic", **mine, FileContents="logo.png") == (400, "ESRV35|FileContents")


def moving(kind: str, frames: int, size: tuple[int, int] = (2, 1)) -> bytes:
    """Frames that differ, so that none is left out."""
    out = io.BytesIO()
    stills = [Image.new("RGB", size, (number % 256, number // 256, 9)) for number in range(frames)]
    stills[0].save(out, kind, save_all=True, append_images=stills[1:], lossless=True)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_frames_are_counted_before_any_is_read(engine: Engine, kind: str):
    assert upload(engine, moving(kind, 300)).status_code == 200
    assert "too many frames: at most 300" in refused(upload(engine, moving(kind, 301)))


def test_hundreds_of_thousands_of_frames_cost_nothing(engine: Engine):
    one = moving("GIF", 3)
    frame = one[one.rindex(b"\x2c") : -1]
    file = one[:-1] + frame * (7_000_000 // len(frame)) + b";"
    begun = time.process_time()

    with pytest.raises(Invalid, match="too many frames"):
        picture(file)

    assert time.process_time() - begun < 2


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_file_of_many_tiny_pieces_is_refused(kind: str):
    pieces = {"GIF": b"!\xfe\x01x\x00" * 200_000, "WEBP": b"abcd\0\0\0\0" * 20_000}
    heads = {"GIF": moving("GIF", 1)[:-1], "WEBP": moving("WEBP", 1)}

    with pytest.raises(Invalid, match="more than 10000 pieces"):
        picture(heads[kind] + pieces[kind])


def test_a_jpeg_goes_over_its_pixels_so_often_only(engine: Engine):
    progressive = drawn("JPEG", (64, 64), progressive=True)
    assert 2 < progressive.count(b"\xff\xda") <= 30
    assert upload(engine, progressive).status_code == 200
    at = progressive.rindex(b"\xff\xda")

    assert "scans" in refused(upload(engine, progressive[:at] + progressive[at:-2] * 40 + progressive[-2:]))


@pytest.mark.processes
@pytest.mark.parametrize(
    ("bound", "value"),
    [
        pytest.param("SECONDS", 1, marks=pytest.mark.thorough),
        pytest.param("MEMORY", 200 * 1024 * 1024, marks=pytest.mark.thorough),
        ("DEADLINE", 0.3),
    ],
)
def test_what_counting_does_not_see_ends_at_the_bounds_of_its_process(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: float
):
    kind, size = ("PNG", (4_000, 4_000)) if bound == "MEMORY" else ("WEBP", (2_500, 2_000))
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGBA").save(out, kind, quality=50, method=0, compress_level=1)
    monkeypatch.setattr(graphics, bound, value)

    with pytest.raises(Invalid, match="too much time or memory"):
        picture(out.getvalue())


def test_no_time_or_memory_of_the_engine_is_used(engine: Engine):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert picture(png((4_000, 4_000))).width == 4_000

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
