"""Every address, method and role: strangers see nothing, low roles are refused, and what is allowed works."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from qxportal.accounts.models import User
from qxportal.accounts.roles import Role
from qxportal.ledger.models import ReadMark
from tests.isolation.policy import (
    FIELDS,
    FILES_OF_MATCHES,
    OF_EXPORTS,
    OF_LIBRARIES,
    OF_TABLES,
    ONLY_RELEASED,
    POLICY,
    SENDING,
)
from tests.isolation.tenant import Tenant
from tests.isolation.two_organisations import TABLES
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


class Address(NamedTuple):
    name: str
    least: Role
    objects: dict[str, str]

    def url(self, org: Tenant, objects: Tenant) -> str:
        """The address in one organisation, with the numbers of another's rows."""
        numbers = {kwarg: objects.rows[row].pk for kwarg, row in self.objects.items()}
        step = {"step": "basics"} if self.name == "assessments:new-step" else {}
        step |= {"key": f"ML_{objects.word}"} if self.name == "assessments:mailing-stop" else {}
        step |= {"source": f"DS_{objects.word}"} if self.name in OF_TABLES else {}
        step |= {"key": f"UR_{objects.word}"} if self.name.partition(":")[2] in OF_LIBRARIES else {}
        step |= {"key": objects.rows["exported"].target} if self.name.partition(":")[2] in OF_EXPORTS else {}
        step |= {"kind": "graphics", "held": f"IM_{objects.word}"} if self.name == "assessments:library-delete" else {}
        step |= {"name": "getSurvey"} if self.name == "assessments:api-request" else {}
        return reverse(self.name, kwargs={"org": org.org.slug, **numbers, **step})


def patterns(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every address with its name and view."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route, f"{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield route, f"{space}{entry.name}", entry.callback


ADDRESSES = [(route, name, view) for route, name, view in patterns(get_resolver()) if "<slug:org>" in route]
NAMES = sorted({name for _route, name, _view in ADDRESSES})
VIEWS = {name: view for _route, name, view in ADDRESSES}


@cache
def methods(name: str) -> tuple[str, ...]:
    """The methods whose answers can depend on who asks: the others are refused to a request that tells nobody.

    Such a request has no user at all, so whoever asks by a method that is refused to it is refused alike.
    """
    return tuple(method for method in METHODS if not _is_refused_to_everybody(name, method))


def reading() -> list[str]:
    """The addresses that can be read."""
    return [name for name in NAMES if "get" in methods(name)]


def _is_refused_to_everybody(name: str, method: str) -> bool:
    request = RequestFactory().generic(method.upper(), "/")
    assert not hasattr(request, "user")
    try:
        return bool(VIEWS[name](request).status_code == 405)
    except (AttributeError, TypeError):  # it asked who it is, or for the rest of the address
        return False


# The tables of what an organisation has.
KEPT = [str(table._meta.db_table) for table in (*TABLES, ReadMark)]
# What any request may write: when it came.
USUAL = ('"django_session"', 'UPDATE "accounts_member" SET "last_seen_at" =')


def _reads(sql: str) -> bool:
    first = sql.lstrip("( \n").split(" ", 1)[0]
    if first == "WITH":
        return not re.search(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", sql)
    return first in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def nothing_written(tables: Sequence[str] = ("",)) -> Iterator[None]:
    """Fails when a statement in the block writes more than that somebody was here; if tables are given, to these."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _reads(sql) and any(table in sql for table in tables) and not any(usual in sql for usual in USUAL):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
    assert written == []


def ask(client: Client, method: str, url: str, fields: dict[str, str] | None = None) -> Any:
    """One request; whatever it changed is undone."""
    with transaction.atomic():
        answer = getattr(client, method)(url, fields) if method == "post" else getattr(client, method)(url)
        if getattr(answer, "streaming", False):
            whole = b"".join(answer.streaming_content)
            answer = HttpResponse(whole, status=answer.status_code, headers=answer.headers)
        transaction.set_rollback(True)
    return answer


def address(name: str) -> Address:
    least, objects = POLICY[name]
    return Address(name, least, objects)


def test_every_address_has_its_policy_and_its_gate():
    assert set(POLICY) == set(NAMES)
    for _route, name, view in ADDRESSES:
        assert view.least_role == POLICY[name][0], name


@pytest.mark.parametrize("name", NAMES)
def test_nobody_signed_in_is_sent_to_the_sign_in_page(ours, name):
    assert methods(name)
    for method in METHODS:
        answer = ask(Client(), method, address(name).url(ours, ours))
        assert answer.status_code == (302 if method in methods(name) else 405), (method, answer.status_code)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("name", NAMES)
def test_strangers_find_nothing_with_the_same_face_as_nowhere(ours, rival, name):
    url = address(name).url(ours, ours)
    for client in (signed_in(User.objects.create_user("nobody@elsewhere.example")), rival.browser(Role.OWNER)):
        for method in methods(name):
            answer = ask(client, method, url)
            assert answer.status_code == 404, (method, answer.status_code)
            nowhere = ask(client, method, url.replace("/o/ours/", "/o/no-such-organisation/"))
            assert (answer.status_code, answer.content) == (nowhere.status_code, nowhere.content)
            assert b"Ourshire" not in answer.content


@pytest.mark.parametrize("name", [name for name in NAMES if POLICY[name][1]])
def test_a_rival_finds_nothing_at_his_own_address_with_our_numbers(ours, rival, name):
    for role in (Role.OWNER, POLICY[name][0]):
        browser = rival.browser(role)
        for method in methods(name):
            with nothing_written():
                answer = ask(browser, method, address(name).url(rival, ours))
            too_low = method == "post" and not role.reaches(SENDING.get(name, role))
            assert answer.status_code == (403 if too_low else 404), (method, answer.status_code)
            assert b"Ourshire" not in answer.content


@pytest.mark.parametrize("name", NAMES)
def test_each_role_gets_what_the_policy_says_and_reading_changes_nothing(ours, name):
    url = address(name).url(ours, ours)
    for role in Role:
        browser = ours.browser(role)
        for method in methods(name):
            least = SENDING.get(name, POLICY[name][0]) if method == "post" else POLICY[name][0]
            reads = role == Role.OWNER and method in ("get", "head", "options")
            with nothing_written(KEPT) if reads else nullcontext():
                answer = ask(browser, method, url, FIELDS.get(name))
            if not role.reaches(least):
                assert answer.status_code == 403, (role, method, answer.status_code)
            elif role in ONLY_RELEASED.get(name, ()):
                assert answer.status_code in (302, 403, 404), (role, method, answer.status_code)
                assert b"%PDF" not in answer.content
            else:
                assert answer.status_code in (200, 302, 422), (role, method, answer.status_code)


@pytest.mark.parametrize("name", NAMES)
def test_no_page_of_ours_holds_a_word_of_the_rivals(ours, rival, name):
    for role in (Role.OWNER, Role.SUBJECT):
        answer = ask(ours.browser(role), "get", address(name).url(ours, ours) + "?q=rivalton")
        assert b"Rivalton" not in answer.content
        assert b"Ourshire" in answer.content or answer.status_code in (302, 403, 405) or name in FILES_OF_MATCHES
