"""Imports: a file or pasted cells become rows with the fields of a plan's kind."""
