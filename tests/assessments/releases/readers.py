"""The boss and the coach, as the server names them, and a day."""

from datetime import timedelta

BOSS, COACH = f"P_{20:015}", f"P_{30:015}"
DAY = timedelta(days=1)
