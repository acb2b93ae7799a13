"""Form data that a browser would send of a page."""

import re
from typing import Any


def fields_of(page: Any) -> dict[str, str]:
    """Selected options, radio buttons, checkboxes and the idempotency key of a page with one form."""
    html = page.content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(intent)" value="([^"]+)"', html))
    for name, inner in re.findall(r'<select[^>]*?name="([^"]+)".*?>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        sent[name] = chosen[1] if chosen else ""
    for name, value in re.findall(r'<input type="radio"[^>]*name="([^"]+)" value="([^"]+)"\s*checked', html):
        sent[name] = value
    for tag in re.findall(r'<input type="checkbox"[^>]*>', html):
        if re.search(r"\bchecked\b", tag):
            sent[re.findall(r'name="([^"]+)"', tag)[0]] = "on"
    return sent
