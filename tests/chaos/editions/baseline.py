"""The control: reports from the answers that are there now, each hidden well by itself and never compared."""

from dataclasses import replace

from qxportal.engine.models import Evaluation
from qxportal.engine.reports.placing import EXEMPT, Waiting, group_line, place
from qxportal.engine.reports.types import Evaluation as Form
from qxportal.engine.reports.types import ReportSource
from tests.chaos.editions.world import OPEN, RATED, Key, World

LINES = {"Self": "self", "Manager": "manager"}


def source(world: World, real: ReportSource) -> ReportSource:
    """The same report, but for its figures."""
    said = world.keys
    forms = [
        Form(
            relationship=one.relationship,
            answers={id: _number(world, said.get((one.pk, world.questions[id].pk))) for id in RATED},
            comments={
                id: str(world.value(said[one.pk, world.questions[id].pk]))
                for id in OPEN
                if (one.pk, world.questions[id].pk) in said
            },
        )
        for one in _finished(world)
    ]
    return replace(real, shown=None, evaluations=tuple(forms))


def cells(world: World) -> dict[str, list[frozenset[Key]]]:
    """Which answers stand together, by question; those of known people are no secret."""
    found: dict[str, list[frozenset[Key]]] = {}
    for id in RATED:
        said = [
            (LINES.get(one.relationship, group_line(one.relationship)), world.keys[one.pk, world.questions[id].pk])
            for one in _finished(world)
            if (one.pk, world.questions[id].pk) in world.keys
        ]
        joined = place([Waiting(at, line) for at, (line, _key) in enumerate(said)], 3, first=True)
        found[id] = [
            frozenset(said[one.key][1] for one in batch) for line, batch in joined.items() if line not in EXEMPT
        ]
    return found


def _finished(world: World) -> list[Evaluation]:
    return [one for one in world.evaluations() if one.status == Evaluation.Status.COMPLETED]


def _number(world: World, key: Key | None) -> int | None:
    value = world.value(key) if key else None
    return value if isinstance(value, int) else None
