"""The charts as SVG, drawn where `charts` says that their marks lie; presentation attributes only, no styles.

Paper has each chart as an image: its shapes stay out of the page's own tree, which is laid out much faster. The web
has them in the page: in the page's colours, dark ones included, and each mark says its group and figure.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString, mark_safe

from qxportal.engine.reports.charts import AXIS_HEIGHT, LABEL_RADIUS, Map, Mark, Strip

Points = tuple[tuple[float, float], ...]

GRID, BAND, MIDDLE, NORM, WORDS, GROUND, PAPER = (
    "#dfe3ea",
    "#e6ebf7",
    "#8b95a7",
    "#a3195b",
    "#5b6472",
    "#f7f8fb",
    "#ffffff",
)
DOT = "#1f4fd8"
KEY = 12  # width and height of a mark in the legend

FILLED: Mapping[str, Points] = {
    "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
    "square": ((-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)),
    "up": ((0, -4.8), (4.6, 3.6), (-4.6, 3.6)),
    "down": ((0, 4.8), (4.6, -3.6), (-4.6, -3.6)),
    "bar": ((-2, -5), (2, -5), (2, 5), (-2, 5)),
    "left": ((-4.8, 0), (3.6, -4.6), (3.6, 4.6)),
    "right": ((4.8, 0), (-3.6, -4.6), (-3.6, 4.6)),
    "star": (
        *((0, -5), (1.3, -1.6), (4.8, -1.5), (2, 0.7), (3, 4.1)),
        *((0, 2.1), (-3, 4.1), (-2, 0.7), (-4.8, -1.5), (-1.3, -1.6)),
    ),
    "house": ((0, -4.8), (4, -1), (4, 4.2), (-4, 4.2), (-4, -1)),
    "cross": (
        *((-1.5, -4.5), (1.5, -4.5), (1.5, -1.5), (4.5, -1.5), (4.5, 1.5), (1.5, 1.5)),
        *((1.5, 4.5), (-1.5, 4.5), (-1.5, 1.5), (-4.5, 1.5), (-4.5, -1.5), (-1.5, -1.5)),
    ),
    "hexagon": ((-2.4, -4.2), (2.4, -4.2), (4.8, 0), (2.4, 4.2), (-2.4, 4.2), (-4.8, 0)),
}
OPEN: Mapping[str, Points] = {
    "open-square": ((-3, -3), (3, -3), (3, 3), (-3, 3)),
    "open-diamond": ((0, -4.2), (4.2, 0), (0, 4.2), (-4.2, 0)),
    "open-up": ((0, -4), (3.9, 3), (-3.9, 3)),
}


class Painter(Protocol):
    """What turns shapes into a chart of a page."""

    names_marks: bool  # whether marks say their group and figure

    def beside(self, alt: str) -> str:
        """What a chart is called whose figures stand beside it."""

    def ink(self, colour: str) -> str:
        """A colour as an attribute has it."""

    def named(self, shape: str, name: str) -> str:
        """A shape that says what it stands for."""

    def picture(self, shapes: str, width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """The chart; without `alt` the figures beside it say what it shows."""


class Paper:
    """Charts as images with data addresses."""

    names_marks = False  # nobody can point at them

    def beside(self, alt: str) -> str:
        """Its name: an image has to have one."""
        return alt

    def ink(self, colour: str) -> str:
        """The colour itself."""
        return colour

    def named(self, shape: str, name: str) -> str:
        """The shape alone."""
        return shape

    def picture(self, shapes: str, width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """An image."""
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        content = b64encode(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{shapes}</svg>'.encode()).decode()
        tag = f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{content}">'
        return mark_safe(tag)  # noqa: S308  # numbers, our own words, and texts that were escaped


class Web:
    """Charts as a part of a web page."""

    names_marks = True

    def beside(self, alt: str) -> str:
        """Nothing: whoever has the page read out hears the figures, once."""
        return ""

    def ink(self, colour: str) -> str:
        """The page's own colour, where it has one in its place."""
        return f"var(--of-{colour[1:]},{colour})"

    def named(self, shape: str, name: str) -> str:
        """The shape with its name, which browsers show at the pointer."""
        return f"<g><title>{escape(name)}</title>{shape}</g>"

    def picture(self, shapes: str, width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """The SVG itself."""
        said = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        return mark_safe(f'<svg class="{kind}" {said} {size}>{shapes}</svg>')  # noqa: S308  # as above


def mark(one: Mark, painter: Painter) -> str:
    """One mark at its place."""
    ink = painter.ink(one.colour)
    if one.shape == "ring":
        shape = (
            f'<circle cx="{one.x}" cy="{one.y}" r="4.2" fill="{painter.ink(PAPER)}" stroke="{ink}" stroke-width="2"/>'
        )
    elif one.shape == "circle":
        shape = f'<circle cx="{one.x}" cy="{one.y}" r="4" fill="{ink}"/>'
    elif one.shape in OPEN:
        line = _outline(OPEN[one.shape], one.x, one.y)
        shape = f'<path d="{line}" fill="{painter.ink(PAPER)}" stroke="{ink}" stroke-width="1.7"/>'
    else:
        shape = f'<path d="{_outline(FILLED[one.shape], one.x, one.y)}" fill="{ink}"/>'
    return painter.named(shape, one.says) if one.says else shape


def key(one: Mark, painter: Painter, *, alt: str = "") -> SafeString:
    """A mark for the legend."""
    centred = Mark(one.shape, one.colour, KEY / 2, KEY / 2)
    return painter.picture(mark(centred, painter), KEY, KEY, alt=painter.beside(alt), kind="mark")


def norm_key(dashes: str, painter: Painter, *, alt: str = "") -> SafeString:
    """A norm's line for the legend."""
    line = f'<path d="M6 0V12" stroke="{painter.ink(NORM)}" stroke-width="1.6" stroke-dasharray="{dashes}"/>'
    return painter.picture(line, KEY, KEY, alt=painter.beside(alt), kind="mark")


def axis(places: Sequence[tuple[int, float]], width: int, painter: Painter, *, alt: str) -> SafeString:
    """The scale above a dot plot."""
    words = "".join(_text(x, 8, str(point), 8, painter.ink(WORDS)) for point, x in places)
    return painter.picture(words, width, AXIS_HEIGHT, alt=alt, kind="chart axis")


def strip(row: Strip, painter: Painter, *, alt: str = "") -> SafeString:
    """One row of a dot plot; the numbers stand beside it."""
    height = row.height
    ticks = "".join(f"M{x} 0V{height}" for x in row.ticks)
    shapes = [f'<path d="{ticks}" stroke="{painter.ink(GRID)}" stroke-width="0.8"/>']
    if row.band:
        left, width = row.band
        shapes.append(
            f'<rect x="{left}" y="4" width="{width}" height="{height - 8}" rx="2" fill="{painter.ink(BAND)}"/>'
        )
    if row.middle is not None:
        line = f"M{row.middle} 1.5V{height - 1}"
        shapes.append(f'<path d="{line}" stroke="{painter.ink(MIDDLE)}" stroke-width="1.4"/>')
    shapes += [
        f'<path d="M{x} 0V{height}" stroke="{painter.ink(NORM)}" stroke-width="1.6" stroke-dasharray="{dashes}"/>'
        for x, dashes in row.norms
    ]
    shapes += [mark(one, painter) for one in row.marks]
    return painter.picture("".join(shapes), row.width, height, alt=painter.beside(alt), kind="chart")


def quadrants(chart: Map, painter: Painter, *, alt: str, names: Mapping[int, str]) -> SafeString:
    """Self against others; `names` says what each number stands for."""
    low, high, span, size = chart.low, chart.high, chart.span, chart.size
    grid = "".join(f"M{x} {low}V{high}M{low} {y}H{high}" for _label, x, y, _base in chart.ticks)
    middle = f"M{chart.line} {low}V{high}M{low} {chart.line_y}H{high}"
    words, dot = painter.ink(WORDS), painter.ink(DOT)
    shapes = [
        f'<rect x="{low}" y="{low}" width="{span}" height="{span}" fill="{painter.ink(GROUND)}"/>',
        f'<polygon points="{chart.band}" fill="{painter.ink(BAND)}"/>',
        f'<path d="{grid}" stroke="{painter.ink(GRID)}" stroke-width="0.7"/>',
        f'<path d="{middle}" stroke="{painter.ink(MIDDLE)}" stroke-width="1" stroke-dasharray="3 3"/>',
    ]
    for label, x, _y, base in chart.ticks:
        shapes += [_text(x, size - 7, str(label), 9, words), _text(9, base, str(label), 9, words)]
    for one in chart.dots:
        if one.beside:
            line = f"M{one.x} {one.y}L{one.label_x} {one.label_y}"
            shapes.append(f'<path d="{line}" stroke="{dot}" stroke-width="0.8"/>')
            shapes.append(f'<circle cx="{one.x}" cy="{one.y}" r="2.4" fill="{dot}"/>')
    for one in chart.dots:
        circle = f'<circle cx="{one.label_x}" cy="{one.label_y}" r="{LABEL_RADIUS}" fill="{dot}"'
        circle += f' stroke="{painter.ink(PAPER)}" stroke-width="1"/>'
        number = _text(one.label_x, one.baseline, str(one.number), 9, painter.ink(PAPER), bold=True)
        shapes.append(painter.named(circle + number, names.get(one.number, "")))
    return painter.picture("".join(shapes), size, size, alt=alt, kind="map")


def _outline(points: Points, x: float, y: float) -> str:
    return "M" + "L".join(f"{round(x + right, 1)} {round(y + down, 1)}" for right, down in points) + "Z"


def _text(x: float, y: float, words: str, size: int, ink: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-family="Inter" font-size="{size}"{weight} fill="{ink}" text-anchor="middle">'
        f"{words}</text>"
    )
