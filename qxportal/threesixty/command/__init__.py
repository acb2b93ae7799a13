"""The API on the command line: `python -m qxportal.threesixty`."""
