"""Choosing evaluators by subjects and managers: who may, how many, and what becomes of a list."""
