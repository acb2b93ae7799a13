"""Errors, sorted by what the caller should do.

ThreeSixtyError
├── TransientError    ask again later (only ever raised when that is harmless)
│   └── Throttled         not even sent: the vendor is in trouble, or asked us to wait
├── OutcomeUnknown    a change was sent, no clear response came: check before sending again
├── Rejected          understood and refused; carries the vendor's own code
│   └── BadCredential     stop calling: repeated failures lock the account
└── MalformedResponse a response in an unknown form; never guess
"""

import re

from qxportal.threesixty.secret import Secret

MOST_WORDS, MOST_CODE = 500, 120


def gettext_noop(words: str) -> str:
    """Mark a sentence for the catalogue of the app that shows it."""
    return words


ANSWERED_ERROR = gettext_noop("The server answered with an error.")
PRIVATE_ADDRESS = gettext_noop("The host name of the server leads into a private network.")


class ThreeSixtyError(Exception):
    r"""A call failed.

    The words are for the user: a translatable sentence of ours, or `quoted`: the server's own message.
    The details are for technicians.

    >>> problem = ThreeSixtyError("Wrong token abc123.\nAsk somebody.", details="HTTP 401", quoted=True)
    >>> problem.tidy(Secret("abc123"))
    >>> problem.words
    'Wrong token …. Ask somebody.'
    >>> str(problem)
    'Wrong token …. Ask somebody. (HTTP 401)'
    """

    def __init__(self, words: object = "", *, details: str = "", quoted: bool = False) -> None:
        super().__init__(words)
        self.details = details
        self.quoted = quoted

    def __str__(self) -> str:
        return f"{self.words} ({self.details})" if self.details else self.words

    @property
    def words(self) -> str:
        """The sentence without its details."""
        return str(self.args[0])

    def tidy(self, secret: Secret) -> None:
        """Make the server's message fit for display and storage: without the secret, on one line, of limited length."""
        if isinstance(self.args[0], str):
            self.args = (in_one_line(secret.hide(self.args[0])),)
        self.details = in_one_line(secret.hide(self.details))


class TransientError(ThreeSixtyError):
    """Nothing was done; send it again later.

    >>> TransientError("The server is busy.", retry_after=30.0).retry_after
    30.0
    """

    def __init__(
        self, words: object, *, retry_after: float | None = None, details: str = "", quoted: bool = False
    ) -> None:
        super().__init__(words, details=details, quoted=quoted)
        self.retry_after = retry_after  # seconds, clamped


class Throttled(TransientError):
    """Nothing was sent, as too many calls failed lately or the vendor said how long to wait.

    >>> isinstance(Throttled("Too much failed lately."), TransientError)
    True
    """


class OutcomeUnknown(ThreeSixtyError):
    """A change was sent without a clear response; it may or may not have been carried out.

    >>> isinstance(OutcomeUnknown("The answer broke off."), TransientError)  # must not just be asked again
    False
    """


def not_readable(problem: "MalformedResponse") -> OutcomeUnknown:
    """The error for an unreadable response to a change."""
    return OutcomeUnknown(gettext_noop("The answer could not be read."), details=problem.words)


class Rejected(ThreeSixtyError):
    """The request was refused and nothing was done.

    >>> Rejected("You may not do this.", code="ESRV3", status=403).is_permission
    True
    """

    def __init__(
        self, words: object, *, code: str = "", status: int = 0, details: str = "", quoted: bool = False
    ) -> None:
        super().__init__(words, details=details, quoted=quoted)
        self.code = code
        self.status = status

    def tidy(self, secret: Secret) -> None:
        """The words, and the code."""
        super().tidy(secret)
        self.code = in_one_line(secret.hide(self.code), MOST_CODE)

    @property
    def is_permission(self) -> bool:
        """Whether it was refused for lack of a permission, which proves nothing about the record itself."""
        return self.status in (401, 403)


def unknown_request(problem: ThreeSixtyError) -> bool:
    """Whether a server says that it has no such request; servers word that differently."""
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
    """The response is cut, of another type, or lacks a required part.

    >>> from qxportal.threesixty.strict_json import read_json
    >>> read_json(b'{"Meta": ')
    Traceback (most recent call last):
        ...
    qxportal.threesixty.errors.MalformedResponse: The answer is no readable JSON (JSONDecodeError); it may be cut.
    """


def in_one_line(words: str, most: int = MOST_WORDS) -> str:
    """A vendor's message fit for display and storage: without line breaks and other unprintable characters."""
    return "".join(character if character.isprintable() else " " for character in words[:most]).strip()
