"""Nominations: choice of evaluators by subjects and managers, with approval."""
