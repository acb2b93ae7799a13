"""Requests of the catalogue's group `users`."""

from tests.qxportal.engine.conformance.case import Case

CASES: dict[str, Case] = {}
