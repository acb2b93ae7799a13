"""Gives memory back to the machine after work that needed much of it.

The C library keeps what was freed, in as many pools as threads asked at one time: after a few large files a process
would hold hundreds of megabytes that nobody uses.
"""

import ctypes
import gc

LARGE = 512 * 1024  # bytes of a body
POOLS = 2
M_ARENA_MAX = -8  # of mallopt(3)

_library = ctypes.CDLL(None)


def bound() -> None:
    """Let all threads of this process share a few pools."""
    if hasattr(_library, "mallopt"):  # GNU's library alone has it
        _library.mallopt(M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Collect what refers to itself, and hand free pages to the machine."""
    gc.collect()
    if hasattr(_library, "malloc_trim"):
        _library.malloc_trim(0)
