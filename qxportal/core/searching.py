"""Search words over a `search` column, quick in a list of any length.

The planner cannot tell a rare word from one that stands at the end of the alphabet, and reads a whole organisation for
the first page of the latter. So the ways to find a page are tried by name: up to SORTED rows that match, by the trigram
index, are sorted; of a more frequent word the first WALKED rows in the list's own order mostly fill the page; what is
frequent but late in the alphabet is sorted however much it is.
"""

import re
import unicodedata
from functools import lru_cache, reduce
from typing import Any, NamedTuple, TypeVar, cast

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
WORDS_MAX = 200
SHORT = 3  # letters that a word needs for the index to find it inside others
SORTED, WALKED = 5_000, 10_000
IDEOGRAPHS = "\u2e80"  # from here on letters stand without spaces between words
UNSEEN = ("Mn", "Cf")  # marks above letters, and characters that nobody sees (a soft hyphen, a zero-width space)
FOREIGN = re.compile(r"[^\x00-\x7f]+")
BASE = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


class Matches(NamedTuple):
    """The keys of the first rows that match; how many match in all, or none for more than SORTED."""

    keys: list[Any]
    total: int | None = None


def folded(text: str) -> str:
    """A text as it is searched and sorted: without capitals, accents, unseen characters and other forms of letters."""
    lower = text.lower()
    return lower if text.isascii() else FOREIGN.sub(lambda found: _plain(found[0]), lower)


@lru_cache(4096)
def _plain(letters: str) -> str:
    """Letters beyond ASCII; a directory has few different ones."""
    apart = unicodedata.normalize("NFKD", letters.casefold().translate(BASE))
    return unicodedata.normalize(
        "NFC", "".join(letter for letter in apart if unicodedata.category(letter) not in UNSEEN)
    )


def fitted(text: str, most: int) -> str:
    """As many whole characters of a text as `most` bytes of UTF-8 hold: an index takes no row of a third of a page."""
    return text if len(text) * 4 <= most else text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")


def search_words(text: str) -> str:
    """The words of a search box, cleaned."""
    return " ".join(text.replace("\x00", "").split())[:WORDS_MAX]


def terms(words: str) -> list[str]:
    """The words to be found, without the commas that lists put between a last and a first name."""
    return [term for word in folded(words).split() if (term := word.rstrip(",;"))]


def matching(rows: Rows, words: str, *, column: str = "search") -> Rows:
    """The rows whose column holds every word; one or two letters must be the beginning of a word there."""
    return reduce(lambda found, word: found.filter(_holds(column, word)), terms(words), rows)


def _holds(column: str, word: str) -> Q:
    name, at, _domain = word.partition("@")
    if at and len(name) >= SHORT:  # the index is asked for the name alone: everybody has the domain
        return Q(**{f"{column}__contains": name}) & Q(GreaterThan(StrIndex(F(column), Value(word)), 0))
    if _anywhere(word):
        return Q(**{f"{column}__contains": word})
    return Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})


def _anywhere(word: str) -> bool:
    return len(word) >= SHORT or max(word) >= IDEOGRAPHS


def first_matches(rows: QuerySet[Any, Any], words: str, size: int) -> Matches:
    """The first of the ordered rows that hold every word."""
    wanted = matching(rows, words)
    found = _by_index(wanted, size, f"LIMIT {SORTED + 1}")
    if found.total != SORTED + 1:
        return found
    near, params = rows.values_list("pk", "search")[:WALKED].query.sql_with_params()
    holds, patterns = _condition(words)
    sql = f"SELECT pk FROM ({near}) AS near (pk, search) WHERE {holds} LIMIT {size}"  # noqa: S608
    keys = [pk for (pk,) in _fetched(sql, [*params, *patterns])]
    return Matches(keys) if len(keys) == size else _by_index(wanted, size, "OFFSET 0")


def _by_index(wanted: QuerySet[Any, Any], size: int, part: str) -> Matches:
    """The order is kept out of the planner's sight by `part`, so that it fetches what matches and sorts that."""
    order = [str(name) for name in wanted.query.order_by]
    names = [name.removeprefix("-") for name in order]
    inner, params = wanted.order_by().values_list("pk", *names).query.sql_with_params()
    columns = ", ".join(f"k{place}" for place in range(len(names)))
    directions = ", ".join(f"k{place}{' DESC' if name[0] == '-' else ''}" for place, name in enumerate(order))
    found = _fetched(
        f"SELECT pk, count(*) OVER () FROM ({inner} {part}) AS found (pk, {columns})"  # noqa: S608
        f" ORDER BY {directions} LIMIT {size}",
        params,
    )
    return Matches([pk for pk, _total in found], found[0][1] if found else 0)


def _condition(words: str) -> tuple[str, list[str]]:
    """`matching` for a column named search, as SQL."""
    parts, patterns = [], []
    for word in terms(words):
        like = connection.ops.prep_for_like_query(word)
        forms = [f"%{like}%"] if _anywhere(word) else [f"{like}%", f"% {like}%"]
        parts.append(f"({' OR '.join(['search LIKE %s'] * len(forms))})")
        patterns += forms
    return " AND ".join(parts), patterns


def _fetched(sql: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cast(list[Any], cursor.fetchall())
