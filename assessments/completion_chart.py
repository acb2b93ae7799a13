"""The completion curves as lines of a chart; a table beside the chart shows the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from assessments.completion import Completion, Curve

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 72, 16, 12, 32
TABLE_ROWS = 60


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    words: str


@dataclass(frozen=True)
class Chart:
    """The lines and marks of the chart, in chart coordinates."""

    line: str  # points, as SVG takes them
    beside: str
    levels: Sequence[Tick]
    days: Sequence[Tick]
    deadline: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Day:
    """A row of the table."""

    number: int
    date: object
    done: int | None
    percent: int | None
    beside: int | None
    beside_percent: int | None


def chart_of(told: Completion) -> Chart:
    """The chart: days on the x axis, percent of the requested evaluations on the y axis."""
    last = max(_last_day(told), 1)

    def across(day: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * day / last, 1)

    def points(curve: Curve | None) -> str:
        if curve is None:
            return ""
        places = ((across(day), _up(curve.share(number))) for day, number in enumerate(curve.done) if day <= last)
        return " ".join(f"{x},{y}" for x, y in places)

    step = max(1, -(-last // 8))
    return Chart(
        points(told.curve),
        points(told.beside),
        [Tick(_up(percent / 100), f"{percent} %") for percent in (0, 25, 50, 75, 100)],
        [Tick(across(day), str(day)) for day in range(0, last + 1, step)],
        across(day) if (day := _deadline(told)) is not None and day >= 0 else None,
    )


def table_of(told: Completion) -> list[Day]:
    """The chart's numbers by day, with gaps between rows if there are many days."""
    last = _last_day(told)
    step = max(1, -(-(last + 1) // TABLE_ROWS))
    days = sorted({*range(0, last + 1, step), told.today, last})
    return [_day(told, number) for number in days]


def _day(told: Completion, number: int) -> Day:
    curve, beside = told.curve, told.beside
    done = curve.done[number] if number <= told.today else None
    before = beside.on(number) if beside else None
    return Day(
        number,
        curve.began + timedelta(days=number),
        done,
        None if done is None else round(100 * curve.share(done)),
        before,
        None if beside is None or before is None else round(100 * beside.share(before)),
    )


def _last_day(told: Completion) -> int:
    return max(told.today, len(told.beside.done) - 1 if told.beside else 0, _deadline(told) or 0)


def _deadline(told: Completion) -> int | None:
    return (timezone.localdate(told.closes_at) - told.curve.began).days if told.closes_at else None


def _up(share: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)
