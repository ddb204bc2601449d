"""Which series an alert is about: those that differ from it in no label that both have."""

from collections.abc import Iterable
from typing import Generic, Protocol, Self, TypeVar

from medic.core.samples import Labels
from rules.labelsets import NAME


class Ordered(Protocol):
    """What can be compared, so that there is a best one."""

    def __lt__(self, other: Self, /) -> bool:
        """Tell whether the other one is better."""


T = TypeVar("T", bound=Ordered)
Names = frozenset[str]


def belongs(series: Iterable[tuple[str, str]], alert: Labels) -> bool:
    """Tell whether a series can be one that an alert is about: no label that both have differs.

    Of *alert* only the labels that come from its series may be given here, see ``rules.reading.invented``.
    """
    wanted = dict(alert)
    return all(wanted.get(name, value) == value for name, value in series if name != NAME)


class Kindred(Generic[T]):
    """What is known of many series, found by the labels of the alerts that are about them.

    An alert and series with the same label names share the same of them, so that each look-up is one in a dictionary:
    a thousand alerts over a thousand series must not be a million comparisons.
    """

    __slots__ = ("_best", "_shapes")

    def __init__(self, series: Iterable[tuple[Labels, T]]) -> None:
        """Take the labels of each series, sorted, with what is known of it."""
        self._shapes: dict[Names, list[tuple[Labels, T]]] = {}
        self._best: dict[tuple[Names, Names], dict[Labels, T]] = {}
        for labels, known in series:
            own = tuple([pair for pair in labels if pair[0] != NAME])
            self._shapes.setdefault(frozenset([name for name, _ in own]), []).append((own, known))

    def best(self, alert: Labels) -> T | None:
        """Return the greatest of what is known of the series that ``belongs`` tells of, None where there is none."""
        names = frozenset([name for name, _ in alert])
        found = []
        for shape in self._shapes:
            shared = shape & names
            known = self._of(shape, shared).get(tuple([pair for pair in alert if pair[0] in shared]))
            if known is not None:
                found.append(known)
        return max(found, default=None)

    def _of(self, shape: Names, shared: Names) -> dict[Labels, T]:
        """Keep the best of the series that are one to whoever knows no other labels than those *shared*."""
        best = self._best.get((shape, shared))
        if best is None:
            best = self._best[shape, shared] = {}
            for labels, known in self._shapes[shape]:
                key = tuple([pair for pair in labels if pair[0] in shared])
                if key not in best or best[key] < known:
                    best[key] = known
        return best
