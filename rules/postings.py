"""Finding series by their labels: matchers, and the index that answers them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from sys import intern
from typing import Protocol
from weakref import WeakValueDictionary

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


def name_of(matchers: Sequence[Matcher]) -> str:
    """Return the metric name that all series have which fulfil *matchers*, empty where they may have several."""
    return intern(next((one.value for one in matchers if one.name == NAME and one.exact), ""))


class Index:
    """All tracks, by each of their label pairs."""

    def __init__(self) -> None:
        self._generation = 0
        self.changes: dict[str, int] = {}
        """The change in which a track of each metric last came, went or moved; under no name that of any metric."""
        self._all: dict[Track, None] = {}
        self._postings: dict[tuple[str, str], dict[Track, None]] = {}
        self._shared: WeakValueDictionary[tuple[Matcher, ...], Selection] = WeakValueDictionary()

    def touch(self, track: Track) -> None:
        """Know that *track* lies elsewhere."""
        self._generation += 1
        self.changes[track.key[0]] = self.changes[""] = self._generation

    def add(self, track: Track) -> None:
        """Make *track* findable."""
        self.touch(track)
        self._all[track] = None
        for pair in track.labels.pairs:
            self._postings.setdefault(pair, {})[track] = None

    def discard(self, track: Track) -> None:
        """Forget *track*."""
        self.touch(track)
        self._all.pop(track, None)
        for pair in track.labels.pairs:
            if (listed := self._postings.get(pair)) is not None:
                listed.pop(track, None)
                if not listed:
                    del self._postings[pair]
        if (NAME, track.key[0]) not in self._postings:
            del self.changes[track.key[0]]

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        """Return the tracks that fulfil all *matchers*, in the order in which they appeared."""
        generation = self.changes.get(name_of(matchers), 0)  # first: what changes from here on is seen by the next look
        listed = [self._postings.get((one.name, one.value), _NONE) for one in matchers if one.exact]
        shortest = min(listed, key=len, default=self._all)
        # list() copies in one step of the interpreter, so that a writer in another thread cannot change it under us
        candidates = list(shortest)
        rest = [one for one in matchers if not one.exact]
        exact = [(one.name, one.value) for one in matchers if one.exact]
        found = [track for track in candidates if _fits(track, exact, rest)]
        return Selection(found, origin=self, generation=generation)

    def share(self, matchers: tuple[Matcher, ...]) -> Selection:
        """Return what ``select`` does, for who keeps it: all who ask for the same have one selection and its memory."""
        found = self._shared.get(matchers)
        if found is None or found.generation != self.changes.get(name_of(matchers), 0):
            found = self._shared[matchers] = self.select(matchers)
        return found

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
