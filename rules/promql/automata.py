"""Matching in linear time, for expressions on which Python's matcher could take for ever."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.promql.errors import QueryError
from rules.promql.expressions import At, Char, Choice, Edge, Group, Repeat, Sequence, Tree

MOST_STATES = 3000
"""How large an expression may be; matching takes at most so many steps a character."""
REMEMBERED = 10_000
WORD = re.compile(r"\w", re.ASCII)

States = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Step:
    """A state: a character to take or a place to be at before *after* is reached, or several ways to go."""

    after: tuple[int, ...]
    char: re.Pattern[str] | None = None
    at: At | None = None


ACCEPT = _Step(())


class Automaton:
    """A compiled expression: all ways through it are gone at once, each set of them computed once a character."""

    def __init__(self, tree: Tree) -> None:
        """Compile *tree*; raises QueryError when it is too large."""
        self._steps: list[_Step] = [ACCEPT]
        self._chars: dict[str, re.Pattern[str]] = {}
        self._start: States = frozenset((self._add(tree, 0),))
        self._edged = any(step.at is not None for step in self._steps)
        self._memory: dict[tuple[States, str, str], States] = {}

    def fullmatch(self, text: str, /) -> str | None:
        """Return *text* when the whole of it matches, None when it does not."""
        states, before = self._start, ""
        for char in text:
            key = (states, before if self._edged else "", char)
            after = self._memory.get(key)
            if after is None:
                after = self._taken(states, before, char)
                if len(self._memory) >= REMEMBERED:
                    self._memory.clear()
                self._memory[key] = after
            if not after:
                return None
            states, before = after, char
        return text if 0 in self._closure(states, before, "") else None

    def _taken(self, states: States, before: str, char: str) -> States:
        found: set[int] = set()
        for state in self._closure(states, before, char):
            step = self._steps[state]
            if step.char is not None and step.char.fullmatch(char):
                found.update(step.after)
        return frozenset(found)

    def _closure(self, states: States, before: str, behind: str) -> set[int]:
        """Return all states that are reached between two characters; an empty one is an end of the text."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                step = self._steps[state]
                if step.char is None and (step.at is None or _is_at(step.at, before, behind)):
                    waiting.extend(step.after)
        return found

    def _add(self, tree: Tree, after: int) -> int:
        """Add the states of *tree*, which lead to *after*, and return the first of them."""
        match tree:
            case Char():
                pattern = self._chars.setdefault(tree.part, re.compile(tree.part))
                return self._state(_Step((after,), char=pattern))
            case Edge():
                return self._state(_Step((after,), at=tree.at))
            case Sequence():
                for part in reversed(tree.parts):
                    after = self._add(part, after)
                return after
            case Choice():
                return self._state(_Step(tuple(self._add(option, after) for option in tree.options)))
            case Group():
                return self._add(tree.tree, after)
            case Repeat():
                return self._repeated(tree, after)

    def _repeated(self, tree: Repeat, after: int) -> int:
        if tree.most is None:
            loop = self._state(ACCEPT)
            self._steps[loop] = _Step((self._add(tree.tree, loop), after))
            after = loop
        else:
            end = after
            for _ in range(tree.most - tree.least):
                after = self._state(_Step((self._add(tree.tree, after), end)))
        for _ in range(tree.least):
            after = self._add(tree.tree, after)
        return after

    def _state(self, step: _Step) -> int:
        if len(self._steps) >= MOST_STATES:
            what = f"the regular expression has more than {MOST_STATES} states"
            raise QueryError(what, "repeat less, or match parts of it by matchers of their own")
        self._steps.append(step)
        return len(self._steps) - 1


def _is_at(at: At, before: str, behind: str) -> bool:
    words = sum(_words(before, behind))
    return {
        At.BEGIN: not before,
        At.END: not behind,
        At.LINE_BEGIN: before in {"", "\n"},
        At.LINE_END: behind in {"", "\n"},
        At.BOUNDARY: words == 1,
        At.INSIDE: words != 1,
    }[at]


def _words(*chars: str) -> Iterator[bool]:
    return (bool(char) and WORD.match(char) is not None for char in chars)
