"""The C library's allocator, set for a process of many short threads that lives long; where it is glibc's."""

import ctypes
import sys

ARENA_MAX = -8
"""``M_ARENA_MAX`` of malloc.h."""


def tighten() -> None:
    """Let all threads share one heap; call it before the first of them starts.

    Each would else get a heap of its own, up to eight for each core, which keeps what the thread has freed: some 2 MB,
    for nothing, as Python's own lock lets one thread at a time allocate.
    """
    if (library := _glibc()) is not None:
        library.mallopt(ARENA_MAX, 1)


def trim() -> None:
    """Give back what coming up has freed."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """Return the C library; None where it has no such functions, as musl's and those of other systems have not."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
