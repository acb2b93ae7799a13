"""What can go wrong, sorted by what the caller should do.

ThreeSixtyError
├── TransientError    ask again later (only ever raised when that is harmless)
│   └── Throttled         not even asked: the vendor is in trouble, or wants us to wait
├── OutcomeUnknown    a change was sent, no clear answer came: look before asking again
├── Rejected          understood and refused; carries the vendor's own code
│   └── BadCredential     stop calling: repeated failures lock the account
└── MalformedResponse the answer is not what we know how to read; never guess
"""

import re

from qxportal.threesixty.secret import Secret

MOST_WORDS, MOST_CODE = 500, 120


class ThreeSixtyError(Exception):
    """Something went wrong with a call; the text is for the user."""

    def tidy(self, secret: Secret) -> None:
        """Make what the vendor said fit to be shown and kept: without the secret, in one line, of bounded length."""
        self.args = tuple(in_one_line(secret.hide(str(words))) for words in self.args)


class TransientError(ThreeSixtyError):
    """Nothing was done; ask again later."""

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after  # seconds, clamped


class Throttled(TransientError):
    """Nothing was asked, since too much failed lately or the vendor said for how long to wait."""


class OutcomeUnknown(ThreeSixtyError):
    """A change was sent and no clear answer came; it may or may not have been carried out."""


class Rejected(ThreeSixtyError):
    """The request was refused and nothing was done."""

    def __init__(self, words: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(words)
        self.code = code
        self.status = status

    def tidy(self, secret: Secret) -> None:
        """The words, and the code."""
        super().tidy(secret)
        self.code = in_one_line(secret.hide(self.code), MOST_CODE)

    @property
    def is_permission(self) -> bool:
        """Whether it was refused for want of a right, which proves nothing about the thing itself."""
        return self.status in (401, 403)


def unknown_request(problem: ThreeSixtyError) -> bool:
    """Whether a server says that it has no such request; servers spell that in several ways."""
    if not isinstance(problem, Rejected) or problem.is_permission:
        return False
    words = f"{problem.code} {problem}".casefold()
    unknown = re.search(r"(unknown|unsupported|no such|not a valid) request|request\W+is (unknown|not )", words)
    return problem.code == "version" or problem.status in (404, 405, 501) or unknown is not None


class BadCredential(Rejected):
    """User or token were refused; every further call brings the account closer to being locked."""


class MalformedResponse(ThreeSixtyError):
    """The answer is cut, of another type, or lacks what must be there."""


def in_one_line(words: str, most: int = MOST_WORDS) -> str:
    """What a vendor said, fit to be shown and kept: without line breaks and other unprintable characters."""
    return "".join(character if character.isprintable() else " " for character in words[:most]).strip()
