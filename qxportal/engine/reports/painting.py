"""Draws the charts with the geometry of `charts` and a painter for the medium.

On the web that is SVG in the page. On paper it is PDF operators, which cost a fifth of an image that is parsed, styled
and drawn again.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from django.utils.safestring import SafeString

from qxportal.engine.reports.charts import AXIS_HEIGHT, LABEL_RADIUS, Map, Mark, Strip

Points = tuple[tuple[float, float], ...]
Line = tuple[float, float, float, float]  # from x, y to x, y

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
    """Renders each shape as text; the concatenated shapes are the chart."""

    names_marks: bool  # whether marks have their group and figure as name

    def polygon(self, points: Points, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """A closed shape."""

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """A disc with an outline."""

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> str:
        """A rectangle."""

    def lines(self, lines: Sequence[Line], stroke: str, width: float, dashes: str = "") -> str:
        """Straight lines in one style."""

    def digits(self, x: float, y: float, number: int, size: int, fill: str, *, bold: bool = False) -> str:
        """A number centred at x with its baseline at y."""

    def named(self, shape: str, name: str) -> str:
        """A shape with a name for the reader."""

    def picture(self, shapes: Sequence[str], width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """The whole chart; decorative if `alt` is empty because the figures beside it say the same."""

    def beside(self, alt: str) -> str:
        """The alternative text of a chart whose figures are beside it."""


def mark(one: Mark, painter: Painter) -> str:
    """One mark at its place."""
    x, y, ink = one.x, one.y, one.colour
    if one.shape == "ring":
        shape = painter.circle(x, y, 4.2, fill=PAPER, stroke=ink, width=2)
    elif one.shape == "circle":
        shape = painter.circle(x, y, 4, fill=ink)
    elif one.shape in OPEN:
        shape = painter.polygon(_at(OPEN[one.shape], x, y), fill=PAPER, stroke=ink, width=1.7)
    else:
        shape = painter.polygon(_at(FILLED[one.shape], x, y), fill=ink)
    return painter.named(shape, one.says) if one.says else shape


def key(one: Mark, painter: Painter, *, alt: str) -> SafeString:
    """A mark for the legend."""
    centred = Mark(one.shape, one.colour, KEY / 2, KEY / 2)
    return painter.picture([mark(centred, painter)], KEY, KEY, alt=painter.beside(alt), kind="mark")


def norm_key(dashes: str, painter: Painter, *, alt: str) -> SafeString:
    """A norm's line for the legend."""
    line = painter.lines([(6, 0, 6, 12)], NORM, 1.6, dashes)
    return painter.picture([line], KEY, KEY, alt=painter.beside(alt), kind="mark")


def axis(places: Sequence[tuple[int, float]], width: int, painter: Painter, *, alt: str) -> SafeString:
    """The scale above a dot plot."""
    numbers = [painter.digits(x, 8, point, 8, WORDS) for point, x in places]
    return painter.picture(numbers, width, AXIS_HEIGHT, alt=alt, kind="chart axis")


def strip(row: Strip, painter: Painter, *, alt: str) -> SafeString:
    """One row of a dot plot; the numbers stand beside it."""
    height = row.height
    shapes = [painter.lines([(x, 0, x, height) for x in row.ticks], GRID, 0.8)]
    if row.band:
        left, width = row.band
        shapes.append(painter.box(left, 4, width, height - 8, BAND))
    if row.middle is not None:
        shapes.append(painter.lines([(row.middle, 1.5, row.middle, height - 1)], MIDDLE, 1.4))
    shapes += [painter.lines([(x, 0, x, height)], NORM, 1.6, dashes) for x, dashes in row.norms]
    shapes += [mark(one, painter) for one in row.marks]
    return painter.picture(shapes, row.width, height, alt=painter.beside(alt), kind="chart")


def quadrants(chart: Map, painter: Painter, *, alt: str, names: Mapping[int, str]) -> SafeString:
    """The map of self against others; `names`: the meaning of each number."""
    low, high, span, size = chart.low, chart.high, chart.span, chart.size
    upright = [(x, low, x, high) for _label, x, _y, _base in chart.ticks]
    level = [(low, y, high, y) for _label, _x, y, _base in chart.ticks]
    middle = [(chart.line, low, chart.line, high), (low, chart.line_y, high, chart.line_y)]
    shapes = [
        painter.box(low, low, span, span, GROUND),
        painter.polygon(chart.band, fill=BAND),
        painter.lines([*upright, *level], GRID, 0.7),
        painter.lines(middle, MIDDLE, 1, "3 3"),
    ]
    for label, x, _y, base in chart.ticks:
        shapes += [painter.digits(x, size - 7, label, 9, WORDS), painter.digits(9, base, label, 9, WORDS)]
    for one in chart.dots:
        if one.beside:
            shapes.append(painter.lines([(one.x, one.y, one.label_x, one.label_y)], DOT, 0.8))
            shapes.append(painter.circle(one.x, one.y, 2.4, fill=DOT))
    for one in chart.dots:
        circle = painter.circle(one.label_x, one.label_y, LABEL_RADIUS, fill=DOT, stroke=PAPER, width=1)
        number = painter.digits(one.label_x, one.baseline, one.number, 9, PAPER, bold=True)
        shapes.append(painter.named(circle + number, names.get(one.number, "")))
    return painter.picture(shapes, size, size, alt=alt, kind="map")


def _at(points: Points, x: float, y: float) -> Points:
    return tuple((round(x + right, 1), round(y + down, 1)) for right, down in points)
