"""Connecting an organisation to an engine: a brand, its administrator and a token there, a sealed credential here.

The two databases know no common transaction, so each step is committed alone, in an order in which what is there is of
no use to anybody until the last one, and a repetition finds what is missing:

1. the credential without a token, which says that the brand of that name is meant for this organisation;
2. the brand with its administrator, in one transaction of the engine, without a token;
3. a token, of which the engine keeps a hash and the portal the sealed text. One that was lost in between is replaced.

A brand that was there before step 1 is somebody else's: it is refused, so that nobody gets to see another's answers.
"""

import shlex
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from qxportal.accounts.credentials import NoCredential, client_for, save_credential
from qxportal.accounts.models import Credential, Organisation
from qxportal.accounts.setting_up import CannotSetUp
from qxportal.core.failpoints import failpoint
from qxportal.engine.http.authentication import give_token
from qxportal.engine.models import Brand, User
from qxportal.engine.models.tables import StaleTablesError, prepare_tables
from qxportal.engine.seed import brands
from qxportal.security import key_ring
from qxportal.security.stores import STORES
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.errors import BadCredential, ThreeSixtyError, TransientError
from qxportal.threesixty.hosts import check_host

HERE = "http://127.0.0.1:8001"  # where the engine listens unless it is told otherwise
Say = Callable[[str], None]
AskToken = Callable[[], str]


def check_engine(address: str) -> str:
    """The root address of an engine that credentials may point at; raises CannotSetUp with what to set otherwise."""
    try:
        root = check_host(address, allow_loopback=settings.ENGINE_ALLOWED, engines=settings.ENGINE_HOSTS)
    except ValueError:
        root = ""
    if root and not root.endswith(f".{settings.VENDOR_DOMAIN}"):
        return root
    if not address.strip().lower().startswith("http://"):
        words = _("%(address)s is not allowed. Add its host name to QXP_ENGINE_HOSTS for an engine on another machine.")
    elif settings.ENGINE_ALLOWED:
        words = _("%(address)s is no address of an engine on this machine, such as %(here)s.")
    else:
        words = _("%(address)s is not allowed. Set QXP_ENGINE_ALLOWED=1 for an engine on this machine.")
    raise CannotSetUp(words % {"address": address, "here": HERE})


def prepare(root: str, say: Say) -> None:
    """Make the first key of an empty key ring, and the tables of an engine on this machine where there are none."""
    if not key_ring.keys():
        if any(store.count() for store in STORES.values()):
            raise CannotSetUp(
                _("The key ring %(folder)s is empty, but the database holds sealed values. Bring the keys back.")
                % {"folder": settings.KEYS}
            )
        made = {"key": key_ring.add_key(), "folder": settings.KEYS}
        say(_("Created %(key)s, the first key in %(folder)s. Keep a copy of it elsewhere.") % made)
    if _is_here(root):
        try:
            prepare_tables()
        except StaleTablesError as problem:
            raise CannotSetUp(str(problem)) from None


def connect(org: Organisation, root: str, *, language: str, say: Say, ask_token: AskToken) -> None:
    """Give the organisation a brand of its own at the engine, and the credential for it; done once, however often."""
    user = brands.administrator_of(org.slug)
    credential = Credential.objects.filter(org=org).first()
    if credential is None:
        if _is_here(root) and Brand.objects.filter(name=org.slug).exists():
            raise CannotSetUp(
                _("The engine already has a brand %(name)s, made for another organisation. Choose another --slug.")
                % {"name": org.slug}
            )
        _save(org, root, user, token=None)
        failpoint("setup.intended")
    elif (credential.host, credential.api_user) != (root, user):
        raise CannotSetUp(
            _("%(org)s already has a credential, %(credential)s. It can be changed under Settings, Credential.")
            % {"org": org, "credential": credential}
        )
    if _is_here(root):
        _connect_here(org, root, language=language, say=say)
    else:
        _connect_elsewhere(org, root, language=language, say=say, ask_token=ask_token)
    failpoint("setup.connected")


def _connect_here(org: Organisation, root: str, *, language: str, say: Say) -> None:
    name = {"name": org.slug, "org": org, "host": root}
    with transaction.atomic():  # two of us at once do this one after the other
        credential = Credential.objects.select_for_update(of=("self",)).select_related("org").get(org=org)
        administrator = User.objects.filter(
            brand__name=org.slug, user_name=credential.api_user, is_brand_admin=True
        ).first()
        if credential.usable:
            if administrator is None:
                raise CannotSetUp(
                    _("%(org)s has a token, but its brand %(name)s is gone. Check QXP_ENGINE_DATABASE_URL.") % name
                )
            say(_("%(org)s is already connected to its brand %(name)s.") % name)
            return
        if administrator is None:
            try:
                zone = "" if org.time_zone == "UTC" else org.time_zone
                administrator = brands.create(org.slug, title=org.name, language=language.upper(), time_zone=zone)
            except brands.CannotCreateError as problem:
                raise CannotSetUp(str(problem)) from None
            say(_("Made the brand %(name)s with two surveys and an empty directory.") % name)
        failpoint("setup.brand")
        token = give_token(administrator)
        failpoint("setup.token")
        _save(org, root, credential.api_user, token=token)
    say(_("Connected %(org)s to it at %(host)s.") % name)


def _connect_elsewhere(org: Organisation, root: str, *, language: str, say: Say, ask_token: AskToken) -> None:
    name = {"name": org.slug, "org": org, "host": urlsplit(root).netloc}
    credential = Credential.objects.get(org=org)
    if credential.usable:
        say(_("%(org)s is already connected to its brand %(name)s.") % name)
        return
    if credential.sealed_token is None:
        say(_("Run this on the machine of the engine, %(host)s:") % name)
        say(f"  {brand_command(org, language)}")
        say(_("It prints a token, this once. Paste the token here and press Enter."))
    else:
        say(_("%(host)s refused the token. Run this there, paste the token that it prints, and press Enter:") % name)
        say(f"  manage.py engine token {shlex.quote(credential.api_user)}")
    token = ask_token().strip()
    if not token:
        raise CannotSetUp(_("No token was entered. Run the same command again once there is one."))
    _save(org, root, credential.api_user, token=token)
    say(_("Connected %(org)s to its brand %(name)s at %(host)s.") % name)


def brand_command(org: Organisation, language: str) -> str:
    """What makes the organisation's brand on the engine's machine, as a shell takes it."""
    return (
        f"manage.py engine brand create {org.slug} --title={shlex.quote(org.name)} --language {language.upper()}"
        f" --time-zone {org.time_zone}"
    )


def rename_brand(org: Organisation, name: str) -> None:
    """Let people outside HR read the organisation's new name, too, where its brand is here and had the old one."""
    credential = Credential.objects.filter(org=org, api_user=brands.administrator_of(org.slug)).first()
    if credential is not None and _is_here(credential.host):
        Brand.objects.filter(name=org.slug, title=org.name).update(title=name)


def check_connection(org: Organisation, say: Say) -> None:
    """Ask the engine once; says so where it does not answer yet, and raises CannotSetUp where it refuses."""
    credential = Credential.objects.get(org=org)
    host = {"host": credential.host}
    try:
        with client_for(org, even_if_refused=True) as threesixty:  # whatever else is in the air
            threesixty.call(GetPersons(record_limit=1))
    except BadCredential:
        if _is_here(credential.host):
            raise CannotSetUp(
                _("The engine at %(host)s refused the token: its database is another one than QXP_ENGINE_DATABASE_URL.")
                % host
            ) from None
        raise CannotSetUp(
            _("%(host)s refused the token. Run the same command again to enter another one.") % host
        ) from None
    except TransientError:
        words = _("The engine does not answer at %(host)s yet. Data is read as soon as it runs.")
        if not _is_here(credential.host):
            words = _("%(host)s does not answer, or its certificate is not valid. Data is read as soon as it answers.")
        say(words % host)
    except NoCredential as problem:
        say(str(problem))
    except ThreeSixtyError as problem:
        raise CannotSetUp(_("%(host)s gave no usable answer: %(problem)s") % {**host, "problem": problem}) from None
    else:
        say(_("The engine answers at %(host)s.") % host)


def _save(org: Organisation, root: str, user: str, *, token: str | None) -> None:
    try:
        save_credential(org, by=None, host=root, api_user=user, version=Credential.Version.V2_5, token=token)
    except ValueError as problem:
        raise CannotSetUp(str(problem)) from None


def _is_here(root: str) -> bool:
    return urlsplit(root).scheme == "http"
