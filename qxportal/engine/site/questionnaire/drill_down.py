"""Drill-downs: each list offers the options below the answer in the list before."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from qxportal.engine.assessments.answering import Given
from qxportal.engine.site.questionnaire.items import Field, Option


class NotTogetherError(Exception):
    """Answers in different lists do not fit together; has a message and the `field`."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def offered(lists: Sequence[Field], chosen: Mapping[str, int]) -> list[tuple[Option, ...]]:
    """The options of each list after the answers in earlier lists; none after a list without an answer."""
    found: list[tuple[Option, ...]] = []
    above: int | None = 0
    for one in lists:
        options = () if above is None else tuple(option for option in one.options if option.below in (0, above))
        value = chosen.get(one.name)
        above = value if any(option.value == value for option in options) else None
        found.append(options)
    return found


def next_list(lists: Sequence[Field], chosen: Mapping[str, int]) -> Field:
    """The next list to answer; the last answered one if nothing is below its answer."""
    reached = [one for one, options in zip(lists, offered(lists, chosen), strict=True) if options]
    return reached[-1] if reached else lists[0]


def whole(lists: Sequence[Field], given: Mapping[str, Given]) -> dict[str, Given]:
    """The answers in all lists that follow from those in some; raises NotTogetherError.

    A list not given follows from the answer in a later list; lists after the last answer become blank.
    """
    last = max((number for number, one in enumerate(lists) if _value(given, one) is not None), default=-1)
    found = {one.name: Given() for one in lists}
    wanted, after = 0, lists[last]  # the answer that the lists after it are below, and the next of these that is given
    for one in reversed(lists[: last + 1]):
        value = _value(given, one) if one.name in given else wanted or None
        if value is None:
            words = _("Choose an answer in the list “%(list)s” first.") % {"list": one.label}
            raise NotTogetherError(one.name if one.name in given else after.name, words)
        if wanted and value != wanted:
            answers = {"answer": _label(after, _value(given, after)), "other": _label(one, value)}
            words = _("“%(answer)s” does not belong to “%(other)s”. Choose one of the answers shown.") % answers
            raise NotTogetherError(after.name, words)
        found[one.name] = Given(value=value)
        after = one if one.name in given else after
        wanted = next(option.below for option in one.options if option.value == value)
    return found


def _value(given: Mapping[str, Given], one: Field) -> int | None:
    return given[one.name].value if one.name in given else None


def _label(one: Field, value: int | None) -> str:
    return next((option.label for option in one.options if option.value == value), "")
