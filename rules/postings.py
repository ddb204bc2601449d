"""Finding series by their labels: matchers, and the index that answers them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rules.blocks import Track
from rules.labelsets import NAME
from rules.selections import Selection


class Match(StrEnum):
    """The four operators of a label matcher."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


class Pattern(Protocol):
    """Tells whether the whole of a text matches."""

    def fullmatch(self, text: str, /) -> object | None:
        """Return something when it does, None when it does not."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a missing label counts as empty."""

    name: str
    match: Match
    value: str
    pattern: Pattern | None = None
    """The translated regular expression, needed by the two that match one; it is matched against the whole value."""

    def accepts(self, value: str) -> bool:
        """Tell whether a label's value fulfils the condition."""
        if self.pattern is None:
            return (value == self.value) == (self.match is Match.EQUAL)
        return (self.pattern.fullmatch(value) is not None) == (self.match is Match.REGEX)

    @property
    def exact(self) -> bool:
        """Tell whether only series that carry exactly this pair can fulfil it."""
        return self.match is Match.EQUAL and self.value != ""

    def __str__(self) -> str:
        return f'{self.name}{self.match}"{self.value}"'


_NONE: dict[Track, None] = {}


class Index:
    """All tracks, by each of their label pairs; *generation* changes when one comes, goes or lies elsewhere."""

    def __init__(self) -> None:
        self.generation = 0
        self._all: dict[Track, None] = {}
        self._postings: dict[tuple[str, str], dict[Track, None]] = {}

    def add(self, track: Track) -> None:
        """Make *track* findable."""
        self.generation += 1
        self._all[track] = None
        for pair in track.labels.pairs:
            self._postings.setdefault(pair, {})[track] = None

    def discard(self, track: Track) -> None:
        """Forget *track*."""
        self.generation += 1
        self._all.pop(track, None)
        for pair in track.labels.pairs:
            if (listed := self._postings.get(pair)) is not None:
                listed.pop(track, None)
                if not listed:
                    del self._postings[pair]

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        """Return the tracks that fulfil all *matchers*, in the order in which they appeared."""
        listed = [self._postings.get((one.name, one.value), _NONE) for one in matchers if one.exact]
        shortest = min(listed, key=len, default=self._all)
        # list() copies in one step of the interpreter, so that a writer in another thread cannot change it under us
        candidates = list(shortest)
        rest = [one for one in matchers if not one.exact]
        exact = [(one.name, one.value) for one in matchers if one.exact]
        return Selection(track for track in candidates if _fits(track, exact, rest))

    def names(self) -> list[str]:
        """Return the metric names, sorted."""
        return self.values(NAME)

    def labels(self) -> list[str]:
        """Return the label names, sorted."""
        return sorted({name for name, _ in list(self._postings)})

    def values(self, label: str) -> list[str]:
        """Return the values of *label*, sorted."""
        return sorted(value for name, value in list(self._postings) if name == label)


def _fits(track: Track, exact: Iterable[tuple[str, str]], rest: Iterable[Matcher]) -> bool:
    pairs = track.labels.pairs
    return all(pair in pairs for pair in exact) and all(one.accepts(track.labels.get(one.name)) for one in rest)
