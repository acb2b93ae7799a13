"""A whole 360: `./portal storm --whole 40` runs one of 40 subjects; the tests run a small one."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tests.chaos.whole.hr import HR
from tests.chaos.whole.people import cast
from tests.chaos.whole.place import Place, installation
from tests.chaos.whole.raters import Visitor

AT_ONCE = 4  # raters who answer at the same time


@dataclass
class Figures:
    """What a whole 360 came to."""

    subjects: int = 0
    people: int = 0
    raters: int = 0
    evaluations: int = 0
    mails: int = 0
    reports: int = 0
    pdf_bytes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def run(subjects: int, raters: int, *, seed: int, say: Callable[[str], None]) -> Figures:
    """From an empty installation to reports in the hands of their subjects; raises AssertionError where it ends."""
    with installation() as place:
        return _run(place, subjects, raters, seed, say)


def _run(place: Place, subjects: int, raters: int, seed: int, say: Callable[[str], None]) -> Figures:
    found, hr, everybody = Figures(), HR(place), cast(subjects, raters, seed=seed)

    def step(name: str, work: Callable[[], object]) -> None:
        began = time.monotonic()
        work()
        found.seconds[name] = round(time.monotonic() - began, 1)
        say(f"{name}: {found.seconds[name]} s")

    step("join", hr.join)
    step("turn mail on", hr.turn_mail_on)
    step("add people", lambda: hr.add_people(everybody.people))
    step("create the assessment", lambda: hr.create_assessment(everybody.subjects))
    step("add evaluators", lambda: hr.add_evaluators(everybody))
    step("activate and invite", hr.activate)

    def answer(address: str) -> int:
        return Visitor(place, address, about="feedback").answer_everything(Random(f"{seed} {address}"))

    def answer_all() -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found.evaluations = sum(pool.map(answer, sorted(everybody.raters)))

    step("answer", answer_all)
    if found.evaluations != everybody.evaluations:
        raise AssertionError(f"{found.evaluations} evaluations were answered, of {everybody.evaluations}.")
    step("mark as done", lambda: hr.finish(everybody.subjects))
    step("release", lambda: hr.release_all(everybody.subjects))
    step("mail the reports", hr.mail_reports)

    def fetch() -> None:
        for one in everybody.subjects:
            pdf = Visitor(place, one.email, about="report").fetch_report()
            if not pdf.startswith(b"%PDF-"):
                raise AssertionError(f"The report of {one.email} is no PDF: {pdf[:200]!r}")
            found.reports += 1
            found.pdf_bytes += len(pdf)

    step("fetch the reports", fetch)
    found.subjects, found.people = len(everybody.subjects), len(everybody.people)
    found.raters, found.mails = len(everybody.raters), len(place.mail.received)
    return found
