"""Charts as PDF operators, which need no parsing and styling as an SVG would."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from qxportal.engine.reports import typefaces
from qxportal.engine.reports.painting import Line, Points

ROUND = 0.5523  # Bézier handle of a quarter circle
SCHEME = "chart:"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart on paper: its size in CSS pixels, and its PDF operators, with y downwards."""

    width: float
    height: float
    operators: str


class Ink:
    """Painter for paper; keeps the drawings by the URLs of the page's images."""

    names_marks = False  # paper has no pointer

    def __init__(self) -> None:
        self.drawings: dict[str, Drawing] = {}
        self._addresses: dict[Drawing, str] = {}

    def polygon(self, points: Points, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """A closed path."""
        (x, y), *others = points
        path = f"{x} {y} m " + "".join(f"{x} {y} l " for x, y in others) + "h"
        return _painted(path, fill, stroke, width)

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """Four curves."""
        right, left, low, high = (_short(part) for part in (x + radius, x - radius, y + radius, y - radius))
        handle = radius * ROUND
        east, west, south, north = (_short(part) for part in (x + handle, x - handle, y + handle, y - handle))
        x, y = _short(x), _short(y)
        path = (
            f"{right} {y} m {right} {south} {east} {low} {x} {low} c {west} {low} {left} {south} {left} {y} c "
            f"{left} {north} {west} {high} {x} {high} c {east} {high} {right} {north} {right} {y} c h"
        )
        return _painted(path, fill, stroke, width)

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> str:
        """A rectangle."""
        return f"{_rgb(fill)} rg {x} {y} {width} {height} re f\n"

    def lines(self, lines: Sequence[Line], stroke: str, width: float, dashes: str = "") -> str:
        """One path for all lines."""
        path = " ".join(f"{x} {y} m {to_x} {to_y} l" for x, y, to_x, to_y in lines)
        drawn = f"{_rgb(stroke)} RG {width} w {path} S\n"
        return f"[{dashes}] 0 d {drawn}[] 0 d\n" if dashes else drawn

    def digits(self, x: float, y: float, number: int, size: int, fill: str, *, bold: bool = False) -> str:
        """Digits as outlines, not text: the page's list and table have the numbers as text."""
        glyphs = [_glyph(digit, bold=bold) for digit in str(number)]
        scale = size / _units(bold=bold)
        place = x - sum(width for _path, width in glyphs) * scale / 2
        drawn = ""
        for path, width in glyphs:
            drawn += f"q {scale:.5f} 0 0 {-scale:.5f} {_short(place)} {_short(y)} cm {path} f Q\n"
            place += width * scale
        return f"{_rgb(fill)} rg {drawn}"

    def named(self, shape: str, name: str) -> str:
        """The shape without a name."""
        return shape

    def picture(self, shapes: Sequence[str], width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """An image element; equal drawings share one URL."""
        drawing = Drawing(width, height, "".join(shapes))
        address = self._addresses.setdefault(drawing, f"{SCHEME}{len(self._addresses) + 1}")
        self.drawings[address] = drawing
        return mark_safe(f'<img alt="{escape(alt)}" src="{address}"/>')  # noqa: S308  # texts were escaped

    def beside(self, alt: str) -> str:
        """The alternative text, which an image must have."""
        return alt


def _painted(path: str, fill: str, stroke: str, width: float) -> str:
    if stroke:
        return f"{_rgb(fill)} rg {_rgb(stroke)} RG {width} w {path} B\n"
    return f"{_rgb(fill)} rg {path} f\n"


def _short(number: float) -> float:
    return round(number, 2)


@cache
def _rgb(colour: str) -> str:
    """A colour such as #1f4fd8 as red, green and blue from 0 to 1."""
    return " ".join(f"{int(colour[start : start + 2], 16) / 255:.3f}" for start in (1, 3, 5))


@cache
def _font(*, bold: bool) -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(typefaces.INTER.files[bold], lazy=True)


@cache
def _units(*, bold: bool) -> int:
    return int(_font(bold=bold)["head"].unitsPerEm)


@cache
def _glyph(digit: str, *, bold: bool) -> tuple[str, int]:
    """A digit's outline and width in font units."""
    from fontTools.pens.basePen import BasePen

    font = _font(bold=bold)
    found: list[str] = []

    class Pen(BasePen):  # type: ignore[misc]  # the library ships no types
        def _moveTo(self, point: tuple[float, float]) -> None:
            found.append(f"{point[0]:g} {point[1]:g} m")

        def _lineTo(self, point: tuple[float, float]) -> None:
            found.append(f"{point[0]:g} {point[1]:g} l")

        def _curveToOne(self, *points: tuple[float, float]) -> None:
            found.append(" ".join(f"{x:.0f} {y:.0f}" for x, y in points) + " c")

        def _closePath(self) -> None:
            found.append("h")

    name, glyphs = font.getBestCmap()[ord(digit)], font.getGlyphSet()
    glyphs[name].draw(Pen(glyphs))
    return " ".join(found), int(glyphs[name].width)
