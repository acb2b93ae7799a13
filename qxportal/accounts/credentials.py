"""An organisation's access to the API: stored sealed, opened only here."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts import tries
from qxportal.accounts.audit import note
from qxportal.accounts.models import Credential, Member, Organisation
from qxportal.accounts.rate_limit import RateLimiter
from qxportal.security import instance
from qxportal.security.envelope import seal, unseal
from qxportal.security.errors import SealingError
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.client.pool import CallBudget, ClientPool
from qxportal.threesixty.errors import BadCredential
from qxportal.threesixty.hosts import check_host
from qxportal.threesixty.secret import Secret
from qxportal.ui.stored_messages import Message, StoredMessage, gettext_stored, message_of

PURPOSE = "credential.token"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,79}", re.ASCII)

TOO_MANY = gettext_stored("Too many tokens were refused lately. Check user and token, and try again in 15 minutes.")

log = structlog.get_logger(__name__)


class NoCredential(Exception):
    """There is no usable credential, or calls are not allowed; the text says what to do."""


class InUse(ValueError):
    """Another organisation uses the token."""


@contextmanager
def client_for(org: Organisation, *, even_if_refused: bool = False, many: bool = False) -> Iterator[ThreeSixty]:
    """A client with the organisation's credential; records whether the vendor accepted it. `many`: for a pool.

    A refused token stops all calls: until it is replaced, or tested with `even_if_refused`, this raises NoCredential.
    So does a paused organisation, except for that test; and always an archived one, and a copied or restored
    database.
    """
    _check_instance()
    _check_organisation(org, even_if_paused=even_if_refused)
    credential = _usable_credential(org, even_if_refused=even_if_refused)
    with _client(credential, many=many, force=even_if_refused) as client:
        try:
            yield client
        except BadCredential as problem:
            remember_refusal(credential, message_of(problem))
            raise
        finally:
            remember_heard(credential, client)
    remember_success(credential)


def _check_organisation(org: Organisation, *, even_if_paused: bool) -> None:
    if Organisation.objects.filter(pk=org.pk, archived_at__isnull=False).exists():
        raise NoCredential(gettext_stored("The organisation is archived. Contact the operator of this site."))
    if not even_if_paused and Organisation.objects.filter(pk=org.pk, paused=True).exists():
        raise NoCredential(gettext_stored("The organisation is paused. An administrator can resume it under Settings."))


def _usable_credential(org: Organisation, *, even_if_refused: bool) -> Credential:
    credential = Credential.objects.filter(org=org).first()
    if credential is None or credential.sealed_token is None:
        raise NoCredential(
            gettext_stored("There is no API token. An administrator can enter one under Settings, Credential.")
        )
    if credential.refused_at and not even_if_refused:
        raise NoCredential(
            gettext_stored(
                "%(Service)s refused the API token. An administrator can replace or test it under Settings, Credential."
            )
        )
    unproven = credential.succeeded_at is None or credential.refused_at is not None
    if unproven and tries.too_many(org, credential.host, credential.api_user):
        raise NoCredential(TOO_MANY)
    return credential


def _client(credential: Credential, *, many: bool, force: bool) -> ThreeSixty:
    """A client with a credential's token; it shares its rate limit with all other workers."""
    try:
        token = Secret(_open(credential))
    except SealingError as problem:
        log.error("token_not_opened", org=credential.org.slug, problem=str(problem))
        raise NoCredential(
            gettext_stored("The API token cannot be opened. Contact the operator of this site.")
        ) from None
    limits = RateLimiter(f"{credential.pk}:{credential.token_set_at:%Y%m%dT%H%M%S.%f}", many=many, force=force)
    return ThreeSixty(
        credential.host,
        credential.api_user,
        token,
        credential.version,
        credential.names,
        allow_loopback=settings.ENGINE_ALLOWED,
        engines=settings.ENGINE_HOSTS,
        engine_ca=settings.ENGINE_CA,
        gate=partial(_gate, limits),
    )


@contextmanager
def client_pool(org: Organisation) -> Iterator[ClientPool]:
    """A pool with the organisation's credential, with as many concurrent calls as allowed."""
    budget = CallBudget(settings.CALLS_PER_RUN)
    with (
        client_for(org, many=True) as client,
        ClientPool(
            client,
            size=settings.CALLS_AT_ONCE,
            budget=budget,
            first_wait=settings.RETRY_SECONDS,
            before=outside_transactions,
        ) as pool,
    ):
        yield pool


def outside_transactions() -> None:
    """Raise inside a transaction: a response may take a minute, and written rows would stay locked meanwhile."""
    if connection.in_atomic_block:
        with transaction.atomic(durable=True):  # recognises the transactions of tests
            pass


@contextmanager
def _gate(limiter: RateLimiter) -> Iterator[None]:
    outside_transactions()
    with limiter.acquire():
        yield


def save_credential(
    org: Organisation, *, by: Member | None, host: str, api_user: str, version: str, token: str | None
) -> Credential:
    """Store a credential; raises ValueError, in words for the form, for a foreign host or a token in use elsewhere.

    Another host or API user clears the token unless a new one is given: it was not meant for that address.
    """
    root = check_host(host, allow_loopback=settings.ENGINE_ALLOWED, engines=settings.ENGINE_HOSTS)
    if token and tries.too_many(org, root, api_user):
        raise ValueError(TOO_MANY)
    try:
        return _save(org, by=by, root=root, api_user=api_user, version=version, token=token)
    except InUse:  # reveals that the token is valid, so it counts as a failed attempt
        tries.note_refusal(org, root, api_user)
        raise


def _save(
    org: Organisation, *, by: Member | None, root: str, api_user: str, version: str, token: str | None
) -> Credential:
    with transaction.atomic():
        known = Credential.objects.select_for_update().filter(org=org).first()
        credential = known or Credential.objects.create(org=org, host=root, api_user=api_user)
        moved = (credential.host, credential.api_user) != (root, api_user)
        if credential.succeeded_at and (moved or token):
            tries.note_success(org, credential.host, credential.api_user)
        credential.host, credential.api_user, credential.version = root, api_user, version
        if moved:
            _forget_token(credential)
        if token:
            try:
                _set_token(credential, token)
            except SealingError as problem:
                log.error("token_not_sealed", org=org.slug, problem=str(problem))
                raise ValueError(_("The token cannot be encrypted. Contact the operator of this site.")) from None
        credential.save()
        note(
            org,
            by=by,
            verb="credential.changed",
            target=f"{api_user} at {root}",
            words=_what_became_of_the_token(token, moved=moved),
        )
    return credential


def _what_became_of_the_token(token: str | None, *, moved: bool) -> StoredMessage:
    if token:
        return gettext_stored("Token replaced")
    return gettext_stored("Token cleared") if moved else gettext_stored("Token kept")


def set_name(org: Organisation, *, by: Member, request: str, name: str) -> None:
    """Set the name used for one request; an empty name restores the default.

    Raises ValueError, in words for the form, if the name is invalid or belongs to another request.
    """
    if request not in CATALOGUE:
        raise ValueError(_("This request does not exist."))
    if name and not NAME.fullmatch(name):
        raise ValueError(_("A name can have at most 80 letters and digits."))
    with transaction.atomic():
        credential = Credential.objects.select_for_update().filter(org=org).first()
        if credential is None:
            raise ValueError(_("Enter the credential first."))
        others = {known: credential.names.get(known, known) for known in CATALOGUE if known != request}
        if name in others.values():
            other = next(known for known, used in others.items() if used == name)
            raise ValueError(_("%(name)s is already the name of %(other)s.") % {"name": name, "other": other})
        names = {known: used for known, used in credential.names.items() if known != request}
        credential.names = names if name in ("", request) else {**names, request: name}
        credential.save(update_fields=["names", "changed_at"])
        note(org, by=by, verb="credential.name-changed", target=request, words=name or request)


def remember_heard(credential: Credential, client: ThreeSixty) -> None:
    """Store the vendor's last response to each request, merged with what other workers stored meanwhile."""
    if not client.heard:
        return
    found = {
        request: {**asdict(heard), "words": heard.words[:300], "at": heard.at.isoformat()}
        for request, heard in client.heard.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Credential._meta.db_table} SET heard = heard || %s::jsonb WHERE id = %s",  # noqa: S608
            [json.dumps(found), credential.pk],
        )


def move_host(credential: Credential, host: str) -> None:
    """Follow the demo's engine to another port; the token stays, as it is the same engine."""
    credential.host = check_host(host, allow_loopback=settings.ENGINE_ALLOWED, engines=settings.ENGINE_HOSTS)
    if credential.sealed_token is not None:
        credential.fingerprint = fingerprint_of(credential.host, credential.api_user, _open(credential))
    credential.save(update_fields=["host", "fingerprint"])


def remember_success(credential: Credential) -> None:
    """Record that the vendor accepted the credential, unless its token was replaced or refused meanwhile."""
    _same(credential).filter(refused_at=credential.refused_at).update(
        succeeded_at=timezone.now(), refused_at=None, refusal=""
    )
    if credential.succeeded_at is None or credential.refused_at is not None:
        tries.note_success(credential.org, credential.host, credential.api_user)


def remember_refusal(credential: Credential, words: Message) -> None:
    """Record that the vendor refused the credential: calls stop until it is replaced or tested.

    A token that was replaced meanwhile is not affected.
    """
    _same(credential).update(refused_at=timezone.now(), refusal=words)
    tries.note_refusal(credential.org, credential.host, credential.api_user)


def _check_instance() -> None:
    try:
        may_call = instance.may_call()
    except OSError as problem:
        log.error("instance_file_not_written", file=problem.filename, problem=problem.strerror)
        raise NoCredential(
            gettext_stored("A file of the portal cannot be written. Contact the operator of this site.")
        ) from None
    if not may_call:
        raise NoCredential(
            gettext_stored(
                "This site was copied or restored from a backup. "
                "Nothing is refreshed or sent until an operator resumes it."
            )
        )


def _same(credential: Credential) -> QuerySet[Credential]:
    return Credential.objects.filter(pk=credential.pk, token_set_at=credential.token_set_at)


def _set_token(credential: Credential, token: str) -> None:
    fingerprint = fingerprint_of(credential.host, credential.api_user, token)
    if Credential.objects.filter(fingerprint=fingerprint).exclude(pk=credential.pk).exists():
        raise InUse(_("This token is already used by another organisation on this site."))
    credential.sealed_token = seal(
        token.encode(), org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk)
    )
    credential.fingerprint = fingerprint
    credential.token_set_at = timezone.now()
    credential.refused_at, credential.refusal, credential.succeeded_at = None, "", None


def _forget_token(credential: Credential) -> None:
    credential.sealed_token, credential.token_set_at, credential.succeeded_at = None, None, None
    credential.refused_at, credential.refusal, credential.fingerprint = None, "", ""


def _open(credential: Credential) -> str:
    sealed = bytes(credential.sealed_token or b"")
    return unseal(sealed, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk)).decode()


def fingerprint_of(host: str, api_user: str, token: str) -> str:
    """A keyed fingerprint, which reveals a token used by two organisations without storing it."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{host}|{api_user}|{token}".encode(), hashlib.sha256).hexdigest()
