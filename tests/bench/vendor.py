"""A vendor 200 ms away with a directory and many assessments, as a program of its own: `Vendor` starts and asks it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Self

from qxportal.embedded import die_with_parent
from qxportal.threesixty.csv import to_csv
from tests.bench.listing import ListingFile, person_of
from tests.support.fake_server import FakeServer, Reply, success

SUBJECTS, EVALUATORS = 5, 3  # of each assessment, and of each subject
SUBJECT_COLUMNS = (
    "FirstName",
    "LastName",
    "Email",
    "UniqueIdentifier",
    "Status",
    "EvaluationsReceived",
    "EvaluationsCompleted",
    "ReportStatus",
)
EVALUATION_COLUMNS = (
    "SubjectFirstName",
    "SubjectLastName",
    "SubjectEmail",
    "SubjectUniqueIdentifier",
    "EvaluatorFirstName",
    "EvaluatorLastName",
    "EvaluatorEmail",
    "ParticipantUniqueIdentifier",
    "Relationship",
    "Unsolicited",
    "Status",
    "StartDate",
    "EndDate",
)


@dataclass(frozen=True)
class Calls:
    """What the vendor counted since it was asked last."""

    all: int
    most: int  # in the air at once


class Vendor:
    """The running program; a context manager."""

    def __init__(self, listing: ListingFile, *, assessments: int, delay: float) -> None:
        words = [str(listing.path), str(assessments), str(delay)]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.vendor", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(SIGKILL),
        )
        if self._child.stdin is None or self._child.stdout is None:
            raise TypeError("The pipes are missing.")
        self._to, self._from = self._child.stdin, self._child.stdout
        self.url = self._from.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._to.close()
        self._child.wait(20)
        self._from.close()

    def calls(self) -> Calls:
        """What it counted; it counts afresh from now on."""
        self._to.write("\n")
        self._to.flush()
        return Calls(*json.loads(self._from.readline()))


class Answers:
    """What the vendor says to each request."""

    def __init__(self, listing: ListingFile, assessments: int) -> None:
        self.listing = listing
        self.assessments = assessments

    def __call__(self, asked: Mapping[str, str]) -> Reply:
        """Answer one call."""
        number = int(asked.get("ThreeSixtyID", "TS_0")[3:])
        match asked["Request"]:
            case "getPersons":
                limit = int(asked["RecordLimit"]) if asked.get("RecordLimit") else None
                return Reply(self.listing.body(int(asked.get("StartIndex") or 0), limit))
            case "getAssessments":
                return success({"Assessments": [_assessment(number) for number in range(self.assessments)]})
            case "getAssessment":
                return success({**_assessment(number), "WorkFlowOptions": {"SelfEvaluation": 1}})
            case "getCustomRelationships":
                return success([{"Name": "Project lead", "Translations": {"DE": "Projektleitung"}}])
            case "getSubjectStatus":
                return _table(SUBJECT_COLUMNS, [self._subject(number, place) for place in range(SUBJECTS)])
            case "getEvaluationStatus":
                pairs = [(place, other) for place in range(SUBJECTS) for other in range(EVALUATORS)]
                return _table(EVALUATION_COLUMNS, [self._evaluation(number, *pair) for pair in pairs])
        return success({"Surveys": []})

    def _subject(self, assessment: int, place: int) -> list[str]:
        first, last, email = person_of(number := self._number(assessment * SUBJECTS + place))
        return [first, last, email, f"P_{number:015d}", "Waiting", str(EVALUATORS), "1", "NotReady"]

    def _evaluation(self, assessment: int, place: int, other: int) -> list[str]:
        about = self._number(assessment * SUBJECTS + place)
        by = self._number(about + other)
        relationship = ("Self", "Manager", "Peer")[other % EVALUATORS]
        first, last, email = person_of(about)
        theirs = person_of(by)
        return [first, last, email, f"P_{about:015d}", *theirs, f"P_{by:015d}", relationship, "0", "NotStarted", "", ""]

    def _number(self, number: int) -> int:
        return number % max(1, len(self.listing))


def _assessment(number: int) -> dict[str, object]:
    return {
        "ThreeSixtyID": f"TS_{number:015d}",
        "Name": f"Leadership review {number + 1}",
        "Type": "360",
        "Status": "Active",
        "OwnerID": "UR_0000000000001",
        "SurveyID": "SV_0000000000001",
        "OrgStructureID": "OS_0000000000001",
        "CreationDate": "2026-03-02 09:00:00",
    }


def _table(columns: tuple[str, ...], rows: list[list[str]]) -> Reply:
    return Reply(to_csv(columns, rows).encode(), type="text/csv")


def main(path: str, assessments: str, delay: str) -> None:
    """Answer until the other end of the pipe is closed; each line asks for the counts."""
    listing = ListingFile.open(Path(path))
    with FakeServer(Answers(listing, int(assessments)), delay=float(delay)) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        for _line in sys.stdin:
            sys.stdout.write(json.dumps([server.calls, server.most]) + "\n")
            sys.stdout.flush()
            server.calls = server.most = 0


if __name__ == "__main__":
    main(*sys.argv[1:])
