"""`python -m qxportal.threesixty getPersons RecordLimit=10`: sends one request and prints its response."""

import sys

from qxportal.threesixty.command.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
