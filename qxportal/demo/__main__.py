"""`python -m qxportal.demo [run|dev|manage|reset]`, which ./portal calls once the machine is set up."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from qxportal.core.environment import adopt_old_names
from qxportal.demo.folder import Folder, FolderError
from qxportal.demo.reload import Watcher
from qxportal.demo.services import ROOT, Options, ServiceError, Services, check_ports, environment, python, read_options
from qxportal.embedded import EmbeddedError, die_with_parent
from qxportal.embedded.supervisor import Child, ChildError, Supervisor, tell
from qxportal.private import keep_private

START_SECONDS = 90.0
RELOAD_GRACE = 2.0  # seconds until a process that was asked to end is killed
DEV_APP = ("qxportal.demo.wsgi:application",)
RELOADING = "  Saved code and templates take effect by themselves; after a new migration: ./portal manage migrate\n"
PREPARE = "import sys, django; django.setup(); from qxportal.demo.prepare import main; sys.exit(main(sys.argv[1]))"


def main(words: Sequence[str]) -> int:
    """Do what was asked; every expected failure is one sentence and exit code 1."""
    command, *rest = words or ["run"]
    keep_private()
    try:
        adopt_old_names(os.environ)
        options = read_options(os.environ)
        folder = Folder(options.var)
        if command in ("run", "dev") and not rest:
            return run(options, folder, reload=command == "dev")
        if command == "manage":
            return manage(options, folder, rest)
        if command == "reset" and rest in ([], ["--yes"]):
            return reset(folder, sure=bool(rest))
    except (FolderError, ServiceError, EmbeddedError, ChildError) as problem:
        return refuse(str(problem))
    except OSError as problem:
        place = f" ({problem.filename})" if problem.filename else ""
        return refuse(f"The disk or the machine refused: {problem.strerror or problem}{place}.")
    except KeyboardInterrupt:
        return 130
    return refuse(f"Unknown words: {' '.join(words)}")


def refuse(words: str) -> int:
    """Say why not."""
    print(f"portal: {words}", file=sys.stderr)  # noqa: T201
    return 1


def run(options: Options, folder: Folder, *, reload: bool) -> int:
    """Start everything and keep it running until somebody stops it; with `reload`, saved code takes effect at once."""
    began = time.monotonic()
    check_ports(options)
    folder.make()
    folder.hold()
    folder.secret_key()
    with Services(options, folder) as running:
        services = running.environment()
        folder.write("services.json", json.dumps(services, indent=1))
        processes = children(options, environment(services), reload=reload)
        stale = Watcher(ROOT).stale if reload else tuple
        supervisor = Supervisor(processes, running.embedded.mend, stale)
        supervisor.listen()
        try:
            if not prepare(options, services, supervisor):
                return 0
            supervisor.start("web", "engine", "site")
            if supervisor.wait_until(lambda: answers(options), seconds=START_SECONDS):
                supervisor.start("worker", "beat", "post")  # only now, so that the site is there sooner
                tell(block(options, folder, time.monotonic() - began))
                if reload:
                    tell(RELOADING)
                supervisor.run()
        finally:
            supervisor.stop()
            (options.var / "services.json").unlink(missing_ok=True)
    tell("Stopped.")
    return 0


def prepare(options: Options, services: dict[str, str], supervisor: Supervisor) -> bool:
    """Migrate, collect static files, seed; False when asked to stop meanwhile."""
    with subprocess.Popen(
        python("-c", PREPARE, options.engine_url),
        cwd=ROOT,
        env=environment(services),
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),
        start_new_session=True,
    ) as process:
        while process.poll() is None:
            if supervisor.stopping.wait(0.02):
                process.terminate()
                return False
    if process.returncode:
        raise ChildError("The site could not be prepared; see above.")
    return True


def children(options: Options, said: dict[str, str], *, reload: bool) -> list[Child]:
    """The portal's processes; with `reload` the web process shows Django's debug pages and can load its code anew."""
    engine = {**said, "QXP_PROCESS": "engine"}
    web = {**said, "QXP_WEB_BIND": f"127.0.0.1:{options.port}", "QXP_WEB_WORKERS": "2", "QXP_WEB_THREADS": "6"}
    if reload:
        web |= {"QXP_DEBUG": "1", "QXP_WEB_WORKERS": "1"}
    site = {**said, "QXP_PROCESS": "site", "QXP_WEB_BIND": f"127.0.0.1:{options.site_port}", "QXP_WEB_WORKERS": "1"}
    gunicorn = python("-m", "gunicorn", "-c", "python:qxportal.gunicorn_conf")
    celery = ("-m", "celery", "-A", "qxportal")
    commands: dict[str, tuple[list[str], dict[str, str]]] = {
        "web": ([*gunicorn, *(DEV_APP if reload else ())], web),
        "engine": (python("manage.py", "engine", "--port", str(options.engine_port)), engine),
        "site": ([*gunicorn, "qxportal.engine.site.wsgi:application"], site),
        "post": (python("manage.py", "engine", "post"), engine),
        "worker": (
            python(*celery, "worker", "-P", "threads", "-c", "4", "-l", "info", "--without-gossip", "--without-mingle"),
            said,
        ),
        "beat": (python(*celery, "beat", "-l", "info", "--pidfile="), said),
    }
    ready = [
        Child(name, command, around, options.var / "log" / f"{name}.log", ROOT)
        for name, (command, around) in commands.items()
    ]
    if reload:
        for child in ready:
            child.grace = RELOAD_GRACE
            child.reload_signal = signal.SIGHUP if child.name == "web" else None  # gunicorn keeps listening meanwhile
    return ready


def answers(options: Options) -> bool:
    """Whether the site is healthy and the engine listens."""
    try:
        site = HTTPConnection("127.0.0.1", options.port, timeout=5)
        site.request("GET", "/health/")
        healthy = site.getresponse().status == HTTPStatus.OK
        site.close()
        for port in (options.engine_port, options.site_port):
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except (OSError, HTTPException):
        return False
    return healthy


def block(options: Options, folder: Folder, seconds: float) -> str:
    """What a person needs to know once everything runs."""
    known = folder.read("demo.json") or {}
    members: list[dict[str, Any]] = known.get("members", [])
    wide = max((len(member["email"]) for member in members), default=0)
    lines = ["", f"  QX Portal runs at {options.portal_url}", ""]
    organisation = ""
    for member in members:
        if member["organisation"] != organisation:
            organisation = member["organisation"]
            lines.append(f"  {organisation}")
        lines.append(f"    {member['role']:8} {member['email']:{wide}}  {member['password']}")
    if invited := known.get("invited", []):
        lines += ["", "  Personal links into running assessments (each person types the address once):"]
        for one in invited:
            about = f" about {one['about']}" if one["about"] else ""
            about += f" in “{one['assessment']}”"
            lines += [f"    {one['who']}: {one['name']}{about}, {one['email']}", f"      {one['link']}"]
    lines += [
        "",
        f"  All mail that would leave: {options.portal_url}/mailbox/ (for members who are signed in)",
        f"  ThreeSixty engine: {options.engine_url}/WRAPI/ThreeSixty/api.php",
        f"  Logs and data: {options.var}   Started in {seconds:.1f} s",
        "  Ctrl-C stops everything",
        "",
    ]
    return "\n".join(lines)


def manage(options: Options, folder: Folder, words: Sequence[str]) -> int:
    """Run manage.py with what the running demo stands on, or with services of its own for as long as it takes."""
    folder.make()
    running = folder.read("services.json")
    if running:
        try:
            folder.hold()
        except FolderError:
            return manage_py(running, words)
    else:
        folder.hold()
    folder.secret_key()
    with Services(options, folder) as services:
        return manage_py(services.environment(), words)


def manage_py(services: dict[str, str], words: Sequence[str]) -> int:
    """Run one management command on the terminal."""
    return subprocess.run(
        python("manage.py", *words),
        cwd=ROOT,
        env=environment(services),
        check=False,
        preexec_fn=die_with_parent(signal.SIGKILL),
    ).returncode


def reset(folder: Folder, *, sure: bool) -> int:
    """Delete the demo's data, once a person has said yes."""
    if not folder.path.exists():
        tell(f"There is nothing in {folder.path}.")
        return 0
    folder.hold()
    if not sure:
        try:
            sure = input(f"Delete the demo's data in {folder.path}? [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            return refuse("Nothing was deleted: say --yes, or answer the question.")
    if not sure:
        tell("Nothing was deleted.")
        return 1
    folder.empty()
    tell("Deleted. The next start makes a fresh demo; databases of your own named by QXP_DATABASE_URL were left alone.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
