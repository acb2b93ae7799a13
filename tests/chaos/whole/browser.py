"""A browser without JavaScript: opens pages, fills in their forms, and says what a page said when it goes wrong."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser

import requests

ALWAYS_THERE = re.compile(r"/(language|logout|leave)/$")  # forms in the frame of each page
PAUSE = 0.5  # seconds between two looks at a page, which keep a processor from what is waited for
PATIENCE = 600.0  # seconds: other work on the machine is no failure
Fields = Mapping[str, str | Sequence[str]]


class Forms(HTMLParser):
    """The forms of a page with what they would send as they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, object]] = []
        self._textarea = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect fields with their values."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "method": given.get("method", "get"), "fields": {}})
        if not self.forms:
            return
        fields: dict[str, list[str]] = self.forms[-1]["fields"]  # type: ignore[assignment]
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in given):
            fields.setdefault(name, []).append(given.get("value", "on" if kind in ("radio", "checkbox") else ""))
        elif tag == "textarea" and name:
            self._textarea = name
            fields[name] = [""]
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in fields):
            fields[self._select] = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        """Keep what a text area holds."""
        if self._textarea:
            self.forms[-1]["fields"][self._textarea] = [data]  # type: ignore[index]

    def handle_endtag(self, tag: str) -> None:
        """End a field."""
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""


class Browser:
    """One person's browser at one of the two servers."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.session = requests.Session()

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self._checked(self.session.get(self._address(path), timeout=PATIENCE))

    def submit(
        self, page: requests.Response, given: Fields, *, action: str = "", having: str = "", code: int = 200
    ) -> requests.Response:
        """Send the form of a page whose address ends so, or that has that field, with these values over its own."""
        forms = [one for one in Forms(page.text).forms if one["method"] == "post"]
        fitting = [
            one
            for one in forms
            if str(one["action"]).endswith(action) and (not having or having in one["fields"])  # type: ignore[operator]
        ]
        fitting = [one for one in fitting if not ALWAYS_THERE.search(str(one["action"]))]
        if not fitting:
            raise AssertionError(f"{page.url} has no form {action or having}: {[one['action'] for one in forms]}")
        form = fitting[0] if action or having else fitting[-1]
        fields = {**form["fields"], **given}  # type: ignore[dict-item]
        to = str(form["action"]) or page.url
        answer = self.session.post(self._address(to), fields, headers={"Referer": page.url}, timeout=PATIENCE)
        return self._checked(answer, code)

    def wait(
        self, path: str, true: Callable[[str], object], what: str, *, seconds: float = PATIENCE
    ) -> requests.Response:
        """Open a page again and again until it says what is waited for."""
        end = time.monotonic() + seconds
        while True:
            page = self.get(path)
            if true(words(page)):
                return page
            if time.monotonic() > end:
                raise AssertionError(f"Waited {seconds:.0f} s for {what}; {path} says: {words(page)[-3000:]}")
            time.sleep(PAUSE)

    def wait_for_link(self, path: str, link: str, name: str, *, seconds: float = PATIENCE) -> str:
        """The address of the link with that name, matching that pattern, once the page has it."""
        end = time.monotonic() + seconds
        while True:
            page = self.get(path)
            found = re.search(rf'href="({link})"[^>]*>\s*{re.escape(name)}\s*<', page.text)
            if found is not None:
                return found[1]
            if time.monotonic() > end:
                raise AssertionError(f"Waited {seconds:.0f} s for {name}; {path} says: {words(page)[-3000:]}")
            time.sleep(PAUSE)

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else self.root + path

    def _checked(self, answer: requests.Response, code: int = 200) -> requests.Response:
        if answer.status_code != code:
            raise AssertionError(f"{answer.status_code} from {answer.url}: {words(answer)[:3000]}")
        return answer


def words(page: requests.Response) -> str:
    """The text of a page without its markup."""
    body = re.sub(r"<(script|style|head|svg)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
