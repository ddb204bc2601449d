"""What the aliases of a YAML document make of it: how large and how deep it is once they are put in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

DEEPEST = 100
"""Levels of a document; rule files have seven."""
MOST_COPIES = 400_000
"""Values that aliases may add to those that are written out: a few lines could mean billions."""


class Bounds(NamedTuple):
    """How many values a node holds, itself among them, and on how many levels."""

    values: int = 1
    levels: int = 1


class Swollen(Exception):  # noqa: N818 - it is caught where it is raised
    """A document that nobody could read through once its aliases are put in."""

    def __init__(self, node: Node, text: str) -> None:
        super().__init__(text)
        self.node = node


@dataclass(slots=True)
class Gauge:
    """Measures nodes, each once; what is under an anchor is complete before its first alias, or holds itself."""

    _known: dict[int, Bounds | None] = field(default_factory=dict)
    _written: int = 0
    """Values that are written out."""

    def check(self, root: Node) -> None:
        """Raise Swollen unless what *root* means can be gone through."""
        total = self._measure(root)
        if total.values > MOST_COPIES + self._written:
            raise Swollen(root, f"its aliases add more than {MOST_COPIES:,} values: write fewer of them")

    def _measure(self, node: Node) -> Bounds:
        if not isinstance(node, MappingNode | SequenceNode):
            return Bounds()
        if id(node) in self._known:
            found = self._known[id(node)]
            if found is None:
                raise Swollen(node, "the value of an anchor holds itself: write it without its own alias")
            return found
        self._known[id(node)] = None
        found = self._known[id(node)] = self._around(_inside(node))
        if found.levels > DEEPEST:
            raise Swollen(node, f"it is nested deeper than {DEEPEST} levels: write it flatter")
        return found

    def _around(self, inside: Iterable[Node]) -> Bounds:
        values, levels = 1, 0
        self._written += 1
        for each in inside:
            found = self._measure(each)
            values += found.values
            levels = max(levels, found.levels)
            self._written += isinstance(each, ScalarNode)
        return Bounds(values, levels + 1)


def _inside(node: MappingNode | SequenceNode) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    else:
        yield from (each for entry in node.value for each in entry)
