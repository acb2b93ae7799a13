"""Lists in process: people at any depth beside Django's Paginator, searches beside `icontains`; surveys and users."""

from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from itertools import accumulate
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from directory.models import Person
from directory.selectors import people
from directory.views import people as people_page
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.listing import Page, paged
from qxportal.ledger.models import ResourceSync
from tests.bench import short_lists
from tests.bench.env import Env
from tests.bench.result import Result

ALONE = {"HX-Request": "true", "HX-Target": "listing", "Host": "127.0.0.1"}
PAGE_MS, SEARCH_MS, SLOW_SEARCH_MS, QUERIES = 3.0, 6.0, 20.0, 3
# Of what names are made: so much that three letters tell as much as they do of people.
BEGINNINGS = " b br ch d dr f fl g gr h j k kl kr l m n p pr r s sch sh st str t tr v w z"
MIDDLES = "a e i o u ei au ie oe ia"
ENDS = "   n r l s t m ck ng nd rt ch tz ll ss"
DEPARTMENTS = ("Optics", "Assembly", "Field Support", "Finance", "Metrology", *(f"Plant {n}" for n in range(1, 60)))
COLUMNS = (
    "org_id",
    "vendor_id",
    "raw",
    "row_hash",
    "seen_at",
    "first_seen_at",
    "first_name",
    "last_name",
    "email",
    "user_name",
    "user_id",
    "external",
    "department",
    "title",
    "location",
    "manager_email",
    "metadata",
    "search",
    "sort_name",
)


def measure(env: Env) -> Iterator[Result]:
    """A row for pages of people, one for searches, and one for each of the other long lists."""
    if not settings.TESTS:
        call_command("collectstatic", interactive=False, verbosity=0)
    words = fill(env.org, env.persons, typed_of=5 if env.tiny else 60)
    ResourceSync.objects.create(org=env.org, resource="persons", rows=env.persons, seen_at=timezone.now())
    user = User.objects.create_user("reader@marlstone.example", name="Nadia Brandt")
    Member.objects.create(org=env.org, user=user, role=Role.READER)
    yield _pages(env, user)
    yield _searches(env, user, words)
    admin = User.objects.create_user("admin@marlstone.example", name="Iris Mulder")
    Member.objects.create(org=env.org, user=admin, role=Role.ADMIN)
    yield from short_lists.measure(env, admin)


def _pages(env: Env, user: User) -> Result:
    org, times = env.org, 3 if env.tiny else 40
    half, end = _cursor(org, env.persons // 2), _cursor(org, max(0, people(org).count() - 60))
    took, queries, whole = {}, 0, []
    browser = Client()
    browser.force_login(user)
    for words, cursor in {"at the beginning": "", "in the middle": half, "at the end": end}.items():
        query = f"cursor={cursor}"
        took[words] = _median(partial(_shown, user, query), times)
        whole.append(_median(partial(browser.get, f"/o/{org.slug}/people/?{query}", headers=ALONE), times))
        queries = max(queries, _queries(partial(_shown, user, query)))
    rows = people(org).order_by("sort_name", "pk")
    last = Paginator(rows, 50).num_pages
    naive = [_median(partial(_by_number, rows, number), 3) for number in (1, last)]
    worst = max(took.values())
    return Result(
        work=f"list: 50 of {env.size} persons as HTML",
        ours="; ".join(f"{words}: {ms:.1f} ms" for words, ms in took.items())
        + f"; with session and middleware {max(whole):.1f} ms",
        limit=f"{PAGE_MS:.0f} ms at any depth",
        naive=f"Paginator: page 1 {naive[0]:.1f} ms, page {last:,} {naive[1]:.1f} ms, only fetched",
        reach=f"{worst:.1f} ms (≤ {PAGE_MS:.0f}), {queries} queries (≤ {QUERIES})",
        met=worst <= PAGE_MS and queries <= QUERIES,
    )


def _searches(env: Env, user: User, words: list[str]) -> Result:
    took: dict[str, float] = {}
    queries = 0
    for typed in words:
        search = partial(_shown, user, urlencode({"q": typed}))
        queries = max(queries, _queries(search))
        took[typed] = _median(search, 1)
    some = words[:: max(1, len(words) // 20)]
    naive = [_median(partial(_by_icontains, env.org, typed), 1) for typed in some]
    middle, slow = median(took.values()), quantiles(took.values(), n=20)[-1]
    slowest = max(took, key=lambda typed: took[typed])
    return Result(
        work=f"search: {len(took)} different words in {env.size} persons, the first page as HTML",
        ours=f"p50 {middle:.1f} ms, p95 {slow:.1f} ms, at most {took[slowest]:.1f} ms ({slowest}); {queries} queries",
        limit=f"p50 {SEARCH_MS:.0f} ms, p95 {SLOW_SEARCH_MS:.0f} ms",
        naive=f"icontains: p50 {median(naive):.1f} ms, at most {max(naive):.1f} ms, only fetched",
        reach=f"p50 {middle:.1f} ms (≤ {SEARCH_MS:.0f}), p95 {slow:.1f} ms (≤ {SLOW_SEARCH_MS:.0f})",
        met=middle <= SEARCH_MS and slow <= SLOW_SEARCH_MS,
    )


def _shown(user: User, query: str = "") -> None:
    """Open the list, without what comes before every view: the session and its user."""
    request: Any = RequestFactory().get(f"/o/marlstone/people/?{query}", headers=ALONE)
    request.user, request.htmx = user, HtmxDetails(request)
    answer = people_page(request, org="marlstone")
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError("The list could not be opened.")


def _by_icontains(org: Organisation, words: str) -> list[Person]:
    rows = people(org)
    for word in words.split():
        rows = rows.filter(search__icontains=word)
    rows.count()
    return list(rows.order_by("sort_name", "pk")[:50])


def _by_number(rows: QuerySet[Person], number: int) -> list[Person]:
    return list(Paginator(rows, 50).page(number))


def _cursor(org: Organisation, place: int) -> str:
    """The cursor to the rows after that place."""
    rows = people(org).order_by("sort_name", "pk")
    name = rows.values_list("sort_name", flat=True)[place]
    beside: Page[Person] = paged(rows.filter(sort_name__gte=name), QueryDict(""), by=("sort_name", "pk"), size=1)
    return beside.next


def _queries(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def _median(work: Callable[[], Any], times: int) -> float:
    """In milliseconds."""
    took = []
    for _ in range(times):
        began = perf_counter()
        work()
        took.append((perf_counter() - began) * 1000)
    return median(took)


def fill(org: Organisation, persons: int, *, typed_of: int = 60) -> list[str]:
    """People whose names are as frequent as in a telephone book; gives what is typed to find so many of them."""
    chance = Random(7)
    last, first = _names(chance, 20_000, flat=12), _names(chance, 3_000, flat=8)
    at, typed = timezone.now(), []
    every = max(1, persons // typed_of)
    with connection.cursor() as cursor, cursor.copy(f"COPY directory_person ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for number in range(persons):
            one, other, department = first(), last(), chance.choice(DEPARTMENTS)
            mail = f"{one}.{other}.{number}@marlstone.example".lower()
            search = f"{one} {other} {mail} {department} analyst vienna".lower()
            copy.write_row(
                (
                    org.pk,
                    f"P_{number:015}",
                    "{}",
                    b"",
                    at,
                    at,
                    one,
                    other,
                    mail,
                    "",
                    "",
                    number % 90 == 0,
                    department,
                    "Analyst",
                    "Vienna",
                    "",
                    "{}",
                    search,
                    f"{other} {one}".lower(),
                )
            )
            if number % every == 0:
                typed += [other, one, f"{one} {other}", mail, other[:4], f"{other[:3]} {department[:4]}"]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE directory_person")
    return [*typed, "analyst", "marlstone", "vienna plant", "nobody-of-this-name", "ka", "q"]


def _syllable(chance: Random) -> str:
    return "".join(chance.choice(part.split(" ")) for part in (BEGINNINGS, MIDDLES, ENDS))


def _names(chance: Random, number: int, *, flat: int) -> Callable[[], str]:
    """Draws names: the most frequent is some hundredth of all, most are rare."""
    every = sorted(
        {"".join(_syllable(chance) for _ in range(2 + place % 3 // 2)).capitalize() for place in range(number)}
    )
    chance.shuffle(every)
    weights = list(accumulate(1 / (rank + flat) for rank in range(len(every))))
    return lambda: chance.choices(every, cum_weights=weights)[0]
