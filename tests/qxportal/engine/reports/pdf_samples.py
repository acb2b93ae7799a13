"""Reports of each kind as PDF files for programs that check them.

    python -m tests.qxportal.engine.reports.pdf_samples DIR
    pdfua check DIR/*.pdf
    outloud --no-info --fail-on warning --skip TBL-010 DIR/*.pdf

TBL-010 of outloud takes the heads of rows for column heads that were cut up; see findings/.
"""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Kind, Relationship, ReportSource, Viewer
from tests.qxportal.engine.reports.report_sources import RELATIONSHIPS, evaluation, source

WHO = ("my team", "our customers", "the workshop", "colleagues abroad", "new people", "suppliers", "the board")
DOES = ("explains decisions to", "asks early what is missing for", "keeps promises to", "listens longer to", "trusts")
WHEN = (
    "when plans change",
    "before a launch",
    "in meetings",
    "under pressure",
    "after a mistake",
    "at the end of a quarter",
)
WHY = ("which saves us weeks.", "and I learn from that.", "though rarely in writing.", "so that nobody is surprised.")
SAID = [" ".join(parts).capitalize() for parts in product(DOES, WHO, WHEN, WHY)]


def samples() -> Iterator[tuple[str, ReportData]]:
    """The name of each file, and what it reports."""
    own = evaluation("Self", 5, 1, 3, said="I want to be clear.")
    manager = evaluation("Manager", 4, 3, 5, said="Prepares meetings well.")
    peers = [evaluation("Peer", 1 + n % 5, 3, 4, said=SAID[n * 7 % len(SAID)]) for n in range(300)]
    yield "usual", report(source([own, manager, *peers[:8]]), Viewer())
    yield "example", report(source([own, manager, *peers[:8]], example=True), Viewer())
    yield "german-survey", report(source([own, manager, *peers[:8]], language="en", survey_language="de"), Viewer())
    yield "nobody", report(source([], subject_title="", subject_department=""), Viewer())
    yield "thin", report(source([own, *peers[:2], *[evaluation("DirectReport", 4, 3, 5)] * 4]), Viewer())
    yield "300-raters", report(source([own, *peers, evaluation("Manager", 4, 4, 4)]), Viewer())
    yield "12-groups", report(_many_groups(12), Viewer())


def _many_groups(count: int) -> ReportSource:
    more = tuple(Relationship(name=f"G{n}", label=f"Group {n}", kind=Kind.CUSTOM, invited=3) for n in range(count))
    forms = [evaluation(name, 4, 4, 4) for name in ("Self", "Manager")]
    forms += [evaluation(each.name, 4, 4, 4) for each in more for _rater in range(3)]
    return source(forms, relationships=(*RELATIONSHIPS[:2], *more))


def main(folder: Path) -> None:
    """Write the files."""
    from qxportal.engine.reports import pdf

    folder.mkdir(parents=True, exist_ok=True)
    for name, data in samples():
        (folder / f"{name}.pdf").write_bytes(pdf.render(data))


if __name__ == "__main__":
    import django

    from tests.support import services  # noqa: F401  # says where Django finds what its settings need

    django.setup()
    main(Path(sys.argv[1]))
