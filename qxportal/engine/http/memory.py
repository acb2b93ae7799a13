"""Returns memory to the operating system after large requests.

The C library keeps freed memory in one arena per thread that allocated at the same time: after a few large files a
process would hold hundreds of megabytes of unused memory.
"""

import ctypes
import gc

LARGE = 512 * 1024  # bytes of a body
POOLS = 2
M_ARENA_MAX = -8  # of mallopt(3)

_library = ctypes.CDLL(None)


def bound() -> None:
    """Let all threads of this process share a few arenas."""
    if hasattr(_library, "mallopt"):  # glibc only
        _library.mallopt(M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Run the garbage collector and return free pages to the operating system."""
    gc.collect()
    if hasattr(_library, "malloc_trim"):
        _library.malloc_trim(0)
