"""The legend of a kind of state: the badge of each state that has a meaning, and that meaning."""

from django.template.loader import render_to_string

from qxportal.ui.badges import Badge
from qxportal.ui.labels import STATES

LEGEND = "components/legend.html"


def test_legend_explains_states_with_a_meaning(monkeypatch):
    fair = Badge("good", "sun", "Fair", "The sun shines.")
    monkeypatch.setitem(STATES, "weather", {"fair": fair, "foul": Badge("bad", "cloud", "Foul")})

    shown = render_to_string(LEGEND, {"kind": "weather"})

    assert "What the states mean" in shown
    assert "<dd>The sun shines.</dd>" in shown
    assert "Foul" not in shown


def test_legend_without_meanings_shows_nothing(monkeypatch):
    monkeypatch.setitem(STATES, "weather", {"foul": Badge("bad", "cloud", "Foul")})

    assert render_to_string(LEGEND, {"kind": "weather"}).strip() == ""


def test_legend_takes_another_title(monkeypatch):
    monkeypatch.setitem(STATES, "weather", {"fair": Badge("good", "sun", "Fair", "The sun shines.")})

    shown = render_to_string(LEGEND, {"kind": "weather", "title": "Kinds of weather"})

    assert "Kinds of weather" in shown
    assert "What the states mean" not in shown
