"""What happens to one report: people answer, come and go, and HR fetches it again and again, all drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import msgspec
from django.utils import translation

from qxportal.engine.editions import making, report_source, showing
from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Answer, Evaluation, Participant
from qxportal.engine.reports import aggregate, labels, pdf
from qxportal.engine.reports.placing import EXEMPT
from qxportal.engine.reports.results import CompetencyResult, ItemResult, ReportData
from qxportal.engine.reports.types import Viewer, ViewerKind
from tests.chaos.editions import baseline
from tests.chaos.editions.world import OPEN, RATED, Key, Names, World

GROUPS = ("Peer", "Peer", "DirectReport", "Customer")
FETCHES = 7
VIEWERS = (
    Viewer(kind=ViewerKind.ADMIN, name="H R"),
    Viewer(),
    Viewer(kind=ViewerKind.PERSON, name="M Rater", person_id="P_1"),
)


@dataclass
class Told:
    """All that left one world, and what stood behind it."""

    given: list[bytes] = field(default_factory=list)  # every edition for every viewer
    naive: list[bytes] = field(default_factory=list)
    reports: list[ReportData] = field(default_factory=list)
    pdf: bytes = b""
    classes: dict[int, frozenset[Key]] = field(default_factory=dict)  # class -> the answers in it
    sums: dict[str, list[frozenset[Key]]] = field(default_factory=dict)  # question -> every cell of every edition
    naive_sums: dict[str, list[frozenset[Key]]] = field(default_factory=dict)
    said: set[Key] = field(default_factory=set)  # finished by people who are no secret
    actions: int = 0
    wrong: list[str] = field(default_factory=list)


def too_thin(report: ReportData) -> list[str]:
    """What a report shows of fewer people than its minimums ask for, but known ones."""
    policy = report.policy
    found: list[str] = []
    results: list[CompetencyResult | ItemResult] = [*report.competencies]
    results += [item for each in report.competencies for item in each.items]
    for result in results:
        for key, cell in result.cells.items():
            if key not in EXEMPT and cell.n < policy.min_group:
                found.append(f"{result.id} of {cell.n} in {key}")
        cells = [*result.cells.values(), *([result.others] if result.others else [])]
        found += [f"spread of {cell.n} in {result.id}" for cell in cells if cell.spread and cell.n < policy.spread_min]
    with translation.override(report.language):
        known = {labels.relationship("Self"), labels.relationship("Manager")}
    for question in report.comments:
        sizes = [len(block.texts) for block in question.blocks if block.label not in known]
        found += [f"{size} comments on {question.id}" for size in sizes if size < policy.min_comments]
    return found


class History:
    """One history in one world."""

    def __init__(self, seed: int, exchanged: Names | None = None) -> None:
        self.rng = Random(seed)
        self.world = World(seed, exchanged or {})
        self.told = Told()
        self.names = 0

    def tell(self, *, printed: bool) -> Told:
        """Let everything happen; `printed` also makes the last report a PDF."""
        self._begin()
        for _ in range(FETCHES):
            for _ in range(self.rng.randint(1, 6)):
                self._act()
            self._fetch()
        if printed and self.told.reports:
            self.told.pdf = pdf.render(self.told.reports[-1])
        return self.told

    def _begin(self) -> None:
        world, rng = self.world, self.rng
        manager = world.person("M")
        if rng.random() < 0.6:
            world.people["S"].manager = manager
            world.people["S"].save(update_fields=["manager"])
        self._invite(manager.email, "Manager")
        for _ in range(rng.randint(3, 9)):
            self._invite(self._newcomer(), rng.choice(GROUPS))
        for one in world.evaluations():
            if rng.random() < 0.6:
                self._answer(one)

    def _act(self) -> None:
        self.told.actions += 1
        acts: list[tuple[Callable[[], None], float]] = [
            (self._somebody_answers, 5),
            (self._new_rater, 3),
            (self._import, 1),
            (self._other_relationship, 0.6),
            (self._remove, 1),
            (self._delete_and_create, 0.6),
            (self._change, 0.7),
            (self._clear, 0.3),
            (self._second_manager, 0.2),
            (self._confirm, 0.3),
            (self._take_out, 0.25),
            (self._hide, 0.08),
            (self._close_and_reopen, 0.3),
            (self._renew, 0.2),
            (self._come_back, 0.4),
            (self._other_minimums, 0.3),
        ]
        self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()

    def _newcomer(self, *, address: str = "") -> str:
        self.names += 1
        return self.world.person(f"R{self.names}", address=address).email

    def _ids(self) -> dict[str, str]:
        return {"ThreeSixtyID": self.world.assessment.public_id, "SubjectID": self.world.people["S"].public_id}

    def _invite(self, address: str, relationship: str, **switches: int) -> None:
        subject = self.world.people["S"].email
        self.world.ask(
            "importPersons",
            ThreeSixtyID=self._ids()["ThreeSixtyID"],
            Type="Evaluators",
            **switches,
            FileContents=f"Email,SubjectEmail,Relationship\n{address},{subject},{relationship}\n",
        )

    def _answer(self, one: Evaluation) -> None:
        asked = [id for id in (*RATED, *OPEN) if self.rng.random() < 0.85]
        self.world.answer(one, asked, finished=self.rng.random() < 0.92)

    def _pick(self, *states: str) -> Evaluation | None:
        found = [one for one in self.world.evaluations() if one.status in states]
        return self.rng.choice(found) if found else None

    def _somebody_answers(self) -> None:
        one = self._pick("NotStarted", "InProgress")
        if one:
            self._answer(one)

    def _new_rater(self) -> None:
        self._invite(self._newcomer(), self.rng.choice(GROUPS))
        self._answer(self.world.evaluations()[-1])

    def _import(self) -> None:
        """Answers from a file: whoever has it knows them."""
        world = self.world
        address = self._newcomer()
        name = f"R{self.names}"
        said = {id: world.say(name, id) for id in RATED}
        cells = ",".join(str(given.value) for _key, given in said.values())
        asked = world.ask(
            "importResponses",
            ThreeSixtyID=self._ids()["ThreeSixtyID"],
            FileContents=f"SubjectEmail,EvaluatorEmail,Relationship,{','.join(said)}\n"
            f"{world.people['S'].email},{address},{self.rng.choice(GROUPS)},{cells}\n",
        )
        if asked:
            one = Evaluation.objects.get(assessment=world.assessment, evaluator=world.people[name])
            world.keys |= {(one.pk, world.questions[id].pk): key for id, (key, _given) in said.items()}

    def _other_relationship(self) -> None:
        one = self._pick("NotStarted", "InProgress", "Completed")
        if one and one.relationship != "Self":
            self._invite(one.evaluator.email, self.rng.choice(("Peer", "DirectReport", "Customer")))

    def _remove(self) -> None:
        one = self._pick("NotStarted", "InProgress", "Completed")
        with_answers = int(self.rng.random() < 0.5)
        if one and one.relationship != "Self":
            self.world.ask(
                "removePerson",
                PersonID=one.evaluator.public_id,
                ThreeSixtyID=self._ids()["ThreeSixtyID"],
                RemoveEvaluations=with_answers,
            )

    def _come_back(self) -> None:
        """Somebody whose form may have been removed is asked again, and answers again."""
        name = self.rng.choice([each for each in self.world.people if each != "S"])
        self._invite(self.world.people[name].email, self.rng.choice(GROUPS))
        self._somebody_answers()

    def _delete_and_create(self) -> None:
        one = self._pick("Completed")
        if one and one.relationship not in ("Self", "Manager"):
            name = one.evaluator.first_name
            self.world.ask("removePerson", PersonID=one.evaluator.public_id, OrgStructureID=self.world.org.public_id)
            try:
                address = self._newcomer(address=name)
            except Exception:  # still there: two people cannot have one user name
                return
            self._invite(address, one.relationship)
            self._answer(self.world.evaluations()[-1])

    def _change(self) -> None:
        answers = Answer.objects.filter(evaluation__assessment=self.world.assessment, evaluation__status="Completed")
        found = list(answers.order_by("pk"))
        if found:
            self.world.change(self.rng.choice(found))

    def _clear(self) -> None:
        self._invite(self._newcomer(), "Peer", **{self.rng.choice(("ClearRelationships", "CleanImport")): 1})

    def _renew(self) -> None:
        self._invite(self._newcomer(), "Peer", UpdateResponses=1)

    def _second_manager(self) -> None:
        self._invite(self._newcomer(), "Manager")
        self._answer(self.world.evaluations()[-1])

    def _confirm(self) -> None:
        self.world.ask("qxConfirmManager", **self._ids(), PersonID=self.world.people["M"].public_id)

    def _take_out(self) -> None:
        one = self._pick("Completed")
        if one:
            self.world.ask("qxTakeOutAnswers", **self._ids(), PersonID=one.evaluator.public_id)

    def _hide(self) -> None:
        line = self.rng.choice(("Peer", "DirectReport", "Customer", "AllOthers"))
        self.world.ask("qxHideReportLine", **self._ids(), Line=line)

    def _other_minimums(self) -> None:
        """The brand asks for more or fewer answers; a running assessment only ever needs more."""
        group = self.rng.choice((3, 3, 3, 4, 5))
        asked = {
            "MinimumGroup": group,
            "MinimumComments": group + self.rng.randint(0, 1),
            "MinimumForSpread": group + self.rng.randint(0, 3),
        }
        self.world.ask("qxSetBrand", **asked)

    def _close_and_reopen(self) -> None:
        which = {"ThreeSixtyID": self._ids()["ThreeSixtyID"]}
        self.world.ask("closeAssessment", **which)
        self._look()
        self.world.ask("reopenAssessment", **which)

    def _fetch(self) -> None:
        """Done, read, Waiting, read again."""
        self.world.ask("setSubjectStatus", **self._ids(), Status="Done", CloseSessions=int(self.rng.random() < 0.3))
        self._look()
        self.world.ask("setSubjectStatus", **self._ids(), Status="Waiting")
        self._look()

    def _look(self) -> None:
        world, told = self.world, self.told
        world.assessment.refresh_from_db()
        subject = Participant.objects.select_related("person").get(pk=world.subject.pk)
        over = making.over(world.assessment, subject)
        try:
            source = report_source.report_source(world.assessment, subject)
        except Problem:
            return
        self._stood_behind()
        for viewer in VIEWERS:
            report = aggregate.report(source, viewer)
            told.wrong += too_thin(report)
            told.reports.append(report)
            told.given.append(msgspec.json.encode(aggregate.report_json(report)))
        if over:
            told.naive.append(
                msgspec.json.encode(aggregate.report_json(aggregate.report(baseline.source(world, source), Viewer())))
            )
            for id, cells in baseline.cells(world).items():
                told.naive_sums.setdefault(id, []).extend(cells)

    def _stood_behind(self) -> None:
        """Note which answers are in which class, and the cells of the edition that was given."""
        world, told = self.world, self.told
        series = world.series()
        edition = making.last(series) if series else None
        if edition is None:
            return
        new = Answer.objects.filter(evaluation__assessment=world.assessment, shown_in__since=edition.number)
        members: dict[int, set[Key]] = {}
        for answer in new.exclude(shown_in__in=told.classes):
            if answer.shown_in_id is not None:
                members.setdefault(answer.shown_in_id, set()).add(world.keys[answer.evaluation_id, answer.question_id])
        told.classes |= {pk: frozenset(keys) for pk, keys in members.items()}
        cells: dict[tuple[str, str], set[Key]] = {}
        for each in showing.classes(edition):
            if each.line in EXEMPT:
                continue
            keys = told.classes.get(each.pk, frozenset())
            needed = edition.frame["minimum_comments" if each.question in OPEN else "minimum"]
            if each.since == edition.number and each.size < needed:
                told.wrong.append(f"{each} of edition {edition.number} joined below {needed}")
            if sorted(map(str, each.values)) != sorted(str(world.value(key)) for key in keys):
                told.wrong.append(f"{each} of edition {edition.number} is not what was said")
            cells.setdefault((each.question, each.line), set()).update(keys)
        for (question, _line), inside in cells.items():
            told.sums.setdefault(question, []).append(frozenset(inside))
