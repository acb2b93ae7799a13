"""Letters with codes as a PDF: one page for each person, in the person's language."""

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from assessments.pdf_pages import printed
from qxportal.core.languages import written
from qxportal.threesixty.records.letters import PrintedLetters

STYLES = Path(__file__).parent / "letter.css"


def letters_pdf(letters: PrintedLetters, *, assessment: str, logo: str = "") -> bytes:
    """The PDF of letters with codes; `logo` is a data URL.

    Raises BusyError if other letters take too long.
    """
    site = letters.site_url.rstrip("/")
    pages = []
    with timezone.override(letters.time_zone or "UTC"):
        for one in letters.letters:
            language = written(one.language)
            context = {
                "letter": one,
                "name": f"{one.first_name} {one.last_name}".strip(),
                "organisation": letters.organization,
                "logo": logo,
                "zone": letters.time_zone or "UTC",
                "address": f"{site}/letter/",
                "assessment": assessment,
                "language": language,
                "today": timezone.now(),
            }
            with override(language):
                pages.append(render_to_string("assessments/letter_page.html", context))
    whole = render_to_string("assessments/letter_pages.html", {"pages": pages})
    return printed(whole, STYLES)
