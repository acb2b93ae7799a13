"""Tests, storms and benchmarks.

They start hundreds of processes; each would compile every module again where the machine forbids to keep bytecode.
"""

import os
import sys

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    sys.dont_write_bytecode = False
