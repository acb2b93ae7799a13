"""The pictures that pages ask for are there."""

import re
from pathlib import Path

from django.conf import settings

from qxportal.ui.labels import STATES


def test_every_picture_is_in_the_sprite():
    sprite = (settings.BASE_DIR / "qxportal/static/portal/icons.svg").read_text()
    asked = {badge.icon for badges in STATES.values() for badge in badges.values()}
    for page in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        asked |= set(re.findall(r'{% icon "([\w-]+)"', page.read_text()))

    assert asked - set(re.findall(r'id="([\w-]+)"', sprite)) == set()
