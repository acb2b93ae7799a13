"""The logo of a brand: what is taken, what becomes of it, and where pages and mails show it."""

import base64
import io
from email import message_from_bytes
from typing import Any

import pytest
from PIL import Image

from qxportal.engine.library import logos
from qxportal.engine.mail.letters import letter, sender_of
from qxportal.engine.models import BrandLogo, Graphic, Mail
from qxportal.mail.compose import compose
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.pictures import drawn, png
from tests.support.site_fixture import words

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def _shown(call: Caller) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(call.result("qxGetBrand")["Logo"])))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_becomes_a_small_png(engine, call, kind):
    answer = call.upload("qxSetBrand", drawn(kind, (2000, 500)))

    assert answer.status_code == 200, answer.text
    shown = _shown(call)
    assert (shown.format, shown.size) == ("PNG", (480, 120))
    brand = engine.refreshed(engine.brand)
    assert engine.run(BrandLogo.objects.get).brand_id == brand.pk
    assert len(brand.logo_key) == 64


def test_grey_of_sixteen_bits_stays_grey(engine, call):
    out = io.BytesIO()
    Image.new("I;16", (40, 20), 257 * 100).save(out, "PNG")

    assert call.upload("qxSetBrand", out.getvalue()).status_code == 200
    assert _shown(call).convert("L").getpixel((20, 10)) == 100


@pytest.mark.parametrize(
    "file",
    [SVG, b"%PDF-1.7", b"no image", drawn("GIF"), png((4001, 2)), png() + b"-" * (1024 * 1024)],
    ids=["svg", "pdf", "text", "gif", "wide", "large"],
)
def test_what_is_no_logo_is_refused(engine, call, file):
    call.upload("qxSetBrand", png())
    before = engine.refreshed(engine.brand).logo_key

    answer = call.upload("qxSetBrand", file)

    assert (answer.status_code, answer.json()["Meta"]["QualtricsErrorCode"]) == (400, "ESRV35|FileContents")
    assert engine.refreshed(engine.brand).logo_key == before


def test_noise_is_made_smaller_until_pages_can_load_it():
    import os

    noisy = Image.frombytes("RGB", (480, 160), os.urandom(480 * 160 * 3))
    out = io.BytesIO()
    noisy.save(out, "PNG")

    content, (width, height) = logos._shrunk(out.getvalue())

    assert len(content) <= logos.MOST_BYTES
    assert (width, height) < (480, 160)


def test_a_logo_is_removed_or_taken_from_a_library(engine, call):
    call.upload("qxSetBrand", png((40, 20)))
    call.result("qxSetBrand", Clear="LogoID")
    told = call.result("qxGetBrand")
    assert (told["Logo"], told["LogoDigest"], told["LogoID"]) == ("", "", "")

    graphic = engine.run(
        Graphic.objects.create,
        brand=engine.brand,
        library_id=engine.api_user.user_id,
        description="Logo",
        content=png((30, 10)),
        content_type="image/png",
        width=30,
        height=10,
    )
    call.result("qxSetBrand", LogoID=graphic.public_id)

    assert _shown(call).size == (30, 10)
    assert call.result("qxGetBrand")["LogoID"] == graphic.public_id


@pytest.fixture
def people(engine: Any) -> Any:
    ben = engine.person("Ben", "Castle")
    assessment = engine.assessment("Leadership 360 spring", status="Active")
    engine.evaluation(engine.subject(assessment, engine.person("Anna", "Berger")), ben, "Peer")
    return assessment, ben


def test_pages_show_the_logo_with_the_name_beside_it_unseen(engine, call, people, visitor):
    assert "<img" not in visitor(people[1]).get("/tasks/").text
    call.upload("qxSetBrand", png((40, 20)))
    key = engine.refreshed(engine.brand).logo_key

    browser = visitor(people[1])
    page = browser.get("/tasks/")
    picture = browser.get(f"/logo/{key}.png")

    assert f'<img src="/logo/{key}.png" alt="{engine.brand.title}">' in page.text
    assert engine.brand.title in words(page) or engine.brand.title in page.text
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert "immutable" in picture.headers["Cache-Control"]
    assert browser.get(f"/logo/{'0' * 64}.png").status_code == 404


def test_a_mail_holds_the_logo_and_loads_nothing(engine, call, people):
    call.upload("qxSetBrand", png((200, 100)))
    assessment, ben = people
    mail = engine.run(Mail.objects.create, brand=engine.brand, person=ben, assessment=assessment, kind="Invite")

    def made() -> bytes:
        row = Mail.objects.select_related("brand", "person__org_structure__brand", "assessment__brand").get(pk=mail.pk)
        composed = compose(letter(row), sender=sender_of(row.brand), to=ben.email)
        return bytes(composed.message().as_bytes())

    sent: Any = message_from_bytes(engine.run(made))

    assert sent.get_content_type() == "multipart/related"
    both, picture = sent.get_payload()
    assert both.get_content_type() == "multipart/alternative"
    html = both.get_payload()[1].get_payload(decode=True).decode()
    cid = picture["Content-ID"].strip("<>")
    assert f'src="cid:{cid}" alt="{engine.brand.title}" width="96" height="48"' in html
    assert "http" not in html.split("<img")[1].split(">")[0]
    assert picture["Content-Disposition"].startswith("inline")
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")


def test_without_a_logo_a_mail_says_the_name(engine, people):
    assessment, ben = people
    mail = engine.run(Mail.objects.create, brand=engine.brand, person=ben, assessment=assessment, kind="Invite")

    def made() -> Any:
        row = Mail.objects.select_related("brand", "person__org_structure__brand", "assessment__brand").get(pk=mail.pk)
        return compose(letter(row), sender=sender_of(row.brand), to=ben.email).message()

    sent = engine.run(made)

    assert sent.get_content_type() == "multipart/alternative"
    assert engine.brand.title in sent.get_payload()[1].get_payload(decode=True).decode()
