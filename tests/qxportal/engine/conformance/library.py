"""Requests of the catalogue's group `library`."""

from tests.qxportal.engine.conformance.case import Case

CASES: dict[str, Case] = {}
