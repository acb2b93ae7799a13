"""Charts as SVG in a web page, in its light or dark colours; with presentation attributes only."""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from qxportal.engine.reports.painting import Line, Points


class Svg:
    """Painter for the web; marks show their group and figure on hover."""

    names_marks = True

    def polygon(self, points: Points, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """A path."""
        line = "L".join(f"{x} {y}" for x, y in points)
        return f'<path d="M{line}Z" fill="{_ink(fill)}"{_around(stroke, width)}/>'

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str = "", width: float = 0) -> str:
        """A circle."""
        return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{_ink(fill)}"{_around(stroke, width)}/>'

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> str:
        """A rectangle."""
        return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{_ink(fill)}"/>'

    def lines(self, lines: Sequence[Line], stroke: str, width: float, dashes: str = "") -> str:
        """One path for all lines."""
        path = "".join(f"M{x} {y}L{to_x} {to_y}" for x, y, to_x, to_y in lines)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<path d="{path}"{_around(stroke, width)}{dashed}/>'

    def digits(self, x: float, y: float, number: int, size: int, fill: str, *, bold: bool = False) -> str:
        """A number as text."""
        weight = ' font-weight="600"' if bold else ""
        return (
            f'<text x="{x}" y="{y}" font-size="{size}"{weight} fill="{_ink(fill)}" text-anchor="middle">{number}</text>'
        )

    def named(self, shape: str, name: str) -> str:
        """The shape with its name as tooltip."""
        return f"<g><title>{escape(name)}</title>{shape}</g>"

    def picture(self, shapes: Sequence[str], width: float, height: float, *, alt: str, kind: str) -> SafeString:
        """The whole SVG element."""
        said = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        tag = f'<svg class="{kind}" {said} {size}>{"".join(shapes)}</svg>'
        return mark_safe(tag)  # noqa: S308  # numbers, our own words, and texts that were escaped

    def beside(self, alt: str) -> str:
        """Empty: screen readers read the figures beside the chart."""
        return ""


def _ink(colour: str) -> str:
    """A CSS variable of the page for the colour, with the colour as fallback."""
    return f"var(--of-{colour[1:]},{colour})"


def _around(stroke: str, width: float) -> str:
    return f' stroke="{_ink(stroke)}" stroke-width="{width}"' if stroke else ""
