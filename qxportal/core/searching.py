"""Search words over a `search` column, fast in a list of any length.

The planner cannot tell a rare word from one at the end of the alphabet, and reads a whole organisation for the first
page of the latter. So three strategies are tried in turn: up to SORTED matches from the trigram index are sorted;
for a more frequent word, the first WALKED rows in the list's order usually fill the page; for a frequent word late in
the alphabet, all matches are sorted.
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
SHORT = 3  # minimum length of a word that the index can find inside others
SORTED, WALKED = 5_000, 10_000
IDEOGRAPHS = "\u2e80"  # scripts from here on use no spaces between words
UNSEEN = ("Mn", "Cf")  # combining marks, and invisible characters (a soft hyphen, a zero-width space)
FOREIGN = re.compile(r"[^\x00-\x7f]+")
BASE = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


class Matches(NamedTuple):
    """Keys of the first matching rows; total number of matches, None for more than SORTED."""

    keys: list[Any]
    total: int | None = None


def folded(text: str) -> str:
    """A text normalised for search and sorting: no capitals, accents, invisible characters or compatibility forms."""
    lower = text.lower()
    return lower if text.isascii() else FOREIGN.sub(lambda found: _plain(found[0]), lower)


@lru_cache(4096)
def _plain(letters: str) -> str:
    """Normalise letters beyond ASCII; cached, as a directory has few different ones."""
    apart = unicodedata.normalize("NFKD", letters.casefold().translate(BASE))
    return unicodedata.normalize(
        "NFC", "".join(letter for letter in apart if unicodedata.category(letter) not in UNSEEN)
    )


def fitted(text: str, most: int) -> str:
    """Truncate to at most `most` bytes of UTF-8 without splitting a character: index rows are limited in size."""
    return text if len(text) * 4 <= most else text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")


def search_words(text: str) -> str:
    """The text of a search box, cleaned and shortened."""
    return " ".join(text.replace("\x00", "").split())[:WORDS_MAX]


def terms(words: str) -> list[str]:
    """The words to find, without commas between last and first names."""
    return [term for word in folded(words).split() if (term := word.rstrip(",;"))]


def matching(rows: Rows, words: str, *, column: str = "search") -> Rows:
    """Rows whose column contains every word; a word of one or two letters must begin a word there."""
    return reduce(lambda found, word: found.filter(_holds(column, word)), terms(words), rows)


def _holds(column: str, word: str) -> Q:
    name, at, _domain = word.partition("@")
    if at and len(name) >= SHORT:  # the index looks for the local part only, as all addresses share the domain
        return Q(**{f"{column}__contains": name}) & Q(GreaterThan(StrIndex(F(column), Value(word)), 0))
    if _anywhere(word):
        return Q(**{f"{column}__contains": word})
    return Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})


def _anywhere(word: str) -> bool:
    return len(word) >= SHORT or max(word) >= IDEOGRAPHS


def first_matches(rows: QuerySet[Any, Any], words: str, size: int) -> Matches:
    """The first rows in order that contain every word."""
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
    """Sort the matches from the index; `part` hides the order from the planner, so that it fetches them first."""
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
