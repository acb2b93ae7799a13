"""What a template says: read by Django's lexer, then as HTML whose tags and variables are marked places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

from tests.sentences.rules import ENDS, Found, Message, begins_low, has_letters

OPEN, CLOSE = "\ue000", "\ue001"
PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")
HUMAN = ("aria-label", "aria-description", "title", "placeholder", "alt", "label")
HUMAN_START = "data-words"
INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "code",
    "em",
    "i",
    "kbd",
    "mark",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "time",
    "u",
}
UNREAD = {"script", "style", "code", "kbd", "pre", "samp"}
SEPARATORS = re.compile(r"[·|→–]")
ALLOWED = re.compile(r"\bQX Portal\b|\bAES-256-GCM\b|\bSHA-256\b|\bID\b")
TRANSLATE = ("translate", "trans")
BLOCK = ("blocktranslate", "blocktrans")
SHOWS = {"ago", "on_day", "term"}  # tags that stand for words
SILENT = {"if", "endif", "with", "endwith", "icon", "csrf_token", "load", "url", "static", "querystring", "autoescape"}
SILENT |= {"endautoescape", "spaceless", "endspaceless"}
NO_WORDS = SILENT - {"with"} | SHOWS | {"extends", "elif", "state", "for", "block", "now", "get_current_language"}
LITERAL = re.compile(r'^(?:\w+=)?(["\'])(.*)\1$', re.DOTALL)
FILTERED = re.compile(r'\|(default|default_if_none|yesno|join|pluralize)(?::(["\'])(.*?)\2)?')
VARIABLE = re.compile(r"\{\{ ?(\w+) ?\}\}")


@dataclass
class Piece:
    """A part of a run of text: a message, a variable, plain text, or the edge of an element that stands for itself."""

    kind: str  # message, variable, text, edge
    text: str = ""
    line: int = 0


@dataclass
class Reading:
    """What was found in one template."""

    path: str
    messages: list[Message] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)  # all that stands there to be read, with its line
    wrong: list[Found] = field(default_factory=list)

    def blame(self, line: int, rule: str, text: str) -> None:
        """Note one place that breaks a rule."""
        self.wrong.append(Found(self.path, line, rule, " ".join(text.split())))


def read(path: str, source: str) -> Reading:
    """All messages of a template, and what in it is not translated or glued."""
    reading = Reading(path)
    pieces: dict[int, Piece] = {}
    marked = "".join(_marked(reading, source, pieces))
    page = _Page(reading, pieces)
    if path.endswith(".html"):
        page.feed(marked)
        page.close()
    else:
        for line in marked.split("\n\n"):
            page.handle_data(line)
            page.end_run()
    page.end_run()
    return reading


def _marked(reading: Reading, source: str, pieces: dict[int, Piece]) -> Iterator[str]:
    """The source with a mark for each tag and variable; as many lines as before."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type == TokenType.TEXT:
            yield token.contents
        elif token.token_type == TokenType.VAR:
            _check_filters(reading, token)
            yield _mark(pieces, Piece("variable", token.contents, _line(token)))
        elif token.token_type == TokenType.BLOCK:
            yield _of_tag(reading, token, tokens, pieces)


def _of_tag(reading: Reading, token: Token, tokens: Iterator[Token], pieces: dict[int, Piece]) -> str:
    bits = token.split_contents()
    name, line = bits[0], _line(token)
    _check_literals(reading, bits, line)
    if name in TRANSLATE:
        text = bits[1].strip("\"'")
        reading.messages.append(Message(reading.path, line, text))
        reading.words.append((line, text))
        return "" if "as" in bits else _mark(pieces, Piece("message", text, line))
    if name in BLOCK:
        text, lines = _of_block(reading, bits, tokens, line)
        return ("" if "asvar" in bits else _mark(pieces, Piece("message", text, line))) + "\n" * lines
    if "as" in bits:
        return " "
    if name in SHOWS:
        return _mark(pieces, Piece("variable", token.contents, line))
    return " " if name in SILENT else f" {_mark(pieces, Piece('break'))}"


def _of_block(reading: Reading, bits: list[str], tokens: Iterator[Token], line: int) -> tuple[str, int]:
    forms, lines = [""], 0
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents.startswith("end"):
            break
        if token.token_type == TokenType.BLOCK:
            forms.append("")
        else:
            raw = f"{{{{ {token.contents} }}}}" if token.token_type == TokenType.VAR else token.contents
            forms[-1] += raw
            lines += raw.count("\n")
    shown = [VARIABLE.sub(r"%(\1)s", " ".join(form.split())) for form in forms]
    for text in shown:
        reading.messages.append(Message(reading.path, line, text, counted="count" in bits))
        reading.words.append((line, re.sub(r"<[^>]*>", " ", text)))
    return shown[0], lines


def _check_literals(reading: Reading, bits: list[str], line: int) -> None:
    """Words that a tag is given as a plain string."""
    if bits[0] in NO_WORDS or bits[0] in TRANSLATE or bits[0] in BLOCK or bits[0].startswith("end"):
        return
    for bit in bits[1:]:
        if (literal := LITERAL.match(bit)) and _reads_as_words(literal[2]):
            reading.blame(line, "untranslated", literal[2])


def _check_filters(reading: Reading, token: Token) -> None:
    for name, _quote, literal in FILTERED.findall(token.contents):
        if name == "pluralize" or _reads_as_words(literal):
            reading.blame(_line(token), "untranslated", token.contents)


def _reads_as_words(text: str) -> bool:
    return has_letters(text) and (" " in text.strip() or text[:1].isupper()) and not ALLOWED.fullmatch(text)


def _line(token: Token) -> int:
    return token.lineno or 0


def _mark(pieces: dict[int, Piece], piece: Piece) -> str:
    pieces[len(pieces)] = piece
    return f"{OPEN}{len(pieces) - 1}{CLOSE}"


class _Page(HTMLParser):
    """Walks the marked HTML and looks at each run of text."""

    def __init__(self, reading: Reading, pieces: dict[int, Piece]) -> None:
        super().__init__(convert_charrefs=True)
        self.reading, self.pieces = reading, pieces
        self.run: list[Piece] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self._edge(tag)
        for name, value in attrs:
            submits = name == "value" and dict(attrs).get("type") in ("submit", "button")
            if value and (name in HUMAN or name.startswith(HUMAN_START) or submits):
                check_run(self.reading, list(self._pieces(value)))

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if self.unread:
            self.run.append(Piece("variable"))
            return
        for piece in self._pieces(data):
            if piece.kind == "break":
                self.end_run()
            else:
                self.run.append(piece)

    def end_run(self) -> None:
        """Look at what was read since the last edge of a block."""
        run, self.run = self.run, []
        check_run(self.reading, run)

    def _edge(self, tag: str) -> None:
        if tag not in INLINE:
            self.end_run()
        elif tag not in ("strong", "b", "em", "i", "bdi"):
            self.run.append(Piece("edge"))

    def _pieces(self, text: str) -> Iterator[Piece]:
        line = self.getpos()[0]
        for number, part in enumerate(PLACE.split(text)):
            if number % 2:
                yield self.pieces[int(part)]
            else:
                yield from _plain(part, line)


def _plain(text: str, line: int) -> Iterator[Piece]:
    for number, part in enumerate(SEPARATORS.split(text)):
        if number:
            yield Piece("break")
        if part.strip():
            yield Piece("text", part.strip(), line)


def check_run(reading: Reading, run: list[Piece]) -> None:
    """Look at a run of text: plain words in it, and messages that are halves of a sentence."""
    parts: list[list[Piece]] = [[]]
    for piece in run:
        if piece.kind == "break":
            parts.append([])
        else:
            parts[-1].append(piece)
    for part in parts:
        for piece in part:
            if piece.kind == "text":
                reading.words.append((piece.line, piece.text))
                if has_letters(ALLOWED.sub("", piece.text)):
                    reading.blame(piece.line, "untranslated", piece.text)
        _check_halves(reading, part)


def _check_halves(reading: Reading, part: list[Piece]) -> None:
    for place, piece in enumerate(part):
        if piece.kind != "message":
            continue
        others = [one for one in part if one is not piece and (one.kind in ("message", "variable"))]
        before, after = _neighbour(part[:place][::-1]), _neighbour(part[place + 1 :])
        low = others and begins_low(piece.text)
        open_end = not piece.text.endswith(ENDS) and (before == "variable" or after in ("variable", "message"))
        if low or open_end:
            reading.blame(piece.line, "half a sentence", piece.text)


def _neighbour(pieces: list[Piece]) -> str:
    """What stands next to a message, as if what lies between were one text; nothing beyond a colon or an edge."""
    for piece in pieces:
        if piece.kind == "text" and ":" not in piece.text and not has_letters(piece.text):
            continue
        return piece.kind
    return ""
