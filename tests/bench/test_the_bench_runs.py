"""The bench measures every work; with a few persons its figures mean nothing, but every figure is there."""

import subprocess
import sys

import pytest

from tests.bench.__main__ import SIZES, WORKS, plan, read_options
from tests.bench.result import HEADINGS, Result, table
from tests.support.processes import ROOT
from tests.support.samples import thorough

pytestmark = pytest.mark.processes


DIRECTORY = [name for name in WORKS if name not in ("answering", "reports")] if thorough() else ["mirror"]


@pytest.mark.parametrize(
    ("words", "least"),
    [
        pytest.param([*DIRECTORY, "60"], len(DIRECTORY), id="directory"),
        pytest.param(["answering", "8"], 2, id="answering", marks=pytest.mark.thorough),
        pytest.param(["reports", "2"], 4, id="reports", marks=pytest.mark.thorough),
    ],
)
def test_every_work_fills_its_rows_of_the_table(words, least):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )

    assert ran.returncode == 0, ran.stderr
    headings, _line, *rows = [line.strip("|").split(" | ") for line in ran.stdout.splitlines()]
    assert [heading.strip() for heading in headings] == list(HEADINGS)
    assert len(rows) >= least
    assert all(len(row) == len(HEADINGS) and row[0].strip() and row[1].strip() for row in rows)
    assert all(
        " 0 lost" in row[4] for row in rows if row[0].strip().startswith("answering") or "beside a site" in row[0]
    )


def test_people_who_answer_are_measured_once_at_their_most():
    assert plan(["answering", "mirror"], list(SIZES)) == [("answering", 2_000), ("mirror", 10_000), ("mirror", 100_000)]
    assert plan(["reports"], list(SIZES)) == [("reports", 500)]
    assert plan(["answering"], [200]) == [("answering", 200)]


@pytest.mark.parametrize(
    ("words", "names", "sizes"),
    [
        ([], list(WORKS), list(SIZES)),
        (["1m"], list(WORKS), [1_000_000]),
        (["--persons", "1000000"], list(WORKS), [1_000_000]),
        (["mirror", "10k", "250000"], ["mirror"], [10_000, 250_000]),
    ],
)
def test_words_select_works_and_sizes(words, names, sizes):
    assert read_options(words) == (names, sizes)


@pytest.mark.parametrize("word", ["nonsense", "0", "10g", "99999999"])
def test_other_words_are_refused_by_name(capsys, word):
    with pytest.raises(SystemExit):
        read_options(["--persons", word])
    assert word in capsys.readouterr().err


def test_what_is_missed_is_said_in_the_table():
    assert "**missed:** 0.70x" in table([Result(work="mirror", ours="1 s", reach="0.70x raw COPY", met=False)])
