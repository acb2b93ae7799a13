"""`manage.py engine`: runs and steers the ThreeSixty server."""

import json
import os
import random
import sys
import time
from argparse import ArgumentTypeError
from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction
from django.utils import timezone

from qxportal.engine.assessments.answering import NotOpenError, decline, open_evaluations, save
from qxportal.engine.editions import fence
from qxportal.engine.editions.erasing import erase
from qxportal.engine.editions.start import begin
from qxportal.engine.http.authentication import give_token
from qxportal.engine.http.redirects import move
from qxportal.engine.http.serving import serve
from qxportal.engine.models import Brand, Evaluation, Fault, Person, User
from qxportal.engine.models.tables import StaleTablesError, prepare_tables
from qxportal.engine.reports import typefaces
from qxportal.engine.seed.answers import answer_evaluation
from qxportal.engine.seed.load import AlreadyLoadedError
from qxportal.engine.seed.load import load as load_demo


class Command(BaseCommand):
    """Serve (the default), seed, answer, token, move, zone, fault."""

    help = "Run the ThreeSixty server, fill it, let evaluators answer, give out tokens, or switch faults on."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands; without one the server runs."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--empty", action="store_true", help="do not fill an empty server with the demo brands")
        actions = parser.add_subparsers(dest="action", title="actions")
        actions.add_parser("serve", help="answer calls until stopped; the default")
        actions.add_parser("seed", help="load the demo brands")
        erase = actions.add_parser("erase", help="forget by law who a rater was and what he answered")
        erase.add_argument("person", metavar="P_...", help="the person's id")
        editions = actions.add_parser("editions", help="after a restore: look, then let new editions be made again")
        editions.add_argument("step", choices=("show", "confirm"))
        answer = actions.add_parser("answer", help="let evaluators answer, so that progress moves")
        answer.add_argument("--count", type=_positive, default=10, help="how many forms in all")
        answer.add_argument(
            "--every", type=float, default=0.0, metavar="SECONDS", help="how long to wait between forms"
        )
        answer.add_argument("--assessment", default="", metavar="ID", help="in this assessment only")
        answer.add_argument("--random-seed", type=int, default=None, help="makes the choice repeatable")
        token = actions.add_parser("token", help="give a user a new token and print it; the old one ends")
        token.add_argument("user", help="the API user's name")
        move = actions.add_parser("move", help="send a brand's calls to another server")
        move.add_argument("brand", help="the brand's short name")
        move.add_argument("address", nargs="?", default="", help="the other server's root; without it the brand stays")
        zone = actions.add_parser("zone", help="set the time zone in which a brand's reports give days")
        zone.add_argument("brand", help="the brand's short name")
        zone.add_argument("name", help="such as Europe/Berlin; with '' ENGINE_TIME_ZONE holds")
        fault = actions.add_parser("fault", help="make the server misbehave for one user's calls")
        steps = fault.add_subparsers(dest="step", required=True)
        add = steps.add_parser("add")
        add.add_argument("user", help="the API user's name")
        add.add_argument("kind", choices=Fault.Kind.values)
        add.add_argument("--request", default="", help="for this request only")
        add.add_argument(
            "--seconds", type=float, default=1.0, help="of a delay, of Retry-After, until late execution, of staleness"
        )
        add.add_argument("--cut-at", type=int, default=20, help="after how many bytes a body ends")
        add.add_argument("--times", type=_positive, default=None, help="how often; for ever without")
        add.add_argument("--share", type=_share, default=1.0, help="of the calls that meet it; 0.1 is every tenth")
        add.add_argument("--at-random", action="store_true", help="up to --seconds, and anywhere in the body")
        add.add_argument("--seed", type=int, default=0, help="gives the same chances again")
        steps.add_parser("list")
        clear = steps.add_parser("clear")
        clear.add_argument("user", nargs="?", default="", help="of this user only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        action = options["action"] or "serve"
        if action == "serve":
            self._serve(options)
        elif action == "seed":
            self._prepare_tables()
            self._seed()
        elif action == "answer":
            self._answer(options)
        elif action == "token":
            self.stdout.write(give_token(_user(options["user"])))
        elif action == "erase":
            self._erase(options)
        elif action == "editions":
            self._editions(options)
        elif action == "move":
            self._move(options)
        elif action == "zone":
            self._zone(options)
        else:
            {"add": self._add_fault, "list": self._list_faults, "clear": self._clear_faults}[options["step"]](options)

    def _prepare_tables(self) -> None:
        try:
            prepare_tables()
        except StaleTablesError as error:
            raise CommandError(str(error)) from error
        if taken_over := begin():
            self.stderr.write(f"{taken_over} reports that may have been read are first editions now.")

    def _seed(self) -> None:
        """Load the demo and print its API users as JSON: their tokens are kept nowhere else."""
        try:
            loaded = load_demo(today=timezone.now().date())
        except AlreadyLoadedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"users": [asdict(user) for user in loaded.users]}, indent=2))
        self.stdout.flush()  # a pipe or a file gets it now, however long the server goes on

    def _serve(self, options: dict[str, Any]) -> None:
        if settings.PROCESS != "engine":  # settings were read for the portal: start again as the engine
            os.environ["PORTAL_PROCESS"] = "engine"
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
        self._prepare_tables()
        if not options["empty"] and not Brand.objects.exists():
            self._seed()
        for warning in typefaces.warnings():
            self.stderr.write(f"Warning: {warning}")
        connections.close_all()  # nothing of ours may be open when workers are made
        self.stderr.write(f"ThreeSixty server on http://{options['host']}:{options['port']}/WRAPI/ThreeSixty/api.php")
        serve(options["host"], options["port"])

    def _answer(self, options: dict[str, Any]) -> None:
        begin()
        rng = random.Random(options["random_seed"])
        for number in range(options["count"]):
            if number and options["every"]:
                time.sleep(options["every"])
            evaluation = _next_open(options["assessment"], rng)
            if evaluation is None:
                self.stdout.write("Nobody has a form to answer.")
                return
            self.stdout.write(f"{evaluation.evaluator} about {evaluation.subject.person}: {_fill_in(evaluation, rng)}")

    def _zone(self, options: dict[str, Any]) -> None:
        brand, name = _brand(options["brand"]), options["name"]
        if name and name not in available_timezones():
            raise CommandError(f"{name} is no time zone such as Europe/Berlin.")
        brand.time_zone = name
        brand.save(update_fields=["time_zone"])
        self.stdout.write(f"Days of {brand} begin at midnight in {brand.zone.key}.")

    def _erase(self, options: dict[str, Any]) -> None:
        person = Person.objects.filter(public_id=options["person"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['person']}.")
        done = erase(person)
        self.stdout.write(f"{done.forms} forms deleted; {done.classes} groups of shown comments leave the reports.")

    def _editions(self, options: dict[str, Any]) -> None:
        """Tell how many editions a restored database lacks; confirming lets it make new ones."""
        with transaction.atomic(using="engine"):
            if options["step"] == "show":
                self.stdout.write(f"{fence.missing()} editions were given that this database does not know.")
            else:
                self.stdout.write(f"{fence.confirm()} missing editions confirmed: new ones are made again.")

    def _move(self, options: dict[str, Any]) -> None:
        brand = _brand(options["brand"])
        try:
            move(brand, options["address"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{brand} lives {f'at {brand.data_centre}' if brand.data_centre else 'here'}.")

    def _add_fault(self, options: dict[str, Any]) -> None:
        fault = Fault.objects.create(
            user=_user(options["user"]),
            kind=options["kind"],
            request=options["request"],
            seconds=options["seconds"],
            cut_at=options["cut_at"],
            remaining=options["times"],
            share=options["share"],
            at_random=options["at_random"],
            seed=options["seed"],
        )
        self.stdout.write(_words(fault))

    def _list_faults(self, options: dict[str, Any]) -> None:
        for fault in Fault.objects.select_related("user").order_by("pk"):
            self.stdout.write(_words(fault))

    def _clear_faults(self, options: dict[str, Any]) -> None:
        faults = Fault.objects.filter(user__user_name=options["user"]) if options["user"] else Fault.objects.all()
        count, _ = faults.delete()
        self.stdout.write(f"{count} faults cleared.")


def _brand(name: str) -> Brand:
    brand = Brand.objects.filter(name=name).first()
    if brand is None:
        raise CommandError(f"There is no brand {name}.")
    return brand


def _user(name: str) -> User:
    user = User.objects.filter(user_name=name).first()
    if user is None:
        raise CommandError(f"There is no API user {name}.")
    return user


def _next_open(assessment_id: str, rng: random.Random) -> Evaluation | None:
    waiting = open_evaluations()
    if assessment_id:
        waiting = waiting.filter(assessment__public_id=assessment_id)
    found = list(waiting.values_list("pk", flat=True)[:5_000])
    if not found:
        return None
    return Evaluation.objects.select_related("assessment__survey", "subject__person", "evaluator").get(
        pk=rng.choice(found)
    )


def _fill_in(evaluation: Evaluation, rng: random.Random) -> str:
    """One evaluator's visit: most finish, some only open the form, few decline where they may."""
    mood = rng.random()
    try:
        if mood < 0.03 and evaluation.assessment.options.get("DeclineEvaluations"):
            decline(evaluation)
        elif mood > 0.85 and evaluation.status == Evaluation.Status.NOT_STARTED:
            save(evaluation, {}, finished=False)
        else:
            answer_evaluation(evaluation, rng)
    except NotOpenError as reason:
        return str(reason)
    return str(evaluation.status)


def _words(fault: Fault) -> str:
    times = "for ever" if fault.remaining is None else f"{fault.remaining} times"
    share = "" if fault.share == 1 else f", {fault.share:.0%} of calls"
    extent = (
        f"up to {fault.seconds} s, cut anywhere" if fault.at_random else f"{fault.seconds} s, cut at {fault.cut_at}"
    )
    return f"{fault.pk}: {fault.user.user_name}, {fault}{share}, {times}, {extent}"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a number from 1 on is expected")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 < share <= 1:
        raise ArgumentTypeError("a number above 0, up to 1, is expected")
    return share
