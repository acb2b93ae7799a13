"""Where the marks of the charts lie; the SVG templates only draw them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qxportal.engine.reports.shape import Cell, CompetencyResult, Group, Kind, Spread, Verdict

STRIP_WIDTH, WIDE_STRIP, STRIP_HEIGHT, STRIP_INSET = 130, 280, 20, 9
AXIS_HEIGHT = 10
NARROWER = 38  # how much of the wide strip makes room for each norm's column
MAP_SIZE, MAP_INSET = 330, 22
BAND = {Spread.TIGHT: 0.3, Spread.MIXED: 0.6, Spread.SPLIT: 1.0}  # half width; says no more than the word does

DIRECTIONS = ((1, -0.3), (-1, -0.3), (0, -1), (0, 1), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))

MAIN_FIELDS = (Verdict.AGREED_STRENGTH, Verdict.HIDDEN_STRENGTH, Verdict.BLIND_SPOT, Verdict.AGREED_NEED)

ACCENT = "#1f4fd8"
STYLES = {
    Kind.SELF: ("ring", ACCENT),
    Kind.MANAGER: ("diamond", "#1b2130"),
    Kind.PEER: ("circle", "#0b7a75"),
    Kind.DIRECT_REPORT: ("square", "#b4530a"),
}
MORE_STYLES = (("up", "#7a3fb0"), ("down", "#b3245b"), ("bar", "#3f6212"), ("cross", "#475569"))
MERGED_STYLE = ("hexagon", "#475569")
NORM_DASHES = ("3 2", "1 2")  # upright lines, the first dashed, the second dotted


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a chart: a shape in a colour at a place."""

    shape: str
    colour: str
    x: float = 0
    y: float = 0


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
    """One numbered point of the map."""

    number: int
    x: float
    y: float
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Map:
    """Self against others, with the band in which both agree."""

    size: int
    low: float
    high: float
    span: float
    line: float
    line_y: float
    ticks: tuple[tuple[int, float, float, float], ...]  # label, x, y, baseline of the label at y
    band: str  # polygon points
    dots: tuple[Dot, ...]


def styles(groups: Sequence[Group]) -> dict[str, Mark]:
    """The mark of each group; the same relationship always has the same one."""
    more = iter(MORE_STYLES * (1 + len(groups) // len(MORE_STYLES)))
    return {
        group.key: Mark(*(MERGED_STYLE if group.kind is None else STYLES.get(group.kind) or next(more)))
        for group in groups
    }


def axis(points: int, width: int = STRIP_WIDTH) -> tuple[tuple[int, float], ...]:
    """The scale above the rows of a dot plot: points and where they lie."""
    return tuple((point, _place(point, points, width)) for point in range(1, points + 1))


def strip(
    cells: Mapping[str, Cell],
    others: Cell | None,
    marks: Mapping[str, Mark],
    points: int,
    width: int = STRIP_WIDTH,
    norms: Sequence[float | None] = (),
) -> Strip:
    """The row of a dot plot for one statement or competency; `norms` in the order of the report."""

    def place(score: float) -> float:
        return _place(score, points, width)

    band = None
    if others and others.spread:
        half = BAND[others.spread] * (points - 1) / 4
        left, right = place(max(1, others.mean - half)), place(min(points, others.mean + half))
        band = (left, round(right - left, 1))
    placed = _apart((place(cell.mean), marks[key]) for key, cell in cells.items())
    return Strip(
        ticks=tuple(place(point) for point in range(1, points + 1)),
        marks=placed,
        middle=place(others.mean) if others else None,
        band=band,
        norms=tuple(
            (place(mean), dashes) for mean, dashes in zip(norms, NORM_DASHES, strict=False) if mean is not None
        ),
        width=width,
    )


def _place(score: float, points: int, width: int) -> float:
    return round(STRIP_INSET + (score - 1) * (width - 2 * STRIP_INSET) / max(1, points - 1), 1)


def _apart(placed: Iterable[tuple[float, Mark]]) -> tuple[Mark, ...]:
    """Marks that would cover each other step aside, up and down in turn; the hollow one stays on top."""
    out: list[Mark] = []
    lanes = (0.0, -4.5, 4.5)
    centre = STRIP_HEIGHT / 2
    for x, mark in sorted(placed, key=lambda pair: pair[0]):
        taken = {round(other.y - centre, 1) for other in out if abs(other.x - x) < 8}
        lane = next((each for each in lanes if each not in taken), 0.0)
        out.append(Mark(mark.shape, mark.colour, x, centre + lane))
    return tuple(sorted(out, key=lambda mark: mark.shape == "ring"))


def quadrant_map(competencies: Sequence[CompetencyResult], points: int, *, line: float, similar: float) -> Map:
    """Self against others for each competency that has both, numbered in the order given."""
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
        band=" ".join(f"{across(x)},{down(y)}" for x, y in corners),
        dots=_labelled(places),
    )


def _labelled(places: Sequence[tuple[int, float, float]]) -> tuple[Dot, ...]:
    """Each point with its number where it covers neither another point nor another number."""
    taken = [(x, y) for _number, x, y in places]
    dots = []
    for number, x, y in places:
        around = [(x + away * right, y + away * down) for away in (11, 17, 23) for right, down in DIRECTIONS]
        free = (spot for spot in around if all(abs(spot[0] - a) > 9 or abs(spot[1] - b) > 9 for a, b in taken))
        spot = next(free, around[0])
        taken.append(spot)
        dots.append(Dot(number, x, y, round(spot[0], 1), round(spot[1] + 3.5, 1)))
    return tuple(dots)


def by_verdict(competencies: Sequence[CompetencyResult]) -> dict[Verdict, list[tuple[int, str]]]:
    """The map as a list: number and name of the competencies of each verdict; the four main ones always."""
    fields: dict[Verdict, list[tuple[int, str]]] = {verdict: [] for verdict in Verdict}
    for number, competency in enumerate(competencies, start=1):
        if competency.verdict:
            fields[competency.verdict].append((number, competency.name))
    return {verdict: dots for verdict, dots in fields.items() if dots or verdict in MAIN_FIELDS}
