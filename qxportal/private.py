"""What lies below VAR is for the account that runs the portal: mails with links, logs, sealed files, keys."""

import os
import stat
from contextlib import suppress
from pathlib import Path

UMASK = 0o077
OTHERS = 0o077
PASS_THROUGH = 0o711  # VAR itself: PostgreSQL's account goes through it when we are root
FOREIGN = ("postgres", "run")  # of another account then, and closed by it


def keep_private() -> None:
    """From now on this process, and what it starts, makes files that others cannot read."""
    os.umask(UMASK)


def make_private(var: Path) -> int:
    """Take from others what an earlier release let them read below `var`; gives how many places were closed."""
    if not var.is_dir():
        return 0
    closed = int(_close(var, PASS_THROUGH))
    for folder, folders, files in os.walk(var):
        if Path(folder) == var:
            folders[:] = [name for name in folders if name not in FOREIGN]
        closed += sum(_close(Path(folder) / name, ~OTHERS) for name in [*folders, *files])
    return closed


def _close(path: Path, mask: int) -> bool:
    """Whether it was open, and is no longer; what goes meanwhile, or belongs to somebody else, is left alone."""
    with suppress(OSError):
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISLNK(found.st_mode) and mode != mode & mask:
            path.chmod(mode & mask)
            return True
    return False
