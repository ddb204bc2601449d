"""Files that are read again and again, and what is made of those that seldom change."""

import os
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

CHUNK = 1 << 16
ATTRIBUTE = 1 << 12
"""The most that an attribute of /sys can hold: one page, and one read gives all of it."""

T = TypeVar("T")


class Source:
    """A file of /proc that stays open: opening costs more than reading, and a read from its beginning is always new.

    Only for files that the kernel writes anew at each read and of which there is a fixed, small number.
    """

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: str) -> None:
        """Open nothing yet."""
        self.path = path
        self._descriptor: int | None = None

    def read(self) -> str:
        """Return the whole text; raises OSError, and then opens the file anew the next time."""
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return _whole(self._descriptor).decode(errors="replace")
        except OSError:
            self._close()
            raise

    def read_or_none(self) -> str | None:
        """Return the whole text; None where the file is missing or refused."""
        try:
            return self.read()
        except OSError:
            return None

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self._close()


class Remembered(Generic[T]):
    """What is dear to make and seldom changes: made anew when its key is another one, or when it is old."""

    def __init__(self, make: Callable[[], T], *, time: Callable[[], float], age: float) -> None:
        """Make nothing yet; *time* is a monotonic clock, *age* the seconds for which one serves at most."""
        self._make = make
        self._time = time
        self._age = age
        self._made: tuple[Hashable, float, T] | None = None

    def get(self, key: Hashable = None) -> T:
        """Return what was made last if it was made under *key* and is young, else make it now."""
        now = self._time()
        if self._made is None or self._made[0] != key or now - self._made[1] >= self._age:
            self._made = (key, now, self._make())
        return self._made[2]


def attribute(path: str) -> str | None:
    """Return the stripped text of an attribute of /sys; None where it is missing or its driver refuses to answer."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, ATTRIBUTE).decode(errors="replace").strip()
    except OSError:
        return None
    finally:
        os.close(descriptor)


def number(path: str) -> int | None:
    """Return the whole number of an attribute of /sys, decimal or ``0x`` hexadecimal; None where it has none."""
    text = attribute(path)
    try:
        return None if text is None else int(text, 0)
    except ValueError:
        return None


def names(folder: str) -> tuple[str, ...]:
    """Return the names in *folder*, sorted; empty where there is no such folder or it may not be listed."""
    try:
        return tuple(sorted(os.listdir(folder)))  # noqa: PTH208 - text is wanted, and a path would cost ten times as much
    except OSError:
        return ()


def _whole(descriptor: int) -> bytes:
    text = os.pread(descriptor, CHUNK, 0)
    while piece := os.pread(descriptor, CHUNK, len(text)):  # the kernel may give out a file in pieces
        text += piece
    return text
