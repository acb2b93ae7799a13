"""`manage.py engine fault add|list|clear`: fault injection for one API user's calls."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.engine.models import Fault, User

Write = Callable[[str], object]


def add_arguments(fault: ArgumentParser) -> None:
    """Declare the subcommands and their arguments."""
    steps = fault.add_subparsers(dest="step", required=True)
    add = steps.add_parser("add")
    add.add_argument("user", help="the API user's name")
    add.add_argument("kind", choices=Fault.Kind.values)
    add.add_argument("--request", default="", help="only for this request")
    add.add_argument(
        "--seconds", type=float, default=1.0, help="length of a delay, Retry-After, lateness, or age of stale data"
    )
    add.add_argument("--cut-at", type=int, default=20, help="after how many bytes a body is cut")
    add.add_argument("--times", type=positive, default=None, help="how often; without it until cleared")
    add.add_argument("--share", type=_share, default=1.0, help="share of the calls; 0.1 is every tenth")
    add.add_argument("--at-random", action="store_true", help="up to --seconds, and cut anywhere in the body")
    add.add_argument("--seed", type=int, default=0, help="makes the choice repeatable")
    steps.add_parser("list")
    clear = steps.add_parser("clear")
    clear.add_argument("user", nargs="?", default="", help="only this user's faults")


def add(options: dict[str, Any], write: Write) -> None:
    """Inject a fault."""
    fault = Fault.objects.create(
        user=find_user(options["user"]),
        kind=options["kind"],
        request=options["request"],
        seconds=options["seconds"],
        cut_at=options["cut_at"],
        remaining=options["times"],
        share=options["share"],
        at_random=options["at_random"],
        seed=options["seed"],
    )
    write(_words(fault))


def list_all(options: dict[str, Any], write: Write) -> None:
    """List the injected faults."""
    for fault in Fault.objects.select_related("user").order_by("pk"):
        write(_words(fault))


def clear(options: dict[str, Any], write: Write) -> None:
    """Remove one user's faults, or all."""
    found = Fault.objects.filter(user__user_name=options["user"]) if options["user"] else Fault.objects.all()
    count = found.delete()[0]
    write(ngettext("%(n)d fault cleared.", "%(n)d faults cleared.", count) % {"n": count})


STEPS: Mapping[str, Callable[[dict[str, Any], Write], None]] = {"add": add, "list": list_all, "clear": clear}


def find_user(name: str) -> User:
    """The API user with this name; raises CommandError."""
    user = User.objects.filter(user_name=name).first()
    if user is None:
        raise CommandError(_("There is no API user %(name)s.") % {"name": name})
    return user


def _words(fault: Fault) -> str:
    """One fault as a line of named values."""
    anywhere = fault.at_random
    values = {
        "fault": f"{fault.kind} ({fault.pk})",
        "user": fault.user.user_name,
        "request": fault.request or "all",
        "times": "unlimited" if fault.remaining is None else fault.remaining,
        "share of calls": f"{fault.share:.0%}",
        "at most seconds" if anywhere else "seconds": f"{fault.seconds:g}",
        "cut after bytes": "any number" if anywhere else fault.cut_at,
    }
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def positive(text: str) -> int:
    """Argument type: a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("enter a whole number of at least 1")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 < share <= 1:
        raise ArgumentTypeError("enter a number above 0, up to 1")
    return share
