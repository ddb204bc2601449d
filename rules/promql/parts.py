"""What the compilers of single constructs need of each other: the compiled parts below them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from rules.blocks import Points, Span
from rules.labelsets import LabelSet
from rules.panes import Stretch
from rules.promql.errors import QueryError
from rules.promql.frame import Dialect, Frame, ScalarOf, VectorOf
from rules.promql.nodes import Node, String


class Windows(Protocol):
    """A compiled range vector."""

    range_ms: int

    def until(self, frame: Frame) -> int:
        """Return the newer end of the window, in milliseconds; it is part of the window."""

    def points(self, frame: Frame) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the samples of each series that has any."""

    def spans(self, frame: Frame) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sums of each series that has samples, cheaper than its points."""

    def stretches(self, frame: Frame, until: int) -> Sequence[Stretch]:
        """Return the same, in bulk, of the window that ends at *until*."""


class Parts(Protocol):
    """Compiles nodes into functions of a frame."""

    @property
    def dialect(self) -> Dialect:
        """What all frames will be asked in."""

    def vector(self, node: Node) -> VectorOf:
        """Compile an instant vector."""

    def scalar(self, node: Node) -> ScalarOf:
        """Compile a scalar."""

    def windows(self, node: Node) -> Windows:
        """Compile a range vector."""


CompileVector = Callable[[Parts, tuple[Node, ...]], VectorOf]
CompileScalar = Callable[[Parts, tuple[Node, ...]], ScalarOf]


def text_of(node: Node) -> str:
    """Return the text of a string literal; PromQL computes no strings."""
    if not isinstance(node, String):
        raise QueryError("a string is expected here", "write it in quotes")
    return node.text
