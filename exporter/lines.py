"""Wanted lines among many: files of /proc keep their order, so where a line stood the last time it stands again."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lines(Generic[T]):
    """Remembers where the wanted lines stand, and looks for them again when one of them is not there any more.

    Lines are ``name value``. Looking at each of two hundred lines costs ten times as much as at the seven wanted ones.
    Only for files to which a running kernel adds no line in place of another.
    """

    def __init__(self, want: Callable[[str], T | None]) -> None:
        """Take what a line's name stands for from *want*; None of what is not wanted."""
        self._want = want
        self._count = -1
        self._places: Sequence[tuple[int, str, T]] = ()

    def pick(self, text: str) -> Iterator[tuple[T, str]]:
        """Yield what each wanted line stands for, and its value."""
        lines = text.splitlines()
        if len(lines) != self._count or not all(lines[at].startswith(name) for at, name, _ in self._places):
            self._count, self._places = len(lines), list(self._find(lines))
        for at, name, meaning in self._places:
            yield meaning, lines[at][len(name) :]

    def _find(self, lines: Sequence[str]) -> Iterator[tuple[int, str, T]]:
        for at, line in enumerate(lines):
            words = line.split()
            if len(words) > 1:
                meaning = self._want(words[0])
                if meaning is not None:
                    # With what separates it from its value: another name may begin like this one.
                    yield at, line[: len(line) - len(line[len(words[0]) :].lstrip())], meaning
