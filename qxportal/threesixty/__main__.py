"""`python -m qxportal.threesixty getPersons RecordLimit=10`: asks one request and prints its answer."""

import sys

from qxportal.threesixty.command.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
