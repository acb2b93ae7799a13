"""Dates in text cells: the order of day and month in 1/2/2026 often shows only from the whole column."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from qxportal.core.tables.reading import AS_WRITTEN, DAY_FIRST, MONTH_FIRST

PLACES = r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})"
DATE = re.compile(PLACES, re.ASCII)
SOMEWHERE = re.compile(rf"(?<![^\x1f])(?:{PLACES})(?![^\x1f])", re.ASCII)  # in cells joined by \x1f
EITHER, MIXED = "either", "mixed"
CENTURY = 50  # two-digit years below it belong to this century


class DateColumns:
    """Collects, row by row, the order in which each column writes its dates."""

    def __init__(self) -> None:
        self.counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.samples: defaultdict[int, list[str]] = defaultdict(list)

    def see(self, cells: Iterable[str]) -> None:
        """Take a row with dates into account."""
        for place, cell in enumerate(cells):
            found = DATE.fullmatch(cell.strip())
            if found and (order := _order_of(found)):
                self.counts[place][order] += 1
                if order == EITHER and len(self.samples[place]) < 3 and cell not in self.samples[place]:
                    self.samples[place].append(cell)

    def orders(self) -> dict[int, str]:
        """The order of each date column; EITHER if no cell decides, MIXED if cells contradict each other."""
        found = {}
        for place, counts in self.counts.items():
            sure = {DAY_FIRST, MONTH_FIRST} & set(counts)
            found[place] = MIXED if len(sure) > 1 else next(iter(sure), EITHER)
        return found


def _order_of(found: re.Match[str]) -> str:
    """The orders that a date allows; empty if the text is no date."""
    first, separator, second, year = int(found[1]), found[2], int(found[3]), _year(found[4])
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if separator == ".":
        return DAY_FIRST if day_first else ""
    if day_first and month_first:
        return EITHER if first != second else ""
    return DAY_FIRST if day_first else MONTH_FIRST if month_first else ""


def with_iso_dates(cells: Sequence[str], orders: Mapping[int, str]) -> tuple[str, ...]:
    """The cells of a row, with ISO dates such as 2026-11-24 in columns with a known order."""
    changed = list(cells)
    for place, order in orders.items():
        if order in (DAY_FIRST, MONTH_FIRST) and place < len(changed):
            changed[place] = _iso(changed[place], order)
    return tuple(changed)


def _iso(cell: str, order: str) -> str:
    found = DATE.fullmatch(cell.strip())
    if not found:
        return cell
    day, month = (found[1], found[3]) if order == DAY_FIRST else (found[3], found[1])
    read = _date(_year(found[4]), int(month), int(day))
    return read.isoformat() if read else cell


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < CENTURY else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def settled(orders: Mapping[int, str], chosen: str | None) -> dict[int, str]:
    """The orders, with the chosen one for columns that do not decide."""
    return {place: (chosen or AS_WRITTEN) if order == EITHER else order for place, order in orders.items()}
