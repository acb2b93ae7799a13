"""The lists of surveys and of users in process, each as long as the directory is."""

from collections.abc import Iterator
from http import HTTPStatus
from statistics import median
from time import perf_counter
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from assessments.views.surveys import survey_list
from assessments.views.vendor_users import users
from directory.models import VendorUser
from qxportal.accounts.models import Organisation, User
from qxportal.ledger.models import ResourceSync
from surveys.models import Survey
from tests.bench.env import Env
from tests.bench.result import Result

MS, QUERIES = 4.0, 3
BATCH = 5_000


def measure(env: Env, user: User) -> Iterator[Result]:
    """A row for each list; `user` is an administrator of the organisation."""
    _fill(env.org, env.persons)
    at_surveys, at_users = Survey.objects.filter(org=env.org), VendorUser.objects.filter(org=env.org)
    yield _row(env, user, "surveys", survey_list, f"/o/{env.org.slug}/surveys/", at_surveys.order_by("name", "pk"))
    path = f"/o/{env.org.slug}/settings/users/"
    yield _row(env, user, "users", users, path, at_users.order_by("user_name", "pk"))


def _row(env: Env, user: User, name: str, view: Any, path: str, rows: QuerySet[Any]) -> Result:
    def show() -> HttpResponseBase:
        request: Any = RequestFactory().get(path, headers={"HX-Request": "true", "HX-Target": "listing"})
        request.user, request.htmx = user, HtmxDetails(request)
        return _opened(view, request, env.org)

    ours = _milliseconds(show, 3 if env.tiny else 40)
    with CaptureQueriesContext(connection) as captured:
        show()
    last = Paginator(rows, 50).num_pages
    naive = _milliseconds(lambda: list(Paginator(rows, 50).page(last)), 3)
    return Result(
        work=f"list: 50 of {env.size} {name} as HTML",
        ours=f"{ours:.1f} ms",
        limit=f"{MS:.0f} ms",
        naive=f"Paginator: page {last:,} {naive:.1f} ms, only fetched",
        reach=f"{ours:.1f} ms (≤ {MS:.0f}), {len(captured)} queries (≤ {QUERIES})",
        met=ours <= MS and len(captured) <= QUERIES,
    )


def _opened(view: Any, request: HttpRequest, org: Organisation) -> HttpResponseBase:
    answer: HttpResponseBase = view(request, org=org.slug)
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{request.path} could not be opened.")
    return answer


def _milliseconds(work: Any, times: int) -> float:
    took = []
    for _turn in range(times):
        began = perf_counter()
        work()
        took.append((perf_counter() - began) * 1000)
    return median(took)


def _fill(org: Organisation, number: int) -> None:
    """Create `number` surveys and users with unsorted names."""
    now = timezone.now()
    kept: dict[str, Any] = {"org": org, "seen_at": now}
    for resource in ("surveys", "users"):
        ResourceSync.objects.create(org=org, resource=resource, rows=number, seen_at=now)
    places = [place * 7_919 % 1_000_003 for place in range(number)]
    _create(
        Survey(vendor_id=f"SV_{place:015}", name=f"Leadership 360 {place:07}", status="Active", **kept)
        for place in places
    )
    _create(
        VendorUser(vendor_id=f"UR_{place:015}", user_name=f"{place:07}.brandt@marlstone.example#marlstone", **kept)
        for place in places
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE surveys_survey, directory_vendoruser")


def _create(rows: Iterator[Model]) -> None:
    made = list(rows)
    type(made[0])._default_manager.bulk_create(made, batch_size=BATCH)
