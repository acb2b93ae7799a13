"""Migrated databases, kept between runs: migrating takes longer than starting everything else."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from qxportal.embedded import Embedded

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / ".pytest_cache" / "d" / "migrated"
APPS = ("assessments", "directory", "surveys", "qxportal")
IMPORTED = re.compile(rf"^(?:from|import) ((?:{'|'.join(APPS)})\.[\w.]+)", re.MULTILINE)

MIGRATE = "import django, sys; django.setup(); from qxportal.core.migrating import migrate; migrate(sys.argv[1])"


def lay_down(services: Embedded, kept: Path = KEPT) -> None:
    """Let new services start with migrated databases, made once and kept in the folder `kept`."""
    services.prepare()
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = kept / digest(ROOT)
        if not cluster.exists():
            for older in kept.iterdir():
                if older.is_dir():
                    shutil.rmtree(older)
            _make(cluster)
        _copy(cluster, services.cluster())


def digest(root: Path) -> str:
    """Digest of everything that determines the migrated state: migrations, their imports, and the libraries."""
    migrations = sorted(path for app in APPS for path in (root / app).rglob("migrations/*.py"))
    names = {name for path in migrations for name in IMPORTED.findall(path.read_text())}
    modules = [root / (name.replace(".", "/") + end) for name in sorted(names) for end in (".py", "/__init__.py")]
    told = sha256(sys.version.encode())
    for path in (root / "requirements-dev.txt", *migrations, *(path for path in modules if path.exists())):
        told.update(f"\n{path.relative_to(root)}\n".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _make(cluster: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="qx-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL may run under another account
        services = Embedded(Path(folder), durable=False, with_broker=False)
        with services, ThreadPoolExecutor() as both:
            environment = {"QXP_VAR": folder, "QXP_SECRET_KEY": "migrations-only", **services.environment()}
            list(both.map(lambda alias: _migrate(alias, environment), ("default", "engine")))
        part = cluster.with_name("part")
        _copy(services.cluster(), part)
        part.rename(cluster)


def _migrate(alias: str, environment: Mapping[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MIGRATE, alias],
        cwd=ROOT,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "qxportal.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"The migrations of {alias} failed: {ran.stderr[-2000:]}")


def _copy(cluster: Path, place: Path) -> None:
    """Copy with the owner, who may be PostgreSQL's account."""
    subprocess.run(["cp", "-a", cluster, place], check=True)
