"""What Python code says: calls that show words, and the calls of gettext."""

import ast
from dataclasses import dataclass, field
from typing import TypeGuard

from tests.sentences.rules import Found, Message, has_letters

MESSAGES = {  # by the name that code calls it by: which arguments are messages
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "gettext_stored"), (0,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "ngettext_stored"), (0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1,)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2)),
}
SHOWN = {  # by the name of what is called: which arguments people read
    **dict.fromkeys(("ValidationError", "ActionRefused", "TooManyJobs", "ChangeConflict"), (0,)),
    **dict.fromkeys(("NotAllowed", "NotMailed", "InUse", "NoCredential", "Throttled"), (0,)),
    "add_error": (1,),
    "Badge": (2, 3),
}
KEYWORDS = ("label", "help_text", "verbose_name", "empty_label", "meaning", "caption")


@dataclass
class Reading:
    """What was found in one module."""

    path: str
    messages: list[Message] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)  # constants that are no docstrings
    wrong: list[Found] = field(default_factory=list)


def read(path: str, source: str) -> Reading:
    """All messages of a module, and what in it is not translated or built from pieces."""
    reading = Reading(path)
    tree = ast.parse(source)
    unread = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _of_call(reading, node)
        elif isinstance(node, ast.ClassDef) and any(_name(base).endswith("Choices") for base in node.bases):
            _of_choices(reading, node)
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            _of_import(reading, node)
        elif _glues(node):
            _blame(reading, node, "half a sentence")
        elif isinstance(node, ast.Constant) and id(node) not in unread:
            reading.words.append((node.lineno, str(node.value)))
    return reading


def _of_import(reading: Reading, node: ast.ImportFrom) -> None:
    """Messages are collected by the name of the function, so it must not have a name of its own."""
    for each in node.names:
        if each.name in MESSAGES and each.asname not in (None, "_"):
            _blame(reading, node, "messages that are not collected")


def _of_call(reading: Reading, call: ast.Call) -> None:
    name = _name(call.func)
    if name in MESSAGES:
        for place in MESSAGES[name]:
            _of_message(reading, call.args[place : place + 1], counted=len(MESSAGES[name]) > 1)
        return
    shown = [call.args[place] for place in SHOWN.get(name, ()) if place < len(call.args)]
    if isinstance(call.func, ast.Attribute) and _name(call.func.value) == "messages":
        shown += call.args[1:2]
    shown += [keyword.value for keyword in call.keywords if keyword.arg in KEYWORDS]
    for node in shown:
        if _is_plain(node, spaced=name != "Badge"):
            _blame(reading, node, "untranslated")


def _of_message(reading: Reading, args: list[ast.expr], *, counted: bool) -> None:
    for node in args:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            reading.messages.append(Message(reading.path, node.lineno, node.value, counted=counted))
        elif isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call):
            _blame(reading, node, "built from pieces")


def _of_choices(reading: Reading, choices: ast.ClassDef) -> None:
    for line in choices.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple) and _is_plain(line.value.elts[-1]):
            _blame(reading, line.value.elts[-1], "untranslated")


def _is_plain(node: ast.expr, *, spaced: bool = True) -> bool:
    """Whether it is a text in the code, and no message."""
    if isinstance(node, ast.JoinedStr):
        return any(_is_plain(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _is_plain(node.left) or _is_plain(node.right)
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and has_letters(node.value)):
        return False
    return " " in node.value.strip() or not spaced or node.value[:1].isupper()


def _glues(node: ast.AST) -> bool:
    """Whether it joins a message with something else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_message(node.left) or _is_message(node.right)
    if isinstance(node, ast.JoinedStr):
        values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return len(node.values) > 1 and any(_is_message(value) for value in values)
    return False


def _is_message(node: ast.expr) -> TypeGuard[ast.Call]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _is_message(node.left)
    return isinstance(node, ast.Call) and _name(node.func) in MESSAGES


def _docstrings(tree: ast.Module) -> set[int]:
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, homes) and node.body]
    return {id(line.value) for line in first if isinstance(line, ast.Expr)}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _blame(reading: Reading, node: ast.AST, rule: str) -> None:
    reading.wrong.append(Found(reading.path, getattr(node, "lineno", 0), rule, ast.unparse(node)))
