"""The API on the command line: what `python -m qxportal.threesixty` does."""
