"""The papers name what is there."""

import json
import re
from pathlib import Path

import pytest

from qxportal.core.environment import OLD_NAMES, PREFIX

ROOT = Path(__file__).parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
READS = re.compile(r'(?:\benv\.\w+|\benviron\.get)\(\s*"([A-Z_]+)"|\b_on\("([A-Z_]+)"\)')


def variables() -> set[str]:
    """Every environment variable that the shipped code reads by its name."""
    found: set[str] = set()
    for path in (ROOT / "qxportal").rglob("*.py"):
        found |= {one or other for one, other in READS.findall(path.read_text())}
    return found - {""}


def headings(paper: Path) -> set[str]:
    """The anchors of a paper, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", paper.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", paper.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (paper.parent / name).resolve() if name else paper
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def test_readme_lists_every_environment_variable() -> None:
    table = set(re.findall(r"`([A-Z_]{3,})`", (ROOT / "README.md").read_text()))

    assert variables() - table == set()
    assert set(OLD_NAMES.values()) <= table
    assert {"QXP_SYNC_EVERY", "QXP_WEB_BIND", "QXP_BEHIND_PROXY", "QXP_FAILPOINT"} <= variables()


def test_our_environment_variables_have_one_prefix() -> None:
    others = {name for name in variables() if not name.startswith(PREFIX)}

    assert {name for name in others if not name.startswith("THREESIXTY_")} == {"FORWARDED_ALLOW_IPS"}


def test_every_request_of_ours_is_described() -> None:
    listed = json.loads((ROOT / "qxportal/threesixty/extensions.json").read_text())
    described = (ROOT / "docs/engine-api.md").read_text()

    assert [one["name"] for one in listed if not re.search(rf"\b{one['name']}\b", described)] == []


def test_changes_of_ours_take_a_key() -> None:
    listed = json.loads((ROOT / "qxportal/threesixty/extensions.json").read_text())
    keyed = {one["name"] for one in listed if any(each["name"] == "IdempotencyKey" for each in one["params"])}

    assert {one["name"] for one in listed if one["mutates"]} - keyed == set()


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    files = {path.name for path in (ROOT / "docs/decisions").glob("20*.md")}

    assert set(re.findall(r"\((20[^)]+)\)", index)) == files


@pytest.mark.parametrize("paper", ["glossary.md", "architecture.md"])
def test_modules_that_papers_name_exist(paper: str) -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", (ROOT / "docs" / paper).read_text())
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "qxportal" / name).exists()]

    assert missing == []
