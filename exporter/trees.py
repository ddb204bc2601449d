"""Trees of processes: a root with all that it started, and its CPU as one counter that never falls."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from exporter.table import PAGE, Process

Root = tuple[int, int]
"""Process number and start time."""
Tree = Sequence[Process]


def trees(processes: Sequence[Process], tops: Collection[Root]) -> dict[Root, list[Process]]:
    """Gather each of *tops* that lives with all its descendants; one below another top belongs to that one alone.

    Descendants that have ended are among them until they are reaped: what they used goes over to their parent then, so
    that whoever leaves them out meanwhile counts it twice.
    """
    living = [each for each in processes if each.key in tops and not each.ended]
    if not living:
        return {}
    children = _children(processes)
    found = {each.key: list(_below(each, children, frozenset())) for each in living}
    inner = {each.key for root, tree in found.items() for each in tree if each.key != root}
    return {root: tree for root, tree in found.items() if root not in inner}


def branches(processes: Sequence[Process], tops: Collection[Root]) -> dict[Root, list[Process]]:
    """Gather each of *tops* that lives with its descendants as `trees` does, without those of another top below it."""
    living = [each for each in processes if each.key in tops and not each.ended]
    if not living:
        return {}
    children, stops = _children(processes), frozenset(each.pid for each in living)
    return {each.key: list(_below(each, children, stops - {each.pid})) for each in living}


def resident(tree: Tree) -> int:
    """Return the bytes of resident memory of a tree; what its processes share counts for each."""
    return sum(each.pages for each in tree) * PAGE


def count(tree: Tree) -> int:
    """Return how many processes of a tree live."""
    return sum(not each.ended for each in tree)


def risen(before: tuple[int, ...] | None, total: int, *, own: bool) -> int:
    """Return by how much a tree's ticks rose; *before* holds the totals of up to two sweeps.

    When a process is reaped its ticks go over to its parent. Where a sweep misses both, the total falls and rises again
    at the next: held against the greater of two sweeps, nothing is counted twice. What a tree had used before it was
    first seen counts only if it is our *own*.
    """
    if before is None:
        return total if own else 0
    return max(0, total - max(before))


class Meter:
    """Counts the CPU of trees, one counter a tree, from what each has used when it is first seen."""

    def __init__(self) -> None:
        """Know no tree yet."""
        self._before: dict[Root, tuple[int, ...]] = {}
        self._ticks: dict[Root, int] = {}

    def count(self, found: Mapping[Root, Tree]) -> Mapping[Root, int]:
        """Return the clock ticks that each tree has used since its root began; those that are gone are forgotten."""
        totals = {root: sum(each.ticks for each in tree) for root, tree in found.items()}
        self._ticks = {
            root: self._ticks.get(root, 0) + risen(self._before.get(root), total, own=True)
            for root, total in totals.items()
        }
        self._before = {root: (*self._before.get(root, ())[-1:], total) for root, total in totals.items()}
        return self._ticks


def _children(processes: Sequence[Process]) -> dict[int, list[Process]]:
    children: dict[int, list[Process]] = {}
    for each in processes:
        children.setdefault(each.parent, []).append(each)
    return children


def _below(top: Process, children: Mapping[int, Sequence[Process]], stops: Collection[int]) -> Iterator[Process]:
    waiting, seen = [top], set[int]()
    while waiting:
        each = waiting.pop()
        if each.pid not in seen and each.pid not in stops:  # numbers are given anew: a sweep can show a circle
            seen.add(each.pid)
            waiting += children.get(each.pid, ())
            yield each
