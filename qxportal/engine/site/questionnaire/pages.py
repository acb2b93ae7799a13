"""The questions of an evaluation page by page: flow, branches, display and skip logic, random order."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from qxportal.engine.models import Question
from qxportal.engine.site.questionnaire.items import Field, Item, Row
from qxportal.engine.site.questionnaire.piping import filled
from qxportal.engine.site.questionnaire.plan import BREAK, Block, Plan
from qxportal.engine.surveys.logic import Answered, AnsweredEvaluation, meets
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.qsf.carried import source

Kind = Question.Kind
T = TypeVar("T")
BLOCKS = ("Block", "Standard", "Default")
DEEPEST = 20
END_OF_BLOCK, END_OF_SURVEY = "ENDOFBLOCK", "ENDOFSURVEY"
SHUFFLED = "{~Randomized~}"


@dataclass(frozen=True)
class Page:
    """The questions of one page; `id`: of the first one, so that links stay valid."""

    id: str
    items: Sequence[Item]

    @property
    def fields(self) -> Iterator[Field]:
        """All fields on it."""
        for item in self.items:
            yield from item.fields


class _EndSurvey(Exception):
    """The survey ends here."""


def pages(plan: Plan, answers: Mapping[str, Answered], fields: Mapping[str, str], seed: str) -> list[Page]:
    """The pages that follow from the answers so far; `seed` makes random order reproducible."""
    return _Walk(plan, answers, fields, seed).pages()


class _Walk:
    def __init__(self, plan: Plan, answers: Mapping[str, Answered], fields: Mapping[str, str], seed: str) -> None:
        self.plan = plan
        self.form = AnsweredEvaluation(answers, {**plan.embedded, **fields}, plan.points)
        self.seed = seed
        self.made: list[list[Item]] = []

    def pages(self) -> list[Page]:
        """Walk the flow once."""
        with suppress(_EndSurvey):
            self._flow(self.plan.flow, 0)
        fields = {name.casefold(): value for name, value in self.form.fields.items()}
        said = self._said()
        return [Page(items[0].id, [filled(item, fields, said) for item in items]) for items in self.made if items]

    def _flow(self, steps: Sequence[Payload], depth: int) -> None:
        if depth > DEEPEST:
            return
        for step in steps:
            type, inside = step.get("Type"), step.get("Flow") or ()
            if type in BLOCKS:
                if block := self.plan.blocks.get(str(step.get("ID"))):
                    self._block(block)
            elif type == "Branch":
                if meets(self.form, step.get("BranchLogic")):
                    self._flow(inside, depth + 1)
            elif type == "BlockRandomizer":
                self._flow(self._chosen(step, list(inside)), depth + 1)
            elif type == "EndSurvey":
                raise _EndSurvey
            elif type == "EmbeddedData":
                self._set(step)
            else:
                self._flow(inside, depth + 1)

    def _chosen(self, step: Payload, inside: list[Payload]) -> list[Payload]:
        """A random subset of the steps, in random order."""
        chance = random.Random(f"{self.seed}|{step.get('FlowID')}")
        count = str(step.get("SubSet") or "")
        chance.shuffle(inside)
        return inside[: int(count)] if count.isdecimal() else inside

    def _set(self, step: Payload) -> None:
        """Set embedded data of the flow."""
        given = {
            str(one.get("Field", "")): str(one["Value"])
            for one in step.get("EmbeddedData") or ()
            if isinstance(one, dict) and one.get("Value") not in (None, "")
        }
        self.form = replace(self.form, fields={**given, **{k: v for k, v in self.form.fields.items() if v}})

    def _block(self, block: Block) -> None:
        self.made.append([])
        until = ""
        for name in self._order(block):
            if name == BREAK:
                self.made.append([])
                continue
            if until and name != until:
                continue
            until = ""
            shown = [item for item in self.plan.items.get(name, ()) if self._displayed(item)]
            self.made[-1] += [self._ordered(item) for item in shown]
            target = self._skips(block.skips.get(name, ())) if shown else ""
            if target == END_OF_SURVEY:
                raise _EndSurvey
            if target == END_OF_BLOCK:
                return
            until = target if target in block.questions else ""

    def _order(self, block: Block) -> Sequence[str]:
        """The block's questions, perhaps in random order; page breaks stay in place."""
        if not block.shuffled:
            return block.questions
        names = [name for name in block.questions if name != BREAK]
        random.Random(f"{self.seed}|{block.id}").shuffle(names)
        left = iter(names)
        return [name if name == BREAK else next(left) for name in block.questions]

    def _displayed(self, item: Item) -> bool:
        logic = item.payload.get("DisplayLogic") or item.payload.get("InPageDisplayLogic")
        return not logic or meets(self.form, logic)

    def _skips(self, entries: Sequence[Payload]) -> str:
        """The target of a question's skip logic; empty: the next question."""
        for entry in entries:
            expression = {
                "0": {
                    "0": {
                        "Type": "Expression",
                        "LogicType": "Question",
                        "LeftOperand": entry.get("ChoiceLocator") or entry.get("Locator"),
                        "Operator": entry.get("Condition") or entry.get("Operator"),
                        "RightOperand": entry.get("RightOperand", ""),
                    }
                }
            }
            if meets(self.form, expression):
                return str(entry.get("SkipToDestination") or "")
        return ""

    # -- choices: carried forward, with conditions, in random order

    def _ordered(self, item: Item) -> Item:
        columns = tuple(self._ordered(column) for column in item.columns)
        if item.layout in ("matrix", "profile", "grid", "fields") and len(item.rows) > 1:
            rows = [row for row in item.rows if self._offered(item, row.choice)]
            return replace(item, rows=tuple(self._by_chance(item, rows, _statement)), columns=columns)
        if item.layout == "boxes" and item.rows:
            kept = [one for one in item.rows[0].fields if self._offered(item, one.choice)]
            groups: dict[str, list[Field]] = {}
            for one in kept:
                groups.setdefault(one.choice, []).append(one)
            order = self._by_chance(item, list(groups), str)
            row = replace(item.rows[0], fields=tuple(one for id in order for one in groups[id]))
            return replace(item, rows=(row,), columns=columns)
        if item.layout == "choice" and item.rows:
            main, *words = item.rows[0].fields
            options = [one for one in main.options if self._offered(item, one.id)]
            options = self._by_chance(item, options, lambda one: one.id)
            words = [one for one in words if self._offered(item, one.choice)]
            row = replace(item.rows[0], fields=(replace(main, options=tuple(options)), *words))
            return replace(item, rows=(row,), columns=columns)
        return replace(item, columns=columns)

    def _offered(self, item: Item, choice: str) -> bool:
        """Whether a choice is shown: its condition is met and, if it is carried forward, its source provides it."""
        given = item.payload.get("Choices")
        entry = given.get(choice) if isinstance(given, dict) else None
        logic = entry.get("DisplayLogic") if isinstance(entry, dict) else None
        if logic and not meets(self.form, logic):
            return False
        dynamic = item.payload.get("DynamicChoices")
        if not dynamic or not choice.startswith("x"):
            return True
        return self._carried(dynamic, choice[1:])

    def _carried(self, dynamic: object, choice: str) -> bool:
        named = source(dynamic)
        if named is None:
            return True
        question, path = named[0], str(dynamic)
        if "AllChoices" in path or "DisplayedChoices" in path:
            return True
        asked = "SelectableChoice"
        expression = {"0": {"0": {"Type": "Expression", "LogicType": "Question", "Operator": "Selected"}}}
        expression["0"]["0"]["LeftOperand"] = f"q://{question}/{asked}/{choice}"
        chosen = meets(self.form, expression) or _answered_row(self.form, f"{question}_{choice}")
        return not chosen if "Unselected" in path else chosen

    def _by_chance(self, item: Item, listed: list[T], key: Callable[[T], str]) -> list[T]:
        """The list in random order if the author wants it; entries with a fixed position keep it."""
        said = item.payload.get("Randomization")
        kind = said.get("Type") if isinstance(said, dict) else None
        if kind not in ("All", "Advanced", "Subset"):
            return listed
        chance = random.Random(f"{self.seed}|{item.id}")
        advanced = said.get("Advanced") if isinstance(said, dict) else None
        fixed = advanced.get("FixedOrder") if kind == "Advanced" and isinstance(advanced, dict) else None
        if not isinstance(fixed, list):
            return chance.sample(listed, len(listed))
        return _in_places(listed, key, [str(one) for one in fixed], chance)

    def _said(self) -> dict[str, str]:
        """Earlier answers by their paths in piped text."""
        found: dict[str, str] = {}
        for question, items in self.plan.items.items():
            for item in items:
                chosen = [words for one in item.fields if (words := _words(one, self.form.answers.get(one.name)))]
                if chosen:
                    found[f"{question}/ChoiceGroup/SelectedChoices"] = ", ".join(chosen)
                    found[f"{question}/ChoiceTextEntryValue"] = chosen[0]
                    found |= {f"{question}/ChoiceGroup/{id}": words for id, words in self._by_row(item)}
        return found

    def _by_row(self, item: Item) -> Iterator[tuple[str, str]]:
        """Paths and labels of the answers in each list of a drill-down or statement of a matrix."""
        for row in item.rows if item.layout in ("drill", "matrix", "profile") else ():
            one = row.fields[0]
            if words := _words(one, self.form.answers.get(one.name)):
                yield f"SelectedAnswers/{row.choice}", words


def _statement(row: Row) -> str:
    return row.choice


def _answered_row(form: AnsweredEvaluation, id: str) -> bool:
    answered = form.answers.get(id)
    return answered is not None and (answered.value is not None or bool(answered.text))


def _in_places(listed: Sequence[T], key: Callable[[T], str], fixed: Sequence[str], chance: random.Random) -> list[T]:
    by_id = {key(one): one for one in listed}
    loose = [one for id, one in by_id.items() if id not in fixed]
    chance.shuffle(loose)
    found = [loose.pop() if place == SHUFFLED and loose else by_id.get(place) for place in fixed]
    return [*(one for one in found if one is not None), *loose]


def _words(field: Field, answered: Answered | None) -> str:
    if answered is None:
        return ""
    if field.kind in (Kind.RATING, Kind.CHOICE):
        return next((one.label for one in field.options if one.value == answered.value), "")
    if field.kind == Kind.MARK:
        return field.label if answered.value else ""
    return answered.text or ("" if answered.value is None else str(answered.value))
