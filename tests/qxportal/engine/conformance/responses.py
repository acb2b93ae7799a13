"""Requests of the catalogue's group `responses`."""

from tests.qxportal.engine.conformance.case import Case

CASES: dict[str, Case] = {}
