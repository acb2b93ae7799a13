"""Every address, method and role: strangers see nothing, low roles are refused, and what is allowed works."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from qxportal.accounts.models import User
from qxportal.accounts.roles import Role
from tests.isolation.two_organisations import Tenant, fingerprint, make_tenant
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")

OF_SETTINGS = ("raw-answers", "answers-export", "responses-import", "user-data-fields", "report-audience")
OF_LIBRARIES = ("library", "library-refresh", "library-delete")
# The least role of each address, and the rows that its numbers name. An address without a line here fails the test.
POLICY: dict[str, tuple[Role, dict[str, str]]] = {
    "accounts:organisation": (Role.ADMIN, {}),
    "accounts:credential": (Role.ADMIN, {}),
    "accounts:members": (Role.ADMIN, {}),
    "accounts:invite": (Role.ADMIN, {}),
    "accounts:set-role": (Role.ADMIN, {"member_id": "spare_member"}),
    "accounts:remove-member": (Role.ADMIN, {"member_id": "spare_member"}),
    "accounts:resend": (Role.ADMIN, {"invitation_id": "invitation"}),
    "accounts:revoke": (Role.ADMIN, {"invitation_id": "invitation"}),
    **{f"accounts:{name}": (Role.READER, {}) for name in ("views", "view-new", "view-default", "view-columns")},
    **{
        f"accounts:{name}": (Role.READER, {"pk": "saved_view"})
        for name in ("view", "view-edit", "view-update", "view-delete")
    },
    "ledger:jobs": (Role.READER, {}),
    "ledger:job": (Role.READER, {"pk": "failed"}),
    "ledger:job-progress": (Role.READER, {"pk": "failed"}),
    "ledger:job-cancel": (Role.EDITOR, {"pk": "running"}),
    "ledger:job-pause": (Role.EDITOR, {"pk": "running"}),
    "ledger:job-resume": (Role.EDITOR, {"pk": "paused"}),
    "ledger:job-retry": (Role.EDITOR, {"pk": "failed"}),
    "ledger:plans": (Role.READER, {}),
    "ledger:plan": (Role.READER, {"pk": "applied_plan"}),
    "ledger:plan-progress": (Role.READER, {"pk": "applied_plan"}),
    "ledger:plan-export": (Role.AUDITOR, {"pk": "applied_plan"}),
    **{f"ledger:plan-{verb}": (Role.EDITOR, {"pk": "plan"}) for verb in ("apply", "validate", "discard", "share")},
    "ledger:plan-rows": (Role.EDITOR, {"pk": "plan"}),
    **{f"ledger:plan-{verb}": (Role.EDITOR, {"pk": "applied_plan"}) for verb in ("undo", "retry")},
    "ledger:changes": (Role.READER, {}),
    "ledger:changes-export": (Role.AUDITOR, {}),
    "ledger:change": (Role.READER, {"pk": "undecided"}),
    "ledger:change-state": (Role.READER, {"pk": "undecided"}),
    "ledger:change-decide": (Role.EDITOR, {"pk": "undecided"}),
    "ledger:change-looked-after": (Role.EDITOR, {"pk": "undecided"}),
    "ledger:change-withdraw": (Role.EDITOR, {"pk": "pending"}),
    "ledger:log": (Role.AUDITOR, {}),
    "ledger:held": (Role.EDITOR, {"pk": "held"}),
    "ledger:test-connection": (Role.ADMIN, {}),
    "ledger:request-names": (Role.ADMIN, {}),
    "ledger:try-requests": (Role.ADMIN, {}),
    "ledger:set-request-name": (Role.ADMIN, {}),
    "directory:me": (Role.SUBJECT, {}),
    "directory:member-person": (Role.ADMIN, {"member_id": "spare_member"}),
    "directory:people": (Role.READER, {}),
    "directory:person-new": (Role.EDITOR, {}),
    "directory:people-import": (Role.EDITOR, {}),
    "directory:people-import-template": (Role.EDITOR, {}),
    "directory:people-import-check": (Role.EDITOR, {"pk": "upload"}),
    "assessments:home": (Role.SUBJECT, {}),
    "assessments:search": (Role.READER, {}),
    "assessments:refresh": (Role.READER, {}),
    **{
        f"assessments:{name}": (Role.ADMIN, {})
        for name in ("brand", "brand-logo", "brand-test", "brand-minimums", "brand-refresh", "mail-on", "mail-off")
    },
    "assessments:api-requests": (Role.ADMIN, {}),
    "assessments:api-request": (Role.ADMIN, {}),
    "assessments:list": (Role.READER, {}),
    "assessments:new": (Role.EDITOR, {}),
    "assessments:new-step": (Role.EDITOR, {}),
    "assessments:overview": (Role.READER, {"pk": "assessment"}),
    "assessments:refresh-one": (Role.READER, {"pk": "assessment"}),
    "assessments:activate": (Role.EDITOR, {"pk": "draft"}),
    "assessments:edit": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:copy": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:delete": (Role.ADMIN, {"pk": "assessment"}),
    "assessments:close": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:reopen": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:created": (Role.READER, {"pk": "making"}),
    "assessments:evaluations": (Role.READER, {"pk": "assessment"}),
    **{
        f"assessments:{name}": (Role.READER, {"pk": "assessment"})
        for name in ("progress", "progress-evaluators", "progress-field")
    },
    **{f"assessments:{name}": (Role.READER, {}) for name in ("calendar", "calendar-file", "calendar-revoke")},
    "assessments:progress-curve": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:activity": (Role.READER, {"pk": "assessment"}),
    "assessments:messages": (Role.READER, {"pk": "assessment"}),
    "assessments:messages-refresh": (Role.READER, {"pk": "assessment"}),
    "assessments:audience-export": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:mailing-new": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:letters-new": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:letters-download": (Role.EDITOR, {"pk": "assessment", "batch_pk": "letters"}),
    "assessments:text-new": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:text-edit": (Role.EDITOR, {"pk": "assessment", "text_pk": "text"}),
    "assessments:mailing-stop": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:nominations": (Role.READER, {"pk": "assessment"}),
    "assessments:nomination-list": (Role.READER, {"pk": "assessment", "subject_pk": "subject"}),
    **{
        f"assessments:nominations-{verb}": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"})
        for verb in ("save", "add", "decide")
    },
    "assessments:relationships": (Role.READER, {"pk": "assessment"}),
    "assessments:report-groups": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:timetables": (Role.READER, {"pk": "assessment"}),
    "assessments:timetable-new": (Role.EDITOR, {"pk": "assessment"}),
    **{
        f"assessments:timetable-{verb}": (Role.EDITOR, {"pk": "assessment", "timetable_pk": "timetable"})
        for verb in ("edit", "pause", "resume", "delete", "stop")
    },
    "assessments:schedule": (Role.READER, {"pk": "assessment"}),
    "assessments:subjects": (Role.READER, {"pk": "assessment"}),
    "assessments:subjects-add": (Role.EDITOR, {"pk": "assessment"}),
    **{
        f"assessments:{name}": (Role.EDITOR, {"pk": "assessment"})
        for name in (
            "subjects-import",
            "subjects-import-template",
            "evaluators-import",
            "evaluators-import-template",
            "participants-import",
            "participants-import-template",
        )
    },
    "assessments:subjects-import-check": (Role.EDITOR, {"pk": "assessment", "upload_pk": "upload_of_subjects"}),
    "assessments:evaluators-import-check": (Role.EDITOR, {"pk": "assessment", "upload_pk": "upload_of_evaluators"}),
    "assessments:participants-import-check": (Role.EDITOR, {"pk": "assessment", "upload_pk": "upload_of_participants"}),
    "assessments:subjects-rule": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:subjects-status": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:subject": (Role.READER, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:subject-row": (Role.READER, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:subject-status": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:subject-remove": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:evaluators-external": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:evaluators-add": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    **{
        f"assessments:evaluation-{verb}": (
            Role.EDITOR,
            {"pk": "assessment", "subject_pk": "subject", "evaluation_pk": "evaluation"},
        )
        for verb in ("relationship", "extension", "reopen", "reset", "remove")
    },
    "assessments:manager-confirm": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:line-hide": (Role.ADMIN, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:answers-take-out": (Role.ADMIN, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:site-release": (Role.ADMIN, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:site-withdraw": (Role.ADMIN, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:report-fetch": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:reports": (Role.READER, {"pk": "assessment"}),
    "assessments:releases": (Role.READER, {"pk": "assessment"}),
    "assessments:release-new": (Role.ADMIN, {"pk": "assessment"}),
    "assessments:release-hold": (Role.ADMIN, {"pk": "assessment"}),
    "assessments:releases-withdraw": (Role.ADMIN, {"pk": "assessment"}),
    "assessments:earlier-round": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:report-preview": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:report-preview-file": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:report-figures": (Role.READER, {"pk": "assessment"}),
    "assessments:report-figures-refresh": (Role.READER, {"pk": "assessment"}),
    "assessments:report-figures-edit": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:report-figures-remove": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:unit-reports": (Role.ADMIN, {"pk": "assessment"}),
    "assessments:unit-report": (Role.ADMIN, {"pk": "assessment", "report_pk": "unit_report"}),
    "assessments:report-batch-new": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:report-batch-rule": (Role.EDITOR, {}),
    "assessments:report-batches": (Role.EDITOR, {}),
    "assessments:report-batch": (Role.EDITOR, {"pk": "batch"}),
    "assessments:report-batch-zip": (Role.EDITOR, {"pk": "batch"}),
    "assessments:import-rest": (Role.EDITOR, {"pk": "partial"}),
    "assessments:history": (Role.READER, {"pk": "assessment"}),
    "assessments:person": (Role.READER, {"pk": "person"}),
    "assessments:person-edit": (Role.EDITOR, {"pk": "person"}),
    "assessments:person-remove": (Role.EDITOR, {"pk": "person"}),
    "assessments:person-links": (Role.EDITOR, {"pk": "person"}),
    "assessments:person-leaves": (Role.EDITOR, {"pk": "person"}),
    "assessments:gate": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:duplicates": (Role.EDITOR, {}),
    "assessments:leavers": (Role.EDITOR, {}),
    "assessments:hr-list": (Role.EDITOR, {}),
    "assessments:hr-list-check": (Role.EDITOR, {"upload_pk": "upload_of_hr"}),
    "assessments:hr-list-compared": (Role.EDITOR, {"pk": "compared_plan"}),
    "assessments:leavers-template": (Role.EDITOR, {}),
    "assessments:leavers-check": (Role.EDITOR, {"upload_pk": "upload_of_leavers"}),
    "assessments:evaluators-bulk": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:load": (Role.READER, {}),
    "assessments:load-move": (Role.EDITOR, {}),
    "assessments:evaluators-hierarchy": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:evaluators-earlier": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:late-additions": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:rename": (Role.EDITOR, {"pk": "assessment"}),
    "assessments:manager-change": (Role.EDITOR, {"pk": "assessment", "subject_pk": "subject"}),
    "assessments:person-history": (Role.READER, {"pk": "person"}),
    "assessments:vendor-changes": (Role.READER, {}),
    "assessments:mark-read": (Role.READER, {}),
    "assessments:acknowledge": (Role.EDITOR, {}),
    "assessments:people-place": (Role.EDITOR, {}),
    "assessments:people-compare": (Role.READER, {}),
    "assessments:people-compare-export": (Role.AUDITOR, {}),
    "assessments:subjects-compare": (Role.READER, {"pk": "assessment"}),
    "assessments:subjects-compare-export": (Role.AUDITOR, {"pk": "assessment"}),
    "assessments:all-reports": (Role.READER, {}),
    "assessments:report-download": (Role.SUBJECT, {"pk": "report"}),
    "assessments:report-release": (Role.ADMIN, {"pk": "report"}),
    "assessments:report-links": (Role.ADMIN, {"pk": "report"}),
    "assessments:report-link-end": (Role.ADMIN, {"pk": "report", "link_pk": "report_link"}),
    "assessments:release-withdraw": (Role.ADMIN, {"pk": "release"}),
    "assessments:my-reports": (Role.SUBJECT, {}),
    **{f"assessments:{name}": (Role.ADMIN, {}) for name in ("users", "users-refresh", "user-new", "division-new")},
    **{f"assessments:user-{verb}": (Role.ADMIN, {"pk": "vendor_user"}) for verb in ("edit", "rename", "delete")},
    **{f"assessments:{name}": (Role.ADMIN, {}) for name in OF_SETTINGS},
    "assessments:responses-import-check": (Role.ADMIN, {"upload_pk": "upload_of_responses"}),
    **{f"assessments:{name}": (Role.EDITOR, {}) for name in ("libraries", *OF_LIBRARIES)},
    "assessments:surveys": (Role.READER, {}),
    **{f"assessments:{name}": (Role.READER, {"pk": "survey"}) for name in ("survey", "survey-refresh")},
    **{
        f"assessments:survey-{verb}": (Role.EDITOR, {"pk": "survey"})
        for verb in ("activate", "deactivate", "validity", "translations")
    },
    "assessments:survey-acknowledge": (Role.EDITOR, {"pk": "survey"}),
    "assessments:survey-transfer": (Role.ADMIN, {"pk": "survey"}),
    "assessments:survey-import": (Role.EDITOR, {}),
    "assessments:survey-imported": (Role.READER, {"pk": "importing_survey"}),
}
# Addresses where sending asks for more than reading, and what a form must hold to be understood at all.
SENDING: dict[str, Role] = {
    "assessments:load": Role.EDITOR,
    "assessments:relationships": Role.EDITOR,
    "assessments:schedule": Role.EDITOR,
}
OF_TABLES = ("assessments:report-figures-edit", "assessments:report-figures-remove")
FIELDS: dict[str, dict[str, str]] = {"assessments:report-fetch": {"viewer": "Subject"}}
# Files of what matches the words alone; nothing of ours holds the rival's.
FILES_OF_MATCHES = (
    "assessments:people-compare-export",
    "assessments:subjects-compare-export",
    "assessments:subjects-import-template",
    "assessments:evaluators-import-template",
    "assessments:leavers-template",
    "assessments:participants-import-template",
    "directory:people-import-template",
)
# Members of least rank who hold no release: the address answers them as if there were nothing.
ONLY_RELEASED = {"assessments:report-download": (Role.READER, Role.AUDITOR, Role.COACH)}


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


# What any request may write: when it came.
USUAL = ('"django_session"', 'UPDATE "accounts_member" SET "last_seen_at" =')


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fails when a statement in the block writes more than that somebody was here."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        writes = sql.split(" ", 1)[0] not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")
        if writes and not any(usual in sql for usual in USUAL):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
    assert written == []


@pytest.fixture(scope="module")
def tenants(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_tenant("ours", "Ourshire"), make_tenant("rival", "Rivalton")
        transaction.set_rollback(True)


@pytest.fixture
def ours(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    return tenants[0]


@pytest.fixture
def rival(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    return tenants[1]


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
def test_each_role_gets_what_the_policy_says(ours, name):
    for role in Role:
        browser = ours.browser(role)
        for method in methods(name):
            least = SENDING.get(name, POLICY[name][0]) if method == "post" else POLICY[name][0]
            answer = ask(browser, method, address(name).url(ours, ours), FIELDS.get(name))
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


def test_methods_that_read_change_nothing(ours):
    before = fingerprint(ours.org)
    owner = ours.browser(Role.OWNER)
    for name in NAMES:
        for method in {"get", "head", "options"} & {*methods(name)}:
            getattr(owner, method)(address(name).url(ours, ours))
    after = fingerprint(ours.org)

    for table_before, table_after in zip(before, after, strict=True):
        for row in (*table_before, *table_after):
            row.pop("last_seen_at", None)
        assert table_before == table_after
