"""Imports: a file or pasted cells become source rows of a plan."""
