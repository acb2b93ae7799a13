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
    r"""Something went wrong with a call; the text is for the user.

    >>> problem = ThreeSixtyError("Wrong token abc123.\nAsk somebody.")
    >>> problem.tidy(Secret("abc123"))
    >>> str(problem)
    'Wrong token …. Ask somebody.'
    """

    def tidy(self, secret: Secret) -> None:
        """Make what the vendor said fit to be shown and kept: without the secret, in one line, of bounded length."""
        self.args = tuple(in_one_line(secret.hide(str(words))) for words in self.args)


class TransientError(ThreeSixtyError):
    """Nothing was done; ask again later.

    >>> TransientError("The vendor is busy (429).", retry_after=30.0).retry_after
    30.0
    """

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after  # seconds, clamped


class Throttled(TransientError):
    """Nothing was asked, since too much failed lately or the vendor said for how long to wait.

    >>> isinstance(Throttled("Too much failed lately."), TransientError)
    True
    """


class OutcomeUnknown(ThreeSixtyError):
    """A change was sent and no clear answer came; it may or may not have been carried out.

    >>> isinstance(OutcomeUnknown("The answer broke off."), TransientError)  # must not just be asked again
    False
    """


class Rejected(ThreeSixtyError):
    """The request was refused and nothing was done.

    >>> Rejected("You may not do this.", code="ESRV3", status=403).is_permission
    True
    """

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
    """User or token were refused; every further call brings the account closer to being locked.

    >>> BadCredential("Wrong token.", code="401", status=401).is_permission
    True
    """


class MalformedResponse(ThreeSixtyError):
    """The answer is cut, of another type, or lacks what must be there.

    >>> from qxportal.threesixty.strict_json import read_json
    >>> read_json(b'{"Meta": ')
    Traceback (most recent call last):
        ...
    qxportal.threesixty.errors.MalformedResponse: The answer is no readable JSON (JSONDecodeError); it may be cut.
    """


def in_one_line(words: str, most: int = MOST_WORDS) -> str:
    """What a vendor said, fit to be shown and kept: without line breaks and other unprintable characters."""
    return "".join(character if character.isprintable() else " " for character in words[:most]).strip()
