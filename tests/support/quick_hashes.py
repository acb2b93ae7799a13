"""Runs one of our programs with cheap password hashes: a test server checks hundreds of passwords.

python -m tests.support.quick_hashes manage.py engine
python -m tests.support.quick_hashes -m gunicorn ...
"""

import runpy
import sys

from django.contrib.auth.hashers import PBKDF2PasswordHasher

FEW = 1_000  # a thousandth of the usual number, and different from that of the tests themselves


def hash_quickly(iterations: int = 1) -> None:
    """Let this process and its forks hash passwords with few iterations."""
    PBKDF2PasswordHasher.iterations = iterations


if __name__ == "__main__":
    hash_quickly(FEW)
    del sys.argv[0]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
