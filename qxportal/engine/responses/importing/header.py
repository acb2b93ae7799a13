"""Interprets the columns of a file of responses."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.relationships import squeeze
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Assessment, Question
from qxportal.engine.people.fields import NAME_LIMIT
from qxportal.engine.responses.drill_downs import Lists, lists_of
from qxportal.engine.responses.evaluation_status import HEADER
from qxportal.engine.responses.importing.bookkeeping import NAMES, is_bookkeeping
from qxportal.engine.responses.importing.source import IMPORT_ID, V_LABEL, import_id
from qxportal.engine.responses.questions import questions
from qxportal.engine.responses.values import reader, readers_of_boxes

SUBJECT, SUBJECT_EMAIL = "SubjectUniqueIdentifier", "SubjectEmail"
EVALUATOR, EVALUATOR_EMAIL = "ParticipantUniqueIdentifier", "EvaluatorEmail"
RESPONSE, FINISHED = "ResponseID", "Finished"
FIXED = (*HEADER, RESPONSE, FINISHED)
SIDES = ("Subject", "Evaluator")
MARKS = 3  # this many bookkeeping columns occur only in exports
LIKE_A_QUESTION = re.compile(r"Q(?:ID)?[0-9].*", re.IGNORECASE)
Read = Callable[[str], Given | None]


@dataclass(frozen=True)
class Header:
    """The columns of a file by position."""

    width: int
    fixed: Mapping[str, int] = field(default_factory=dict)  # by the names of FIXED
    asked: Mapping[int, Sequence[tuple[Question, Read]]] = field(default_factory=dict)  # by place
    drill_downs: Sequence["DrillDown"] = ()
    metadata: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # side -> place -> key
    left_out: Sequence[str] = ()  # ignored columns

    def cell(self, row: Sequence[str], name: str) -> str:
        """A row's text in a fixed column; empty if the file has none."""
        place = self.fixed.get(name)
        return row[place].strip() if place is not None and place < len(row) else ""


@dataclass(frozen=True)
class DrillDown:
    """A drill-down, whose cells are read together: its lists and their columns; None for a missing column."""

    lists: Lists
    places: Sequence[int | None]


@dataclass(frozen=True)
class _Column:
    """Everything that the header rows say about one column."""

    title: str
    others: Sequence[str] = ()  # its names in further header rows
    import_id: str = ""  # the vendor's import id

    @property
    def names(self) -> list[str]:
        return [self.title, *self.others]

    @property
    def is_no_answer(self) -> bool:
        """Whether the vendor's header rows show that the column is no question."""
        if self.import_id:
            return not self.import_id.startswith("QID")
        return any(other == self.title for other in self.others)  # questions have their text there


def read(heads: Sequence[Sequence[str]], assessment: Assessment) -> Header:
    """Interpret the header rows; raises Invalid for an unknown title, which may be a mistyped question."""
    columns = _columns(heads)
    exact = {name for name in FIXED if any(column.title == name for column in columns)}
    loose = {squeeze(name): name for name in FIXED if name not in exact}
    known = _Questions(assessment, columns)
    exported = any(squeeze(column.title) == squeeze(RESPONSE) for column in columns)
    by_machine = exported and sum(is_bookkeeping(column.title) for column in columns) >= MARKS
    own_fields = {str(one.get("Field", "")) for one in assessment.survey.embedded_data}
    fixed: dict[str, int] = {}
    asked: dict[int, Sequence[tuple[Question, Read]]] = {}
    taken: dict[str, int] = {}
    metadata: dict[str, dict[int, str]] = {}
    left_out: list[str] = []
    for place, column in enumerate(columns):
        if not (column.title or column.import_id):
            continue
        side, _, key = column.title.partition(" ")
        name = column.title if column.title in exact else loose.get(squeeze(column.title))
        if name:
            _put(fixed, name, place)
        elif exported and squeeze(column.title) in NAMES and not column.import_id.startswith("QID"):
            continue
        elif question := known.of(column):
            _put(taken, question.public_id, place)
            asked[place] = [(question, reader(question))]
        elif boxes := known.boxes_of(column):
            for box in boxes:
                _put(taken, box.public_id, place)
            asked[place] = readers_of_boxes(boxes)
        elif side in SIDES and 0 < len(key) <= NAME_LIMIT:
            if key in metadata.get(side, {}).values():
                raise Invalid("FileContents", f"The header has {column.title[:60]} twice.")
            metadata.setdefault(side, {})[place] = key
        elif is_bookkeeping(column.title) or is_bookkeeping(column.import_id):
            continue
        elif (
            column.title in own_fields or column.is_no_answer or (by_machine and not any(map(known.like, column.names)))
        ):
            left_out.append(column.title or column.import_id)
        else:
            name = (column.title or column.import_id)[:60]
            raise Invalid("FileContents", f"The column {name} is unknown: no question of the form has this name.")
    _refuse_incomplete(fixed, asked, assessment)
    drill_downs = _drill_downs(asked, known.by_id.values())
    return Header(len(columns), fixed, asked, drill_downs, metadata, left_out)


def _drill_downs(asked: dict[int, Sequence[tuple[Question, Read]]], questions: Iterable[Question]) -> list[DrillDown]:
    """The drill-downs of a file, whose columns are read together."""
    places = {question.public_id: place for place, pairs in asked.items() for question, _read in pairs}
    found = []
    for lists in lists_of(questions):
        own = [places.get(column.public_id) for column in lists.columns]
        if any(place is not None for place in own):
            found.append(DrillDown(lists, own))
            asked.update({place: () for place in own if place is not None})
    return found


def _columns(heads: Sequence[Sequence[str]]) -> list[_Column]:
    columns: list[_Column] = []
    for place, title in enumerate(heads[0]):
        said = [row[place].strip() for row in heads if place < len(row)]
        ids = [found for found in map(import_id, said) if found]
        names = [name for name in said if name and not V_LABEL.fullmatch(name) and IMPORT_ID.match(name) is None]
        own = title.strip()
        columns.append(
            _Column(
                own if own in names else (names[0] if names else own),
                names[1:] if own in names else names,
                ids[0] if ids else "",
            )
        )
    return columns


class _Questions:
    """The questions of a survey by all possible column names: id, export tag, or text."""

    def __init__(self, assessment: Assessment, columns: Sequence[_Column]) -> None:
        found = questions(assessment.survey)
        self.by_id = {question.public_id: question for question in found}
        self.by_import_id = {f"{id}_TEXT": one for id, one in self.by_id.items() if one.kind == Question.Kind.TEXT}
        self.by_tag = _lists((question.tag, question) for question in found)
        self.by_text = _lists((squeeze(question.text), question) for question in found)
        self.by_stem = _lists(
            (name, question)
            for question in found
            if question.stem and question.kind == Question.Kind.MARK
            for name in _together(question)
        )
        # newer exports name text cells of a matrix without _TEXT
        self.by_shorter_tag = _lists(
            (question.tag.removesuffix("_TEXT"), question)
            for question in found
            if question.kind == Question.Kind.TEXT and question.tag.endswith("_TEXT")
        )
        self.numbered = {  # duplicate tags made unique: Q1, Q1_2
            numbered: question
            for tag, same in self.by_tag.items()
            for place, question in enumerate(same, start=1)
            if len(same) > 1
            for numbered in ((tag,) if place == 1 else (f"{tag}_{place}", f"{tag}.{place - 1}"))  # .1 of data frames
            if place == 1 or not (numbered in self.by_tag or numbered in self.by_id)
        }
        self.beginnings = {_beginning(name) for name in (*self.by_tag, *self.by_id)}
        self.tags = Counter(name for column in columns for name in dict.fromkeys(column.names))
        self.texts = Counter(squeeze(name) for column in columns for name in dict.fromkeys(column.names))
        self.seen: Counter[tuple[str, str]] = Counter()

    def of(self, column: _Column) -> Question | None:
        """The question of a column; among several with one tag or text, the one in the same position."""
        for name in (column.import_id, *column.names):
            if question := self.by_id.get(name) or self.by_import_id.get(name):
                return question
        for name in column.names:
            if question := self._at_its_place("tag", name, self.by_tag, self.tags[name]):
                return question
        for name in column.names:
            if name in self.numbered and (name not in self.by_tag or self.tags.keys() & {f"{name}_2", f"{name}.1"}):
                return self.numbered[name]
        for name in column.names:
            if len(self.by_shorter_tag.get(name, ())) == 1 and name not in self.by_tag and name not in self.by_stem:
                return self.by_shorter_tag[name][0]
        for name in column.names:
            plain = squeeze(name)
            if question := self._at_its_place("text", plain, self.by_text, self.texts[plain]):
                return question
        return None

    def boxes_of(self, column: _Column) -> Sequence[Question]:
        """The boxes of a column that has all ticked choices of a question; else empty."""
        return next((self.by_stem[name] for name in (column.import_id, *column.names) if name in self.by_stem), ())

    def like(self, title: str) -> bool:
        """Whether an unknown column looks like a question of the survey."""
        return LIKE_A_QUESTION.fullmatch(title) is not None or _beginning(title) in self.beginnings

    def _at_its_place(
        self, kind: str, name: str, known: Mapping[str, Sequence[Question]], columns: int
    ) -> Question | None:
        found = known.get(name, ())
        if not found or (len(found) > 1 and len(found) != columns):
            return None  # may be in `numbered`
        place = self.seen[kind, name] if len(found) > 1 else 0
        self.seen[kind, name] += 1
        return found[place] if place < len(found) else None


def _together(box: Question) -> Iterable[str]:
    """The names of a column with all ticked choices of a question, or of a statement of a matrix."""
    statement, _, answer = box.part.rpartition("_")
    if box.stem and not statement:
        return dict.fromkeys((box.stem.public_id, box.stem.tag))
    return dict.fromkeys(name.removesuffix(f"_{answer}") for name in (box.public_id, box.tag))


def _beginning(name: str) -> str:
    return squeeze(re.split(r"[_#]|\.\d", name)[0])


def _lists(pairs: Iterable[tuple[str, Question]]) -> Mapping[str, list[Question]]:
    found: defaultdict[str, list[Question]] = defaultdict(list)
    for name, question in pairs:
        if name:
            found[name].append(question)
    return dict(found)


def _put(places: dict[str, int], name: str, place: int) -> None:
    if name in places:
        raise Invalid("FileContents", f"The header has {name} twice.")
    places[name] = place


def _refuse_incomplete(fixed: Mapping[str, int], asked: Mapping[int, object], assessment: Assessment) -> None:
    needed = [(EVALUATOR, EVALUATOR_EMAIL)]
    if assessment.has_subjects:
        needed += [(SUBJECT, SUBJECT_EMAIL), ("Relationship", "Relationship")]
    for name, instead in needed:
        if name not in fixed and instead not in fixed:
            raise Invalid("FileContents", f"The header has no column {name}.")
    if not asked:
        raise Invalid("FileContents", "The header has no question of the form, by its id or its export tag.")
