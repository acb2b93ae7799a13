"""Errors of the API with their codes.

400  ESRV35|<Parameter>  a parameter is missing, malformed or names nothing visible to the caller
401  ESRV1               user name and token do not match, or there is no such user
401  ESRV2               they match, but the account is disabled or, with Retry-After, locked
403  ESRV3               the caller may not do this
404  ESRV4               no such request in this version
400  ETS1                the id chosen by the caller is taken
400  ETS2                a person or a user with this user name exists
400  ETS3                the assessment is in the wrong state
400  ETS4                the report is not ready for this viewer
400  ETS5                a clean import would have removed everybody
400  ETS6                a table would have too many columns
400  ETS12               the database lacks editions that were given, see `editions.fence`
400  ETS10               the user owns surveys or assessments
400  ETS11               users may not do this to themselves
400  ETS13               the idempotency key belongs to another change
400  ETS14               the brand's daily limit of test mails is reached
500  ESRV18              the survey is unknown to this user account
429  ESRV429             too many calls from this address were refused; see Retry-After
500  ESRV500             something unexpected

Messages about a parameter begin with the vendor's wording, because clients compare it; ours follows.
"""

WORDS = "Invalid request. Missing or invalid parameter {}."
NOT_FETCHED = "This server loads no files from other addresses: send FileContents."


class Problem(Exception):
    """An error that is sent as an error envelope."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after  # in seconds


class Later(Problem):
    """Too many refused calls from one address, whose calls are ignored for a while."""

    def __init__(self, seconds: int) -> None:
        words = f"Too many calls from this address were refused. Try again in {seconds} seconds."
        super().__init__(429, "ESRV429", words, retry_after=seconds)


class Missing(Problem):
    """A required parameter was not given."""

    def __init__(self, parameter: str) -> None:
        super().__init__(400, f"ESRV35|{parameter}", f"{WORDS.format(parameter)} It is needed here.")


class Invalid(Problem):
    """A parameter cannot be used; the message says why."""

    def __init__(self, parameter: str, why: str = "") -> None:
        super().__init__(400, f"ESRV35|{parameter}", f"{WORDS.format(parameter)} {why}".rstrip())


class UnknownSurvey(Problem):
    """The requested survey does not exist for the caller; status and message are the vendor's."""

    def __init__(self) -> None:
        super().__init__(500, "ESRV18", "This survey is Unknown to this user account.")


class Forbidden(Problem):
    """The caller is known but may not do this."""

    def __init__(self, why: str) -> None:
        super().__init__(403, "ESRV3", why)


class UnknownRequest(Problem):
    """No such request, or not in this version."""

    def __init__(self, why: str) -> None:
        super().__init__(404, "ESRV4", why)


class Conflict(Problem):
    """A valid request that the present state does not allow."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(400, code, why)
