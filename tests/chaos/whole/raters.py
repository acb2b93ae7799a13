"""What raters and subjects do on the site, from the mail in their mailbox on."""

import re
from random import Random

from tests.chaos.whole.browser import Browser, words
from tests.chaos.whole.place import Place

LINK = re.compile(r"https?://\S+/l/[^/\s]+/")
COMMENTS = (
    "Listens before deciding, and says why a decision was taken.",
    "Could give the team more time to prepare for reviews.",
    "Keeps promises to customers and to colleagues alike.",
    "Delegates well; could ask for help earlier.",
)


class Visitor:
    """Somebody who got a mail."""

    def __init__(self, place: Place, address: str, *, about: str) -> None:
        link = LINK.search(place.wait_for_mail(address, about).text)
        if link is None:
            raise AssertionError(f"The mail to {address} has no link.")
        self.browser = Browser(place.site)
        page = self.browser.get(link[0])
        self.browser.submit(page, {"address": address}, having="address")

    def answer_everything(self, rng: Random) -> int:
        """Answer all open tasks; gives how many."""
        done = 0
        while True:
            page = self.browser.get("/tasks/")
            tasks = re.findall(r'href="(/tasks/R_\w+/)"', page.text.partition("<h2>Done")[0])
            open_ones = [path for path in dict.fromkeys(tasks) if self._is_open(path)]
            if not open_ones:
                return done
            self._answer(open_ones[0], rng)
            done += 1

    def _is_open(self, path: str) -> bool:
        return f"{path}go-on/" in self.browser.get(path).text

    def _answer(self, path: str, rng: Random) -> None:
        page = self.browser.get(f"{path}go-on/")
        for _number in range(60):
            if page.url.endswith("/submit/"):
                page = self.browser.submit(page, {}, action="")
                if "You submitted your feedback" not in words(page):
                    raise AssertionError(words(page))
                return
            page = self.browser.submit(page, self._answers(page.text, rng), having="csrfmiddlewaretoken")
        raise AssertionError(f"The questionnaire of {path} does not end.")

    def _answers(self, text: str, rng: Random) -> dict[str, str]:
        options: dict[str, list[str]] = {}
        for name, value in re.findall(r'type="radio" name="([^"]+)"[^>]*? value="([^"]+)"', text):
            options.setdefault(name, []).append(value)
        given = {name: rng.choice(values) for name, values in options.items()}
        for name in re.findall(r'<textarea[^>]* name="([^"]+)"', text):
            given[name] = rng.choice(COMMENTS)
        return given

    def fetch_report(self) -> bytes:
        """Open the report on the site and fetch it as a PDF."""
        page = self.browser.get("/tasks/")
        found = re.search(r'href="(/reports/\w+/)"', page.text)
        if found is None:
            raise AssertionError(f"There is no report: {words(page)}")
        page = self.browser.get(found[1])
        read = self.browser.submit(page, {}, action="/open/")
        if "Feedback" not in words(read):
            raise AssertionError(words(read))
        answer = self.browser.submit(read, {}, action="/pdf/") if 'action="' in read.text else read
        return answer.content
