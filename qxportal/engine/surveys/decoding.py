"""Decodes text files."""

from qxportal.engine.http.errors import Invalid

MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}


def decoded(file: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark."""
    encoding = next((name for mark, name in MARKS.items() if file.startswith(mark)), None) or _guessed(file)
    try:
        return file.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid("FileContents", "The file is not UTF-8 text, nor UTF-16. Save it as UTF-8.") from error


def _guessed(file: bytes) -> str:
    """The encoding without a mark: Latin text in UTF-16 has a zero in every other byte."""
    start = file[:200]
    odd, even = start[1::2].count(0), start[::2].count(0)
    if odd > len(start) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(start) // 4 and not odd else "utf-8"
