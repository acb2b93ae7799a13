"""Faster replacements of WeasyPrint functions for what our reports have most of; the pages stay the same.

Tables of figures have hundreds of cells with a bottom border, and hundreds of short texts. The library clips and fills
several shapes for each border, shapes each text once for measuring and once for drawing, lists all pages for each
tagged part, and checks the type of each number that it writes.

They replace private functions that may change with any version, so they are used only with the versions for which
they were checked; with others reports are the same but take longer.
"""

import logging
import zlib
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

CHECKED = ("70.0", "0.13.0")  # versions of WeasyPrint and pydyf
LEVEL = 6  # compression level: 9 takes twice the time for files 3 % smaller
SIDES = ("top", "right", "bottom", "left")
CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
PARAGRAPHS = "\n\r\u2029"  # characters that end one

replaced: list[tuple[Any, str, Any]] = []  # originals: owner, name, value


def take() -> None:
    """Install the shortcuts, once per process."""
    import pydyf
    import weasyprint
    from weasyprint import draw
    from weasyprint.formatting_structure import boxes
    from weasyprint.layout import percent
    from weasyprint.text import line_break

    if replaced:
        return
    if (weasyprint.__version__, pydyf.__version__) != CHECKED:
        log.warning("Reports take longer: WeasyPrint %s was not checked.", weasyprint.__version__)
        return
    _replace(draw, "draw_border", _lines_first(draw.draw_border))
    _keep_shapes(line_break.Layout, line_break.pango)
    _replace(percent, "resolve_one_percentage", _lengths_first(percent.resolve_one_percentage))
    _replace(boxes.Box, "is_in_normal_flow", _usual_flow_first(boxes.Box.is_in_normal_flow))
    _replace(pydyf.PDF, "page_references", property(_page_references))
    _replace(pydyf, "_to_bytes", _kinds_first(pydyf._to_bytes))
    _replace(pydyf, "zlib", _Zlib)


def _replace(owner: Any, name: str, value: Any) -> None:
    replaced.append((owner, name, vars(owner)[name]))
    setattr(owner, name, value)


def _lines_first(draw_border: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Draw a border of one solid side and square corners as a rectangle."""

    def draw(stream: Any, box: Any) -> None:
        widths = [getattr(box, f"border_{side}_width") for side in SIDES]
        none = widths.count(0)
        if none == len(SIDES) and box.style["border_image_source"][0] == "none" and _has_no_columns(box):
            return
        if none != len(SIDES) - 1 or not _is_line(box, side := SIDES[widths.index(max(widths))]):
            draw_border(stream, box)
            return
        x, y, width, height = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
        thick = max(widths)
        if side in ("top", "bottom"):
            y, height = (y if side == "top" else y + height - thick), thick
        else:
            x, width = (x if side == "left" else x + width - thick), thick
        color = box.style[f"border_{side}_color"]
        with stream.artifact(), stream.stacked():
            stream.set_color(box.style["color"] if color == "currentcolor" else color)
            stream.rectangle(x, y, width, height)
            stream.fill()

    return draw


def _is_line(box: Any, side: str) -> bool:
    """Whether the border is only this solid side, without image or rounded corners."""
    style = box.style
    return (
        style[f"border_{side}_style"] == "solid"
        and style["visibility"] == "visible"
        and style["border_image_source"][0] == "none"
        and _has_no_columns(box)
        and all(getattr(box, f"border_{corner}_radius") == (0, 0) for corner in CORNERS)
    )


def _has_no_columns(box: Any) -> bool:
    return bool(box.style["column_width"] == "auto" and box.style["column_count"] == "auto")


def _keep_shapes(layout: Any, pango: Any) -> None:
    """Keep a text's shaping from measuring until it is drawn for the first time.

    A text is drawn in single-paragraph mode, and Pango shapes it again when the mode changes.
    """
    set_text, free, shape = layout.set_text, layout.deactivate, layout.reactivate

    def set_and_join(self: Any, text: str, justify: bool = False) -> None:
        set_text(self, text, justify)
        one = not any(mark in self.text for mark in PARAGRAPHS)
        pango.pango_layout_set_single_paragraph_mode(self.layout, one)

    def deactivate(self: Any) -> None:
        if self.__dict__.pop("is_measured", None) is None:
            self.is_measured = True
        else:
            free(self)

    def reactivate(self: Any, style: Any) -> None:
        if not hasattr(self, "layout") or self.justification_spacing:
            self.is_measured = True
            shape(self, style)

    _replace(layout, "set_text", set_and_join)
    _replace(layout, "deactivate", deactivate)
    _replace(layout, "reactivate", reactivate)


def _lengths_first(resolve: Callable[[Any, str, Any], None]) -> Callable[[Any, str, Any], None]:
    """Return lengths in pixels without conversion."""

    def resolved(box: Any, name: str, refer_to: Any) -> None:
        value = box.style[name]
        if getattr(value, "unit", None) == "px":
            setattr(box, name, value.value)
        else:
            resolve(box, name, refer_to)

    return resolved


def _usual_flow_first(is_in_normal_flow: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Decide for most boxes with two checks instead of five."""

    def asked(self: Any) -> bool:
        style = self.style
        if style["float"] == "none" and style["position"] in ("static", "relative"):
            return True
        return is_in_normal_flow(self)

    return asked


def _page_references(pdf: Any) -> tuple[bytes, ...]:
    """The references of all pages, as from pydyf; cached until a page is added."""
    pages = pdf.pages["Kids"]
    kept: tuple[int, tuple[bytes, ...]] = pdf.__dict__.get("_kept_page_references", (0, ()))
    if kept[0] != len(pages):
        kept = len(pages), tuple(f"{number} 0 R".encode() for number in pages[::3])
        pdf.__dict__["_kept_page_references"] = kept
    return kept[1]


def _kinds_first(to_bytes: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Convert bytes, strings and integers without further checks."""

    def written(item: Any) -> bytes:
        kind = type(item)
        if kind is bytes:
            return bytes(item)
        if kind is str:
            return str.encode(item, "ascii")
        if kind is int:
            return b"%d" % item
        return to_bytes(item)

    return written


class _Zlib:
    """The part of zlib's interface that pydyf uses."""

    @staticmethod
    def compressobj(level: int) -> Any:
        """A compressor with our level."""
        return zlib.compressobj(min(level, LEVEL))
