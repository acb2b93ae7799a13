"""Reads arguments and environment, sends the call, prints. Exit codes: 0 success, 1 refused or failed, 2 misuse."""

import json
import logging
import os
import re
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import structlog

from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.every import EVERY_CALL
from qxportal.threesixty.catalogue import CATALOGUE, OLDEST
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.command.manual import manual, usage
from qxportal.threesixty.command.parameters import WrongUse, make_call
from qxportal.threesixty.errors import Rejected, ThreeSixtyError
from qxportal.threesixty.records import Pdf
from qxportal.threesixty.secret import Secret

FORMATS = ("XML", "JSON", "CSV", "HTML")


def main(words: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        wish = _read(words)
        if wish.help or not wish.request:
            sys.stdout.write(manual(CATALOGUE[_known(wish.request)]) if wish.request else usage())
            return 0
        call = make_call(EVERY_CALL[_known(wish.request)], wish.parameters)
        _check_format(call, wish.format)
        with _client() as threesixty:
            _confirm(call, threesixty, sure=wish.yes)
            return _ask(threesixty, call, wish)
    except WrongUse as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except ThreeSixtyError as problem:
        code = f" [{problem.code}]" if isinstance(problem, Rejected) and problem.code else ""
        sys.stderr.write(f"{type(problem).__name__}: {problem}{code}\n")
        return 1


def _read(words: Sequence[str]) -> Namespace:
    parser = _Parser(add_help=False, usage=SUPPRESS, allow_abbrev=False)
    parser.add_argument("request", nargs="?")
    parser.add_argument("parameters", nargs="*")
    for name in ("--help", "--raw", "--yes"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("-h", dest="help", action="store_true")
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--output", type=Path)
    return parser.parse_intermixed_args(list(words))


class _Parser(ArgumentParser):
    """Reports errors in our own format."""

    def error(self, message: str) -> Any:
        """Raise the error."""
        raise WrongUse(f"{message}. See --help.")


def _known(name: str) -> str:
    if name in CATALOGUE:
        return name
    near = get_close_matches(name, CATALOGUE, n=3)
    raise WrongUse(f"There is no request {name}." + (f" Did you mean {' or '.join(near)}?" if near else " See --help."))


def _check_format(call: Call[Any], wanted: str | None) -> None:
    formats = CATALOGUE[call.request].formats
    if wanted and wanted not in formats:
        raise WrongUse(f"{call.request} answers in {', '.join(formats)}.")


def _client() -> ThreeSixty:
    given = {name: os.environ.get(f"THREESIXTY_{name}", "").strip() for name in ("HOST", "USER", "TOKEN", "PASSWORD")}
    missing = [f"THREESIXTY_{name}" for name in ("HOST", "USER") if not given[name]]
    if bool(given["TOKEN"]) is bool(given["PASSWORD"]):
        missing.append("one of THREESIXTY_TOKEN and THREESIXTY_PASSWORD")
    if missing:
        raise WrongUse(f"Set {', '.join(missing)} in the environment. See --help.")
    version = OLDEST if given["PASSWORD"] else os.environ.get("THREESIXTY_VERSION", "").strip() or "2.5"
    if given["TOKEN"] and not re.fullmatch(r"2\.[0-9]", version):
        raise WrongUse("THREESIXTY_VERSION is a version such as 2.5.")
    try:
        return ThreeSixty(
            given["HOST"],
            given["USER"],
            Secret(given["TOKEN"] or given["PASSWORD"]),
            version,
            _names(os.environ.get("THREESIXTY_NAMES", "")),
            allow_loopback=os.environ.get("THREESIXTY_ENGINE", "") == "1",
        )
    except ValueError as problem:
        raise WrongUse(str(problem)) from None


def _names(said: str) -> dict[str, str]:
    """Other names in use for requests."""
    pairs = [pair.strip().partition("=") for pair in said.split(",") if pair.strip()]
    for request, _, name in pairs:
        if request not in CATALOGUE or not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,79}", name):
            raise WrongUse("THREESIXTY_NAMES is made of pairs such as getPersons=getOrgPersons, with commas between.")
    return {request: name for request, _, name in pairs}


def _confirm(call: Call[Any], threesixty: ThreeSixty, *, sure: bool) -> None:
    if not call.mutates or sure:
        return
    if not sys.stdin.isatty():
        raise WrongUse(f"{call.request} changes something: say --yes.")
    sys.stderr.write(f"{call.request} changes something at {threesixty.root}. Type yes to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise WrongUse("Nothing was sent.")


def _ask(threesixty: ThreeSixty, call: Call[Any], wish: Namespace) -> int:
    if wish.raw:
        answer = threesixty.ask(call, format=wish.format)
        _write(answer.body, wish.output)
        return 0 if answer.status == 200 else 1
    found = threesixty.call(call, format=wish.format)
    if isinstance(found, Pdf):
        if wish.output is None and sys.stdout.isatty():
            raise WrongUse(f"The report has {len(found.content)} bytes: say --output FILE.")
        _write(found.content, wish.output)
    else:
        _write((json.dumps(_plain(found), ensure_ascii=False, indent=2, default=str) + "\n").encode(), wish.output)
    return 0


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise WrongUse(f"{output} cannot be written: {problem.strerror}.") from None


def _plain(found: Any) -> Any:
    """Records as maps, without the vendor's raw rows."""
    if is_dataclass(found) and not isinstance(found, type):
        return {field.name: _plain(getattr(found, field.name)) for field in fields(found) if field.name != "raw"}
    if isinstance(found, tuple | list):
        return [_plain(item) for item in found]
    return dict(found) if hasattr(found, "items") else found
