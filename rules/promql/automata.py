"""Matching in linear time, for expressions on which Python's matcher could take for ever."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.promql.errors import QueryError
from rules.promql.expressions import At, Char, Choice, Edge, Group, Repeat, Sequence, Tree, can_be_empty, walk

MOST_STATES = 3000
"""How large an expression may be; matching takes at most so many steps a character."""
REMEMBERED = 10_000
WORD = re.compile(r"\w", re.ASCII)

States = frozenset[int]


@dataclass(frozen=True, slots=True)
class Step:
    """A state: a character to take or a place to be at before *after* is reached, or several ways to go."""

    after: tuple[int, ...]
    """The ways to go, the one that Perl would try first in front."""
    char: re.Pattern[str] | None = None
    at: At | None = None
    mark: int | None = None
    """The end of a group that is passed: twice the group's number where it begins, one more where it ends."""


ACCEPT = Step(())


class Program:
    """An expression as states; the first of *steps* is the end of all ways."""

    def __init__(self, tree: Tree) -> None:
        """Compile *tree*; raises QueryError when it is too large."""
        groups = [one for one in walk(tree) if isinstance(one, Group)]
        self.groups = len(groups)
        self.names = {one.name: number for number, one in enumerate(groups, 1) if one.name is not None}
        self.steps: list[Step] = [ACCEPT]
        self._numbers = {id(one): number for number, one in enumerate(groups, 1)}
        self._chars: dict[str, re.Pattern[str]] = {}
        self.start = self._add(tree, 0)

    def _add(self, tree: Tree, after: int) -> int:
        """Add the states of *tree*, which lead to *after*, and return the first of them."""
        match tree:
            case Char():
                pattern = self._chars.setdefault(tree.part, re.compile(tree.part))
                return self._state(Step((after,), char=pattern))
            case Edge():
                return self._state(Step((after,), at=tree.at))
            case Sequence():
                for part in reversed(tree.parts):
                    after = self._add(part, after)
                return after
            case Choice():
                return self._state(Step(tuple(self._add(option, after) for option in tree.options)))
            case Group():
                return self._grouped(tree, after)
            case Repeat():
                return self._repeated(tree, after)

    def _grouped(self, tree: Group, after: int) -> int:
        begin = 2 * self._numbers[id(tree)]
        end = self._state(Step((after,), mark=begin + 1))
        return self._state(Step((self._add(tree.tree, end),), mark=begin))

    def _repeated(self, tree: Repeat, after: int) -> int:
        order = -1 if tree.lazy else 1
        copies = tree.least
        if tree.most is None:
            after, copies = self._endless(tree, after, order), max(copies - 1, 0)
        else:
            end = after
            for _ in range(tree.most - tree.least):
                after = self._state(Step((self._add(tree.tree, after), end)[::order]))
        for _ in range(copies):
            after = self._add(tree.tree, after)
        return after

    def _endless(self, tree: Repeat, after: int, order: int) -> int:
        """Add ``x+`` or ``x*``; where *x* can be empty as ``(x+)?``, on which it depends what is preferred.

        So does Go: https://go.dev/issue/46123
        """
        loop = self._state(Step((after,)))
        body = self._add(tree.tree, loop)
        self.steps[loop] = Step((body, after)[::order])
        if tree.least:
            return body
        return self._state(Step((body, after)[::order])) if can_be_empty(tree.tree) else loop

    def _state(self, step: Step) -> int:
        if len(self.steps) >= MOST_STATES:
            what = f"the regular expression has more than {MOST_STATES} states"
            raise QueryError(what, "repeat less, or match parts of it by matchers of their own")
        self.steps.append(step)
        return len(self.steps) - 1


class Automaton:
    """A compiled expression: all ways through it are gone at once, each set of them computed once a character."""

    def __init__(self, tree: Tree) -> None:
        """Compile *tree*; raises QueryError when it is too large."""
        program = Program(tree)
        self._steps = program.steps
        self._start: States = frozenset((program.start,))
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
                if step.char is None and (step.at is None or is_at(step.at, before, behind)):
                    waiting.extend(step.after)
        return found


def is_at(at: At, before: str, behind: str) -> bool:
    """Tell whether a place between two characters is *at*; an empty one is an end of the text."""
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
