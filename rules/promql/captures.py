"""Matching with groups in linear time, where Python's matcher could take for ever; and filling them into a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rules.promql.automata import ACCEPT, Program, is_at
from rules.promql.expressions import Tree


class Found(Protocol):
    """A match, asked as Python's are."""

    def __getitem__(self, group: int | str, /) -> str | None:
        """Return what a group took, None where it took no part; raises IndexError when there is no such group."""

    def start(self) -> int:
        """Return where the match begins."""

    def end(self) -> int:
        """Return where it ends."""


class Capturing(Protocol):
    """A compiled expression that tells what its groups took."""

    def fullmatch(self, text: str, /) -> Found | None:
        """Match the whole of a text."""

    def search(self, text: str, begin: int, /) -> Found | None:
        """Find the first match from *begin* on; word boundaries and beginnings see what stands before it."""


class _Mark(NamedTuple):
    """A place that a way has passed, and those before it: an end of a group, or the begin of all."""

    which: int
    at: int
    before: "_Mark | None"


_BEGIN = -1
_Ways = dict[int, _Mark]
"""The states that are reached, those that are preferred first, each with what its way has passed."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A match as the last mark on its way tells it."""

    text: str
    last: _Mark
    until: int
    program: Program

    def __getitem__(self, group: int | str, /) -> str | None:
        number = self.program.names.get(group, -1) if isinstance(group, str) else group
        if not 0 <= number <= self.program.groups:
            raise IndexError(group)
        if number == 0:
            return self.text[self.start() : self.until]
        begin, end = self._at(2 * number), self._at(2 * number + 1)
        return None if begin is None or end is None else self.text[begin:end]

    def start(self) -> int:
        return self._at(_BEGIN) or 0

    def end(self) -> int:
        return self.until

    def _at(self, which: int) -> int | None:
        mark: _Mark | None = self.last
        while mark is not None and mark.which != which:
            mark = mark.before
        return None if mark is None else mark.at


class Tracer:
    """Goes all ways through an expression at once; of two that meet the one that Perl would try first goes on.

    Rob Pike's algorithm, as RE2 has it: https://swtch.com/~rsc/regexp/regexp2.html
    """

    def __init__(self, tree: Tree) -> None:
        """Compile *tree*; raises QueryError when it is too large."""
        self._program = Program(tree)

    def fullmatch(self, text: str, /) -> Found | None:
        """Match the whole of a text."""
        return self._run(text, 0, whole=True)

    def search(self, text: str, begin: int, /) -> Found | None:
        """Find the first match from *begin* on."""
        return self._run(text, begin, whole=False)

    def _run(self, text: str, begin: int, *, whole: bool) -> _Taken | None:
        ways: _Ways = {}
        best: _Taken | None = None
        for at in range(begin, len(text) + 1):
            if best is None and (at == begin or not whole):
                ways.setdefault(self._program.start, _Mark(_BEGIN, at, None))
            if not ways:
                break
            char, after = text[at : at + 1], dict[int, _Mark]()
            for state, mark in self._reached(ways, text, at):
                step = self._program.steps[state]
                if step is not ACCEPT:
                    if char and step.char is not None and step.char.fullmatch(char):
                        after.setdefault(step.after[0], mark)
                elif not (whole and char):
                    best = _Taken(text, mark, at, self._program)
                    break  # what comes behind it is preferred less
            ways = after
        return best

    def _reached(self, ways: _Ways, text: str, at: int) -> Iterator[tuple[int, _Mark]]:
        """Yield the states in which a character is taken, or all is done, that are reached at a place in the text."""
        before, behind = text[max(at - 1, 0) : at], text[at : at + 1]
        seen: set[int] = set()
        waiting = list(reversed(ways.items()))
        while waiting:
            state, mark = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            step = self._program.steps[state]
            if step.char is not None or step is ACCEPT:
                yield state, mark
            elif step.at is None or is_at(step.at, before, behind):
                passed = mark if step.mark is None else _Mark(step.mark, at, mark)
                waiting.extend((following, passed) for following in reversed(step.after))


_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def expand(template: str, found: Found) -> str:
    """Fill ``$1``, ``${1}`` and ``$name`` into *template* as Go does: unknown groups are empty, ``$$`` is a dollar."""

    def group(reference: re.Match[str]) -> str:
        return "$" if reference[1] else _group(found, reference[2] or reference[3])

    return _REFERENCE.sub(group, template)


def _group(found: Found, name: str) -> str:
    numbered = name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")  # Go takes 01 for a name
    try:
        return found[int(name) if numbered else name] or ""
    except (IndexError, ValueError, OverflowError):
        return ""


def replace_all(pattern: Capturing, text: str, template: str) -> str:
    """Replace all matches as Go does: an empty one right behind another is passed over."""
    parts: list[str] = []
    begin = done = 0
    while begin <= len(text) and (found := pattern.search(text, begin)) is not None:
        parts.append(text[done : found.start()])
        if found.end() > done or found.start() == 0:
            parts.append(expand(template, found))
        done = found.end()
        begin = max(done, begin + 1)
    return "".join(parts) + text[done:]
