"""What a query reads: which metrics, how far back, and through which windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.labelsets import NAME
from rules.postings import Match, Matcher
from rules.promql.frame import LOOKBACK_MS
from rules.promql.nodes import Node, Selector, Shift, Subquery, Window, children


@dataclass(frozen=True, slots=True)
class Reach:
    """One selector of a query, and how far before the time of evaluation it reads."""

    matchers: tuple[Matcher, ...]
    newest_ms: int
    """How long before the evaluation its newest sample may be: its offset and those of subqueries around it."""
    oldest_ms: int
    """How long before the evaluation its oldest sample may be."""
    window: bool
    """Whether it is a range vector, whose result is only good once the window is filled."""

    @property
    def name(self) -> str:
        """The metric name that it selects, empty when it selects by a pattern or by labels alone."""
        return next((one.value for one in self.matchers if one.name == NAME and one.match is Match.EQUAL), "")


def reaches(node: Node) -> Iterator[Reach]:
    """Yield what each selector in *node* reads; ``@`` is taken as the time of evaluation."""
    yield from _reaches(node, 0, 0, window=False)


def _reaches(node: Node, newest: int, oldest: int, *, window: bool) -> Iterator[Reach]:
    match node:
        case Selector():
            yield _reach(node, newest, oldest + LOOKBACK_MS, window=window)
        case Window():
            yield _reach(node.selector, newest, oldest + node.range_ms, window=True)
        case Subquery():
            offset = _offset(node.shift)
            yield from _reaches(node.expr, newest + offset, oldest + offset + node.range_ms, window=True)
        case _:
            for child in children(node):
                yield from _reaches(child, newest, oldest, window=window)


def _reach(node: Selector, newest: int, oldest: int, *, window: bool) -> Reach:
    offset = _offset(node.shift)
    return Reach(node.matchers, newest + offset, oldest + offset, window)


def _offset(shift: Shift) -> int:
    return max(0, shift.offset_ms)


def longest(found: Sequence[Reach]) -> int:
    """Return how far back the farthest of them reads, in milliseconds."""
    return max((reach.oldest_ms for reach in found), default=0)
