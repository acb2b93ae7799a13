"""Load of raters over all active assessments, and moving evaluations away from overloaded ones."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set

from assessments.evaluation_lines import ADD, NOTE, REMOVE, Wanted
from assessments.hierarchy import ReportingLine
from assessments.models import Evaluation
from directory.models import Person
from qxportal.threesixty.relationships import PEER
from qxportal.ui.stored_messages import gettext_stored


def spread(load: Mapping[str, int]) -> list[tuple[int, int]]:
    """Number of raters by number of open evaluations, from one on, without gaps."""
    counted = Counter(number for number in load.values() if number > 0)
    return [(number, counted[number]) for number in range(1, max(counted, default=0) + 1)]


def rebalancing_rows(
    movable: Iterable[Evaluation],
    load: Mapping[str, int],
    most: int,
    line: ReportingLine,
    persons: Mapping[str, Person],
    asked: Mapping[tuple[str, str], Set[str]],
    *,
    seed: str,
) -> Iterator[Wanted]:
    """Moves of peers' evaluations that have not begun, from raters with more than `most` to peers of the subject.

    A move asks one and removes one, so no group shrinks. `persons` are the subjects by key, `asked` the evaluators by
    assessment and subject. A rater who cannot be relieved is noted once.
    """
    loads = Counter(load)
    taken = {pair: set(keys) for pair, keys in asked.items()}
    chance = random.Random(seed)
    rows = sorted(
        (one for one in movable if one.relationship == PEER and one.status == Evaluation.Status.NOT_STARTED),
        key=lambda one: (-load.get(one.evaluator_key, 0), one.evaluator_key, one.assessment.vendor_id, one.subject_key),
    )
    stuck: dict[str, Wanted] = {}
    for one in rows:
        if loads[one.evaluator_key] <= most:
            continue
        ids = (one.assessment.vendor_id, one.subject_key)
        subject, there = persons.get(one.subject_key), taken.setdefault(ids, set())
        peers = line.peers_of(subject) if subject is not None else []
        free = [
            peer for peer in peers if peer.vendor_id not in there and loads[peer.vendor_id] < most and not peer.external
        ]
        if not free:
            stuck[one.evaluator_key] = Wanted(
                NOTE,
                *ids,
                one.evaluator_key,
                note=gettext_stored("No other peer of the subject can take an evaluation within the limit."),
                label=one.evaluator_name,
            )
            continue
        chance.shuffle(free)
        chosen = min(free, key=lambda peer: loads[peer.vendor_id])
        there.add(chosen.vendor_id)
        loads[chosen.vendor_id] += 1
        loads[one.evaluator_key] -= 1
        yield Wanted(ADD, *ids, chosen.vendor_id, PEER)
        yield Wanted(REMOVE, *ids, one.evaluator_key, PEER, instead=chosen.vendor_id)
    yield from (note for key, note in stuck.items() if loads[key] > most)
