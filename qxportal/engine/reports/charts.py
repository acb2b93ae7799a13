"""The geometry of the charts; `painting` only draws them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import cos, hypot, pi, sin

from qxportal.engine.reports.results import Cell, CompetencyResult, Group, Spread, Verdict
from qxportal.engine.reports.types import Kind

STRIP_WIDTH, WIDE_STRIP, STRIP_HEIGHT, STRIP_INSET = 130, 280, 20, 9
MARK_WIDTH, LANE = 9.0, 10.0  # closer marks are put into lanes of this height, so that none covers another
AXIS_HEIGHT = 10
NARROWER = 38  # width taken from the wide strip for each norm's column
MAP_SIZE, MAP_INSET = 330, 22
LABEL_RADIUS = 7.5
BAND = {Spread.TIGHT: 0.3, Spread.MIXED: 0.6, Spread.SPLIT: 1.0}  # half width

MAIN_FIELDS = (Verdict.AGREED_STRENGTH, Verdict.HIDDEN_STRENGTH, Verdict.BLIND_SPOT, Verdict.AGREED_NEED)

ACCENT = "#1f4fd8"
STYLES = {
    Kind.SELF: ("ring", ACCENT),
    Kind.MANAGER: ("diamond", "#1b2130"),
    Kind.PEER: ("circle", "#0b7a75"),
    Kind.DIRECT_REPORT: ("square", "#b4530a"),
}
# Custom relationships: shapes and colours have cycles of different length, which gives 55 distinct pairs.
OWN_SHAPES = ("up", "down", "bar", "cross", "left", "right", "star", "open-square", "open-diamond", "open-up", "house")
OWN_COLOURS = ("#7a3fb0", "#b3245b", "#3f6212", "#0e7490", "#92400e")
MERGED_STYLE = ("hexagon", "#475569")
NORM_DASHES = ("3 2", "1 2")  # vertical lines: the first dashed, the second dotted


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a chart: a shape in a colour at a place."""

    shape: str
    colour: str
    x: float = 0
    y: float = 0
    says: str = ""  # group and figure


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a dot plot."""

    ticks: tuple[float, ...]
    marks: tuple[Mark, ...]
    middle: float | None  # the others' mean
    band: tuple[float, float] | None  # left edge and width
    norms: tuple[tuple[float, str], ...]  # place and dashes of each line
    width: int
    height: int = STRIP_HEIGHT


@dataclass(frozen=True, slots=True)
class Dot:
    """One numbered point of the map; its number is on it, or beside it at the end of a line."""

    number: int
    x: float
    y: float
    label_x: float
    label_y: float

    @property
    def beside(self) -> bool:
        """Whether the number is beside its point."""
        return (self.x, self.y) != (self.label_x, self.label_y)

    @property
    def baseline(self) -> float:
        """The y coordinate of the label's digits."""
        return self.label_y + 3.2


@dataclass(frozen=True, slots=True)
class Map:
    """The map of self ratings against others' ratings, with the band of agreement."""

    size: int
    low: float
    high: float
    span: float
    line: float
    line_y: float
    ticks: tuple[tuple[int, float, float, float], ...]  # label, x, y, baseline of the label at y
    band: tuple[tuple[float, float], ...]  # corners
    dots: tuple[Dot, ...]


def styles(groups: Sequence[Group]) -> dict[str, Mark]:
    """A distinct mark for each group, by key."""
    numbers = count()
    return {
        group.key: Mark(*(MERGED_STYLE if group.kind is None else STYLES.get(group.kind) or _own_style(next(numbers))))
        for group in groups
    }


def _own_style(number: int) -> tuple[str, str]:
    shapes, colours = len(OWN_SHAPES), len(OWN_COLOURS)
    return OWN_SHAPES[number % shapes], OWN_COLOURS[(number + number // shapes) % colours]


def axis(points: int, width: int = STRIP_WIDTH) -> tuple[tuple[int, float], ...]:
    """The scale above the rows of a dot plot: points with their x coordinates."""
    return tuple((point, _place(point, points, width)) for point in range(1, points + 1))


def strip(
    cells: Mapping[str, Cell],
    others: Cell | None,
    marks: Mapping[str, Mark],
    points: int,
    width: int = STRIP_WIDTH,
    norms: Sequence[float | None] = (),
    words: Mapping[str, str] | None = None,
) -> Strip:
    """The row of a dot plot for one statement or competency; `norms` in the order of the report, `words` by group."""

    def place(score: float) -> float:
        return _place(score, points, width)

    band = None
    if others and others.spread:
        half = BAND[others.spread] * (points - 1) / 4
        left, right = place(max(1, others.mean - half)), place(min(points, others.mean + half))
        band = (left, round(right - left, 1))
    said = words or {}
    placed, height = _apart((place(cell.mean), marks[key], said.get(key, "")) for key, cell in cells.items())
    return Strip(
        ticks=tuple(place(point) for point in range(1, points + 1)),
        marks=placed,
        middle=place(others.mean) if others else None,
        band=band,
        norms=tuple(
            (place(mean), dashes) for mean, dashes in zip(norms, NORM_DASHES, strict=False) if mean is not None
        ),
        width=width,
        height=height,
    )


def _place(score: float, points: int, width: int) -> float:
    return round(STRIP_INSET + (score - 1) * (width - 2 * STRIP_INSET) / max(1, points - 1), 1)


def _apart(placed: Iterable[tuple[float, Mark, str]]) -> tuple[tuple[Mark, ...], int]:
    """Marks placed in as many lanes as they need not to overlap, and the lanes' height."""
    lanes: list[float] = []  # x of each lane's last mark
    found: list[tuple[float, int, Mark, str]] = []
    for x, mark, says in sorted(placed, key=lambda each: each[0]):
        lane = next((number for number, last in enumerate(lanes) if x - last >= MARK_WIDTH), len(lanes))
        lanes[lane : lane + 1] = [x]
        found.append((x, lane, mark, says))
    height = max(STRIP_HEIGHT, round(LANE * len(lanes)) + 2)
    first = height / 2 - LANE * (len(lanes) - 1) / 2
    return tuple(Mark(mark.shape, mark.colour, x, first + LANE * lane, says) for x, lane, mark, says in found), height


def quadrant_map(competencies: Sequence[CompetencyResult], points: int, *, line: float, similar: float) -> Map:
    """The map of the competencies with both ratings, numbered in the given order."""
    low, high = float(MAP_INSET), float(MAP_SIZE - MAP_INSET)
    step = (high - low) / max(1, points - 1)

    def across(score: float) -> float:
        return round(low + (score - 1) * step, 1)

    def down(score: float) -> float:
        return round(high - (score - 1) * step, 1)

    edge = points - similar
    corners = [(1, 1), (1 + similar, 1), (points, edge), (points, points), (edge, points), (1, 1 + similar)]
    places = [
        (number, across(competency.others.mean), down(competency.self_cell.mean))
        for number, competency in enumerate(competencies, start=1)
        if competency.verdict and competency.others and competency.self_cell
    ]
    return Map(
        size=MAP_SIZE,
        low=low,
        high=high,
        span=high - low,
        line=across(line),
        line_y=down(line),
        ticks=tuple((point, across(point), down(point), down(point) + 3) for point in range(1, points + 1)),
        band=tuple((across(x), down(y)) for x, y in corners),
        dots=_labelled(places),
    )


def _labelled(places: Sequence[tuple[int, float, float]]) -> tuple[Dot, ...]:
    """The points, each with its number on it or, if that covers another number, at the nearest free spot."""
    taken: list[tuple[float, float]] = []
    dots = []
    for number, x, y in places:
        spot = next((spot for spot in _around(x, y) if _is_free(spot, taken)), (x, y))
        taken.append(spot)
        dots.append(Dot(number, x, y, *spot))
    return tuple(dots)


def _around(x: float, y: float) -> Iterator[tuple[float, float]]:
    """Candidate spots: the point itself, then on growing circles around it."""
    yield x, y
    for distance in range(16, 4 * MAP_SIZE, 4):
        for step in range(16):
            angle = (step + 0.5) * pi / 8
            yield round(x + distance * cos(angle), 1), round(y + distance * sin(angle), 1)


def _is_free(spot: tuple[float, float], taken: Iterable[tuple[float, float]]) -> bool:
    low, high = LABEL_RADIUS + 1, MAP_SIZE - LABEL_RADIUS - 1
    inside = all(low <= part <= high for part in spot)
    return inside and all(hypot(spot[0] - x, spot[1] - y) >= 2 * LABEL_RADIUS + 1 for x, y in taken)


def by_verdict(competencies: Sequence[CompetencyResult]) -> dict[Verdict, list[tuple[int, str]]]:
    """The map as a list: numbers and names of competencies by verdict; always with the four main verdicts."""
    fields: dict[Verdict, list[tuple[int, str]]] = {verdict: [] for verdict in Verdict}
    for number, competency in enumerate(competencies, start=1):
        if competency.verdict:
            fields[competency.verdict].append((number, competency.name))
    return {verdict: dots for verdict, dots in fields.items() if dots or verdict in MAIN_FIELDS}
