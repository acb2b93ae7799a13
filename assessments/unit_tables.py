"""Group reports as tables of the page and the file: units side by side, by scale and by statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.threesixty.records.group_reports import AskedRecord, GroupCellRecord, GroupReportRecord, UnitRecord

HEAT = 5  # steps of the heat map
WITHHELD: Mapping[str, Promise] = {
    "TooFew": gettext_lazy("Too few subjects"),
    "Difference": gettext_lazy("Too close to an earlier report"),
    "Readers": gettext_lazy("Readers of single reports"),
}
EXPLAINED: Mapping[str, Promise] = {
    "TooFew": gettext_lazy("Fewer than 5 subjects of the unit have a figure here."),
    "Difference": gettext_lazy(
        "Together with earlier group reports, the figure would reveal the figures of fewer than 5 subjects. "
        "It is shown once the difference is at least 5 subjects."
    ),
    "Readers": gettext_lazy(
        "A reader who may open reports of single subjects of this unit "
        "could derive the figures of fewer than 5 other subjects."
    ),
}
LEFT_OUT: Mapping[str, Promise] = {
    "Yourself": gettext_lazy("account that the portal signs in with"),
    "NotDone": gettext_lazy("not done"),
    "NoReport": gettext_lazy("no report yet"),
    "FewAnswers": gettext_lazy("too few answers"),
}


@dataclass(frozen=True)
class Shown:
    """One cell: a figure with its heat-map step, or the reason why there is none."""

    unit: str
    cell: GroupCellRecord
    heat: int = 0  # 1 is lowest; 0: no figure

    @property
    def why(self) -> str:
        """The short reason for a missing figure."""
        return str(WITHHELD.get(self.cell.withheld, _("No figure")))


@dataclass(frozen=True)
class Row:
    """A table row: one scale or statement with a cell per unit, or one unit with a cell per scale."""

    name: str
    subjects: int
    cells: Sequence[Shown]


@dataclass(frozen=True)
class Scale:
    """A competency with its statements."""

    name: str
    rows: Sequence[Row]


def units_of(report: GroupReportRecord) -> list[tuple[str, UnitRecord]]:
    """The units, with their total at the end."""
    named = [(unit.name, unit) for unit in report.groups]
    if report.together is not None and any(cell.mean is not None for cell in report.together.cells.values()):
        named.append((_("All that is shown"), report.together))
    return named


def heat_map(report: GroupReportRecord) -> list[Row]:
    """A row for each unit with a cell for each scale."""
    return [
        Row(name, unit.subjects, [_shown(one.text, one, unit, report) for one in report.competencies])
        for name, unit in units_of(report)
    ]


def scales(report: GroupReportRecord) -> list[Scale]:
    """Each scale with its statements, a cell for each unit."""
    return [
        Scale(
            one.text,
            [
                Row(item.text, 0, [_shown(name, item, unit, report) for name, unit in units_of(report)])
                for item in one.items
            ],
        )
        for one in report.competencies
    ]


def reasons(report: GroupReportRecord) -> list[tuple[str, str]]:
    """The reasons for missing figures in this report, each with an explanation."""
    found = {cell.withheld for unit in report.groups for cell in unit.cells.values() if cell.withheld}
    return [(str(WITHHELD[reason]), str(EXPLAINED[reason])) for reason in WITHHELD if reason in found]


def partial(report: GroupReportRecord) -> bool:
    """Whether a scale's figure covers only some of its statements."""
    return any(cell.statements for _name, unit in units_of(report) for cell in unit.cells.values())


def lines(report: GroupReportRecord) -> Iterator[Sequence[object]]:
    """The file: a line for each unit and scale or statement."""
    for name, unit in units_of(report):
        for competency in report.competencies:
            for one, statement in ((competency, ""), *((item, item.text) for item in competency.items)):
                shown = _shown(name, one, unit, report)
                cell = shown.cell
                figure = (cell.mean, cell.subjects, "") if cell.mean is not None else ("", "", shown.why)
                yield name, competency.text, statement, *figure, cell.since or ""


@dataclass(frozen=True)
class Ahead:
    """The preview of one unit."""

    name: str
    subjects: int
    left_out: str
    shown: int  # statements
    withheld: str


def ahead(report: GroupReportRecord) -> list[Ahead]:
    """The preview of each unit: counted subjects, left-out subjects with reasons, and shown statements."""
    statements = [item.id for one in report.competencies for item in one.items]
    found = []
    for unit in report.groups:
        cells = [unit.cells.get(id, GroupCellRecord()) for id in statements]
        left = _counted([one.reason for one in unit.left_out], LEFT_OUT)
        kept = _counted([cell.withheld for cell in cells if cell.withheld], WITHHELD)
        shown = sum(bool(cell.subjects) and not cell.withheld for cell in cells)
        found.append(Ahead(unit.name, unit.subjects, left, shown, kept))
    return found


def _counted(reasons: Sequence[str], words: Mapping[str, Promise]) -> str:
    counted = {reason: reasons.count(reason) for reason in dict.fromkeys([*words, *reasons]) if reason in reasons}
    return ", ".join(f"{words.get(reason, reason)}: {number}" for reason, number in counted.items())


def _shown(name: str, asked: AskedRecord, unit: UnitRecord, report: GroupReportRecord) -> Shown:
    cell = unit.cells.get(asked.id, GroupCellRecord())
    points = len(report.scale)
    if cell.mean is None or points < 2:
        return Shown(name, cell)
    part = (cell.mean - 1) / (points - 1)
    return Shown(name, cell, max(1, min(HEAT, 1 + int(part * HEAT))))
