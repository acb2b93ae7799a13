"""Errors of calls as stored sentences, which members later read in their own languages."""

from qxportal.ledger.refusals import in_our_words
from qxportal.security.errors import SealingError
from qxportal.threesixty.errors import BadCredential, MalformedResponse, Rejected, ThreeSixtyError
from qxportal.ui.stored_messages import Message, StoredMessage, gettext_stored, message_of

DISK_FULL = gettext_stored("The server’s disk is full, so nothing was saved. Contact the operator of this site.")


def reason_of(problem: BaseException) -> Message:
    """The error as a sentence; codes and response problems become its technical details."""
    words = message_of(problem)
    if isinstance(words, StoredMessage):
        return words
    match problem:
        case MalformedResponse():
            return gettext_stored("The answer %(from_service)s could not be read.", details=words)
        case BadCredential():
            return gettext_stored("%(Service)s did not accept the API token.", details=f"{words} ({problem.code})")
        case Rejected(quoted=False):
            return StoredMessage(problem.words, details=f"{problem.details} ({problem.code})".strip())
        case Rejected():
            known = in_our_words(words)
            details = problem.code if known == words else f"{words} ({problem.code})"  # the server's own words
            return gettext_stored("%(Service)s refused this: “%(words)s”", words=known, details=details)
        case ThreeSixtyError(quoted=True):
            return gettext_stored("%(Service)s answered: “%(words)s”", words=problem.words, details=problem.details)
        case ThreeSixtyError():
            return StoredMessage(problem.words, details=problem.details)
        case SealingError():
            return gettext_stored(
                "The portal cannot open something that it keeps sealed. Contact the operator of this site.",
                details=words,
            )
    return words
