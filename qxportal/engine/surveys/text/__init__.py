"""Reads surveys written as text: numbered questions with lists, or the tags of the Advanced Format."""
