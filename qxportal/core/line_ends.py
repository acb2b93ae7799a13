"""Line ends of texts in print.

Word processors and telephones separate lines and paragraphs with special characters (U+2028, U+2029, U+0085).
WeasyPrint 70.0 raises an error at U+2029 after a space.
"""

OTHERS = str.maketrans(dict.fromkeys("\x85\u2028\u2029", "\n"))


def with_plain_line_ends(text: str) -> str:
    """The text with a line feed at the end of each line."""
    return text.translate(OTHERS)
