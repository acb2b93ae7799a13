"""Names of environment variables: all of ours begin with QXP_.

Until the next release their former names are read, too.
"""

import warnings
from collections.abc import MutableMapping

PREFIX = "QXP_"
_PREFIXED = """
    ALLOWED_HOSTS BEHIND_PROXY BREAKER_AFTER BREAKER_SECONDS BROKER_URL CALLS_AT_ONCE CALLS_PER_MINUTE CALLS_PER_RUN
    COMPRESS_STATIC DATABASE_URL DEBUG EMAIL_URL ENGINE_ALLOWED ENGINE_BEHIND_PROXY ENGINE_DATABASE_URL ENGINE_LOG_LEVEL
    ENGINE_PORT ENGINE_REFUSALS ENGINE_TIME_ZONE GONE_KEEP HISTORY_KEEP INSTANCE JOB_GRACE JOB_LONGEST JOB_QUIET
    JOBS_KEEP KEYS LOG_LEVEL MAIL_FROM PORT REPORTS RETRY_SECONDS SECRET_KEY SESSION_IDLE SWEEP_SECONDS SYNC_EVERY
    SYNC_TICK_SECONDS VAR WEB_BIND WEB_THREADS WEB_WORKERS
"""
OLD_NAMES = {
    **{name: f"{PREFIX}{name}" for name in _PREFIXED.split()},
    "LOOKS": "QXP_VERIFY_TIMES",
    "LOOK_EVERY": "QXP_VERIFY_EVERY",
    "LOOK_FIRST": "QXP_VERIFY_FIRST",
    "PORTAL_PROCESS": "QXP_PROCESS",
    "PORTAL_URL": "QXP_URL",
    "QUIET": "QXP_VERIFY_SPAN",
}


def adopt_old_names(environment: MutableMapping[str, str]) -> None:
    """Move values from old names to new ones, with a warning for each; if both are set, the new name wins.

    Old names are removed, so that child processes do not warn again.
    """
    for old, new in OLD_NAMES.items():
        value = environment.pop(old, None)
        if value is not None and new not in environment:
            environment[new] = value
            warnings.warn(
                f"The environment variable {old} is called {new} now; the next release reads the new name only.",
                FutureWarning,
                stacklevel=2,
            )
