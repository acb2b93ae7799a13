"""Digests of a report's data and of all that its PDF's bytes depend on, such as figures, texts and font files."""

import json
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from qxportal.engine.reports import typefaces
from qxportal.engine.reports.aggregate import report_json
from qxportal.engine.reports.lettering import Coverage, coverage, families, main_typeface
from qxportal.engine.reports.results import ReportData

HERE = Path(__file__).parent
WORDS = (HERE.parent / "locale", HERE.parents[1] / "locale")  # the second one has the formats of dates
DATES = HERE.parents[1] / "ui" / "dates.py"


def fingerprint(report: ReportData) -> str:
    """Digest of a report's data and fonts."""
    fonts = typefaces.hashes(families(_text(report), report.language))
    return _digest(json.dumps([report_json(report), fonts], sort_keys=True, ensure_ascii=False))[:16]


def rendering_key(report: ReportData) -> str:
    """A key equal for reports with byte-identical PDFs; covers texts and our layout as well."""
    return _digest(f"{fingerprint(report)}|{report!r}|{_layout()}")


def letters_of(report: ReportData) -> Coverage:
    """The fonts that have the report's letters, and the letters that none has."""
    text = _text(report)
    return coverage(text, main_typeface([text], report.language))


def _text(report: ReportData) -> str:
    about = (report.brand_name, report.subject_title, report.subject_department, report.cover, report.confidential)
    said = (each.description for each in report.competencies)
    own = (text for goal in report.plan for text in (goal.goal, goal.steps))
    return "\n".join((json.dumps(report_json(report), ensure_ascii=False), *about, *said, *own))


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


@cache
def _layout() -> str:
    catalogues = [path for folder in WORDS for path in folder.rglob("*.mo")]
    own = [HERE / "report.css", *(HERE / "templates").iterdir(), *HERE.glob("*.py")]
    files = [*sorted(own), DATES, *sorted(catalogues)]
    libraries = [version(name) for name in ("django", "weasyprint", "pyphen")]  # Django has the names of months
    return _digest("|".join([*libraries, *(sha256(file.read_bytes()).hexdigest() for file in files)]))
