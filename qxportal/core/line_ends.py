"""Ends of lines in texts that are printed.

Texts from word processors and telephones part lines and paragraphs by characters of their own (U+2028, U+2029, U+0085).
WeasyPrint 70.0 raises an error at U+2029 after a space.
"""

OTHERS = str.maketrans(dict.fromkeys("\x85\u2028\u2029", "\n"))


def with_plain_line_ends(text: str) -> str:
    """The text, in which each line ends with a line feed."""
    return text.translate(OTHERS)
