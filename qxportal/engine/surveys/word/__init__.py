"""Reads surveys written with Word: the paragraphs become lines of text."""
