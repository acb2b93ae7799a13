"""`manage.py engine`: runs and administers the ThreeSixty server."""

import json
import os
import random
import sys
import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.core.languages import WRITTEN
from qxportal.core.zones import known_zones
from qxportal.engine.assessments.answering import NotOpenError, decline, open_evaluations, save
from qxportal.engine.editions import fence
from qxportal.engine.editions.erasing import erase
from qxportal.engine.editions.start import begin
from qxportal.engine.http.authentication import give_token
from qxportal.engine.http.redirects import move
from qxportal.engine.http.serving import serve
from qxportal.engine.mail import fence as mail_fence
from qxportal.engine.management import bounces, faults
from qxportal.engine.management.faults import find_user, positive
from qxportal.engine.management.post import Post
from qxportal.engine.models import Brand, Evaluation, Person
from qxportal.engine.models.tables import StaleTablesError, prepare_tables
from qxportal.engine.people.personal_links import end_links, link_for
from qxportal.engine.reports import typefaces
from qxportal.engine.schedules import timetable
from qxportal.engine.seed import brands
from qxportal.engine.seed.answers import answer_evaluation
from qxportal.engine.seed.load import AlreadyLoadedError
from qxportal.engine.seed.load import load as load_demo


class Command(BaseCommand):
    """The engine's subcommands: serve (the default), mail, brands, tokens, links, faults and others."""

    help = "Run the ThreeSixty server, load the demo, make brands, fill in evaluations, issue tokens, or inject faults."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands; without one the server runs."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--empty", action="store_true", help="do not load the demo into an empty server")
        actions = parser.add_subparsers(dest="action", title="actions")
        actions.add_parser("serve", help="answer calls until stopped (the default)")
        actions.add_parser("seed", help="load the demo brands")
        brand = actions.add_parser("brand", help="make a brand with its administrator, or list all brands")
        steps = brand.add_subparsers(dest="step", required=True)
        create = steps.add_parser("create", help="make a brand and print its administrator's token, this once")
        create.add_argument("name", help="the brand's short name, such as halden")
        create.add_argument("--title", required=True, help="what people read")
        create.add_argument("--language", choices=brands.LANGUAGES, default=brands.LANGUAGES[0])
        create.add_argument("--time-zone", default="", help="such as Europe/Oslo; without it QXP_ENGINE_TIME_ZONE")
        steps.add_parser("list", help="each brand with its title")
        erase = actions.add_parser("erase", help="erase a rater by law: name, address and evaluations")
        erase.add_argument("person", metavar="P_...", help="the person's id")
        editions = actions.add_parser("editions", help="after a restore: count missing editions, then allow new ones")
        editions.add_argument("step", choices=("show", "confirm"))
        answer = actions.add_parser("answer", help="fill in open evaluations, so that progress moves")
        answer.add_argument("--count", type=positive, default=10, help="how many evaluations")
        answer.add_argument(
            "--every", type=float, default=0.0, metavar="SECONDS", help="how long to wait between two evaluations"
        )
        answer.add_argument("--assessment", default="", metavar="ID", help="only in this assessment")
        answer.add_argument("--random-seed", type=int, default=None, help="makes the choice repeatable")
        actions.add_parser("post", help="send mail until stopped")
        bounces.add_arguments(actions.add_parser("bounces", help="check that delivery reports can be read"))
        resume = actions.add_parser("resume", help="let a copied or restored database send mail")
        resume.add_argument("--keep-queue", action="store_true", help="send what was queued when it was copied, too")
        token = actions.add_parser("token", help="issue a new token for a user and print it; the old one stops working")
        token.add_argument("user", help="the API user's name")
        actions.add_parser("due", help="open, remind about and close what schedules ask for by now, once")
        link = actions.add_parser("link", help="print a personal link to the site, or end those that were given out")
        link.add_argument("person", metavar="P_...", help="the person's id")
        link.add_argument("--end", action="store_true", help="end all links of the person, and sign devices out")
        move = actions.add_parser("move", help="redirect a brand's calls to another server")
        move.add_argument("brand", help="the brand's short name")
        move.add_argument("address", nargs="?", default="", help="the other server's root; without it calls stay here")
        zone = actions.add_parser("zone", help="set the time zone of the days in a brand's reports")
        zone.add_argument("brand", help="the brand's short name")
        zone.add_argument("name", help="such as Europe/Berlin; '' for QXP_ENGINE_TIME_ZONE")
        language = actions.add_parser(
            "language", help="set the language of reports about people without one of their own"
        )
        language.add_argument("brand", help="the brand's short name")
        language.add_argument("code", choices=[code.upper() for code in WRITTEN])
        faults.add_arguments(actions.add_parser("fault", help="inject faults into one user's calls"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        action = options["action"] or "serve"
        if action == "serve":
            self._serve(options)
        elif action == "seed":
            self._prepare_tables()
            self._seed()
        elif action == "brand":
            self._prepare_tables()
            {"create": self._create_brand, "list": self._list_brands}[options["step"]](options)
        elif action == "post":
            self._post()
        elif action == "bounces":
            _become_engine()
            bounces.check(self.stdout.write, send=options["send"], wait=options["wait"])
        elif action == "resume":
            cancelled = mail_fence.resume(keep_queue=options["keep_queue"])
            words = ngettext(
                "Mail is sent from this database now. %(n)d queued mail was cancelled.",
                "Mail is sent from this database now. %(n)d queued mails were cancelled.",
                cancelled,
            )
            self.stdout.write(words % {"n": cancelled})
        elif action == "answer":
            self._answer(options)
        elif action == "token":
            self.stdout.write(give_token(find_user(options["user"])))
        elif action == "link":
            self._link(options)
        elif action == "due":
            self._due()
        elif action == "erase":
            self._erase(options)
        elif action == "editions":
            self._editions(options)
        elif action == "move":
            self._move(options)
        elif action == "zone":
            self._zone(options)
        elif action == "language":
            self._language(options)
        else:
            faults.STEPS[options["step"]](options, self.stdout.write)

    def _prepare_tables(self) -> None:
        try:
            prepare_tables()
        except StaleTablesError as error:
            raise CommandError(str(error)) from error
        if taken_over := begin():
            words = ngettext(
                "%(n)d report that may have been read before is now a first edition.",
                "%(n)d reports that may have been read before are now first editions.",
                taken_over,
            )
            self.stderr.write(words % {"n": taken_over})

    def _seed(self) -> None:
        """Load the demo and print its API users as JSON; their tokens are stored nowhere else."""
        try:
            loaded = load_demo(today=timezone.now().date())
        except AlreadyLoadedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"users": [asdict(user) for user in loaded.users]}, indent=2))
        self.stdout.flush()  # flush now: the server may run for long

    def _post(self) -> None:
        _become_engine()
        self._prepare_tables()
        self.stderr.write(_("Sending mail until stopped."))
        Post().run()

    def _serve(self, options: dict[str, Any]) -> None:
        _become_engine()
        self._prepare_tables()
        if not options["empty"] and not Brand.objects.exists():
            self._seed()
        for warning in typefaces.warnings():
            self.stderr.write(_("Warning: %(text)s") % {"text": warning})
        connections.close_all()  # no connection may be open when workers are forked
        address = f"http://{options['host']}:{options['port']}/WRAPI/ThreeSixty/api.php"
        self.stderr.write(_("ThreeSixty server at %(address)s") % {"address": address})
        serve(options["host"], options["port"])

    def _create_brand(self, options: dict[str, Any]) -> None:
        """Create a brand; standard output has only the token, so that it can be piped to the portal."""
        try:
            administrator = brands.create(
                options["name"], title=options["title"], language=options["language"], time_zone=options["time_zone"]
            )
        except brands.CannotCreateError as error:
            raise CommandError(str(error)) from error
        token = give_token(administrator)
        words = _("Made the brand %(name)s. Its administrator is %(user)s; this token is shown only once:")
        self.stderr.write(words % {"name": administrator.brand, "user": administrator})
        self.stdout.write(token)

    def _list_brands(self, options: dict[str, Any]) -> None:
        for brand in Brand.objects.order_by("name"):
            self.stdout.write(f"{brand.name}\t{brand.title}")

    def _answer(self, options: dict[str, Any]) -> None:
        begin()
        rng = random.Random(options["random_seed"])
        for number in range(options["count"]):
            if number and options["every"]:
                time.sleep(options["every"])
            evaluation = _next_open(options["assessment"], rng)
            if evaluation is None:
                self.stdout.write(_("There is no open evaluation."))
                return
            names = {"evaluator": evaluation.evaluator, "subject": evaluation.subject.person}
            done = {**names, "state": _fill_in(evaluation, rng)}
            self.stdout.write(_("%(evaluator)s about %(subject)s: %(state)s") % done)

    def _link(self, options: dict[str, Any]) -> None:
        person = Person.objects.select_related("org_structure__brand").filter(public_id=options["person"]).first()
        if person is None or person.removed_at is not None:
            raise CommandError(f"Nobody in a directory has the id {options['person']}.")
        if options["end"]:
            end_links(person)
            self.stdout.write(f"All personal links of {person} have ended.")
        else:
            self.stdout.write(link_for(person))

    def _due(self) -> None:
        done = timetable.run_due()
        words = _(
            "Opened: %(opened)d. Reminded about: %(reminded)d. Closed: %(closed)d. "
            "Reports made ready: %(ready)d. Failed: %(failed)d."
        )
        self.stdout.write(words % asdict(done))

    def _zone(self, options: dict[str, Any]) -> None:
        brand, name = _brand(options["brand"]), options["name"]
        if name and name not in known_zones():
            raise CommandError(_("Enter a time zone such as Europe/Berlin, not %(name)s.") % {"name": name})
        brand.time_zone = name
        brand.save(update_fields=["time_zone"])
        words = _("Reports of %(brand)s give days in the time zone %(zone)s.")
        self.stdout.write(words % {"brand": brand, "zone": brand.zone.key})

    def _language(self, options: dict[str, Any]) -> None:
        brand = _brand(options["brand"])
        brand.language = options["code"]
        brand.save(update_fields=["language"])
        words = _("Reports of %(brand)s are in %(code)s for subjects without a language of their own.")
        self.stdout.write(words % {"brand": brand, "code": brand.language})

    def _erase(self, options: dict[str, Any]) -> None:
        person = Person.objects.filter(public_id=options["person"]).first()
        if person is None:
            raise CommandError(_("There is no person %(id)s.") % {"id": options["person"]})
        done = erase(person)
        deleted = ngettext("%(n)d evaluation deleted.", "%(n)d evaluations deleted.", done.forms)
        self.stdout.write(deleted % {"n": done.forms})
        leaving = ngettext(
            "%(n)d group of comments will no longer be shown in reports.",
            "%(n)d groups of comments will no longer be shown in reports.",
            done.classes,
        )
        self.stdout.write(leaving % {"n": done.classes})

    def _editions(self, options: dict[str, Any]) -> None:
        """Print how many editions a restored database lacks, or confirm so that it may make new ones."""
        with transaction.atomic(using="engine"):
            if options["step"] == "show":
                count = fence.missing()
                words = ngettext(
                    "%(n)d edition was given out that this database does not have.",
                    "%(n)d editions were given out that this database does not have.",
                    count,
                )
            else:
                count = fence.confirm()
                words = ngettext(
                    "%(n)d missing edition confirmed. New editions can be made again.",
                    "%(n)d missing editions confirmed. New editions can be made again.",
                    count,
                )
        self.stdout.write(words % {"n": count})

    def _move(self, options: dict[str, Any]) -> None:
        brand = _brand(options["brand"])
        try:
            move(brand, options["address"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        if brand.data_centre:
            words = _("Calls for %(brand)s are redirected to %(address)s.")
        else:
            words = _("Calls for %(brand)s are answered by this server.")
        self.stdout.write(words % {"brand": brand, "address": brand.data_centre})


def _become_engine() -> None:
    """Restart the process as the engine if it runs with the portal's settings."""
    if settings.PROCESS != "engine":
        os.environ["QXP_PROCESS"] = "engine"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def _brand(name: str) -> Brand:
    brand = Brand.objects.filter(name=name).first()
    if brand is None:
        raise CommandError(_("There is no brand %(name)s.") % {"name": name})
    return brand


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
    """Simulate one evaluator's visit: most finish, some only begin, few decline if allowed; returns the outcome."""
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
