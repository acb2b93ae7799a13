"""The cells of an edition, from which a report is computed."""

from collections import Counter, defaultdict
from collections.abc import Collection

from django.db.models import Q

from qxportal.engine.editions.making import restored
from qxportal.engine.models import AnswerClass, Edition
from qxportal.engine.reports.placing import ALL_OTHERS
from qxportal.engine.reports.types import Score, Shown


def classes(edition: Edition, *, staying: bool = False) -> list[AnswerClass]:
    """The answer classes that the edition shows, without lines hidden since.

    `staying`: without classes that the next edition drops.
    """
    there = Q(gone=None) | Q(gone__gt=edition.number)
    hidden = {*edition.frame.get("hidden", ()), *edition.series.hidden}
    found = AnswerClass.objects.filter(there, series=edition.series_id, since__lte=edition.number)
    if staying:
        found = found.filter(leaving=False)
    return list(found.exclude(line__in=hidden).order_by("pk"))


def shown(edition: Edition, ratings: Collection[str], texts: Collection[str], *, staying: bool = False) -> Shown:
    """An edition's cells for these ratings and open questions (ids); `staying` as in `classes`.

    An edition may hold more: lists of drill-downs were open questions once.
    """
    scores: defaultdict[tuple[str, str], list[Score]] = defaultdict(list)
    said: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    given: Counter[tuple[str, str]] = Counter()
    inside: defaultdict[str, set[str]] = defaultdict(set)
    for each in classes(edition, staying=staying):
        cell = each.question, each.line
        if each.question not in ratings and each.question not in texts:
            continue
        given[cell] += each.given
        if each.question in texts:
            said[cell] += [str(value) for value in each.values]
        else:
            scores[cell] += [restored(value) for value in each.values]
            if each.line == ALL_OTHERS:
                inside[each.question].update(each.lines)
    largest: Counter[str] = Counter()
    for (_question, line), values in scores.items():
        largest[line] = max(largest[line], len(values))
    return Shown(
        scores={cell: tuple(sorted(values)) for cell, values in scores.items()},
        texts={cell: tuple(sorted(words)) for cell, words in said.items()},
        given=given,
        inside={item: frozenset(lines) for item, lines in inside.items()},
        raters={line: max(largest[line], edition.frame["raters"].get(line, 0)) for line in largest},
        unasked=edition.frame["unasked"],
    )
