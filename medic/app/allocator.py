"""The C library's allocator, set for a process of many short threads that lives long; where it is glibc's."""

import ctypes
import sys

ARENA_MAX = -8
"""``M_ARENA_MAX`` of malloc.h."""
MMAP_THRESHOLD = -3
"""``M_MMAP_THRESHOLD``."""
LARGE = 128 * 1024
"""Bytes from which on a block is a mapping of its own: with what the C library begins, and moves away from."""


def tighten() -> None:
    """Let all threads share one heap, and large blocks be mappings of their own; call it before the first thread.

    Each thread would else get a heap of its own, up to eight for each core, which keeps what the thread has freed: some
    2 MB, for nothing, as Python's own lock lets one thread at a time allocate. And the first large block that is freed
    would put all later ones, such as those of the series, into the heap, where what they leave lies between others.
    """
    if (library := _glibc()) is not None:
        library.mallopt(ARENA_MAX, 1)
        library.mallopt(MMAP_THRESHOLD, LARGE)


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
