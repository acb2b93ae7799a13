"""Text files as text."""

from qxportal.engine.problems import Invalid

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def decoded(file: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark, as spreadsheets and editors save it."""
    encoding = next((name for mark, name in MARKS.items() if file.startswith(mark)), "utf-8")
    try:
        return file.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid("FileContents", "The file is not UTF-8 text.") from error
