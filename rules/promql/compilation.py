"""From nodes to functions of a frame."""

from rules.promql.aggregate import compile_aggregation
from rules.promql.binary import compile_binary_scalar, compile_binary_vector
from rules.promql.errors import QueryError
from rules.promql.frame import Dialect, ScalarOf, VectorOf
from rules.promql.functions import SCALAR_FUNCTIONS, VECTOR_FUNCTIONS
from rules.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Kind,
    Negation,
    Node,
    Number,
    Selector,
    Subquery,
    Window,
    kind_of,
)
from rules.promql.parts import Windows
from rules.promql.selectors import SubqueryOf, WindowOf, compile_selector
from rules.promql.watching import negated


class Compiler:
    """Compiles each kind of expression."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile for frames in *dialect*."""
        self.dialect = dialect
        self._windows: dict[int, tuple[Node, Windows]] = {}
        """By the identity of their nodes: who looks beside a result must not have what it reads compiled again."""

    def vector(self, node: Node) -> VectorOf:
        """Compile an instant vector."""
        match node:
            case Selector():
                return compile_selector(node)
            case Call():
                return VECTOR_FUNCTIONS[node.name](self, node.args)
            case Binary():
                return compile_binary_vector(self, node)
            case Aggregation():
                return compile_aggregation(self, node)
            case Negation():
                return negated(self.vector(node.expr), node)
            case _:
                raise _unexpected(node, Kind.VECTOR)

    def scalar(self, node: Node) -> ScalarOf:
        """Compile a scalar."""
        match node:
            case Number():
                value = node.value
                return lambda _: value
            case Call() if node.kind is Kind.SCALAR:
                return SCALAR_FUNCTIONS[node.name](self, node.args)
            case Binary():
                return compile_binary_scalar(self, node)
            case Negation():
                inner = self.scalar(node.expr)
                return lambda frame: -inner(frame)
            case _:
                raise _unexpected(node, Kind.SCALAR)

    def windows(self, node: Node) -> Windows:
        """Compile a range vector, once."""
        if id(node) not in self._windows:
            self._windows[id(node)] = node, self._range(node)
        return self._windows[id(node)][1]

    def _range(self, node: Node) -> Windows:
        match node:
            case Window():
                return WindowOf(node)
            case Subquery():
                return SubqueryOf(node, self.vector(node.expr))
            case _:
                raise _unexpected(node, Kind.MATRIX)


def _unexpected(node: Node, wanted: Kind) -> QueryError:
    return QueryError(f"this is a {kind_of(node)}", f"write a {wanted} here")
