"""What a change intends, found or got, as lines of words instead of the stored record."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from qxportal.ledger.models.changes import ConflictRow


def humanize(value: Mapping[str, object]) -> list[tuple[str, str]]:
    """Each field of a stored record with its value in words; fields of fields come after their own name."""
    lines: list[tuple[str, str]] = []
    for name, part in value.items():
        if isinstance(part, dict) and part:
            lines += [(inner, words) for inner, words in humanize(part)]
        else:
            lines.append((_named(name), _said(part)))
    return lines


def compared(row: ConflictRow) -> tuple[str, str, str, str]:
    """A field of a conflict in words: its name, what the member saw, what is there now, and what was wanted."""
    return _named(row["field"]), _said(row["before"]), _said(row["now"]), _said(row["wanted"])


def _named(name: str) -> str:
    """A stored name as words: close_sessions and CloseSessions both become “Close sessions”."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() and not name.isupper() else letter for letter in name)
    words = spaced.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _said(value: object) -> str:
    match value:
        case True:
            return _("yes")
        case False:
            return _("no")
        case None | "" | [] | {}:
            return "–"
        case list():
            return ", ".join(_said(item) for item in value)
        case dict():
            return str(
                value.get("Name") or value.get("name") or "; ".join(f"{n}: {_said(v)}" for n, v in value.items())
            )
    return str(value)
