"""The tree of a query: our own frozen nodes, whatever parser made them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.postings import Matcher


class Kind(StrEnum):
    """The type of an expression, in PromQL's words."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    MATRIX = "range vector"
    TEXT = "string"


class Edge(StrEnum):
    """The two ends of a range query that ``@`` can name; of an instant query both are its time."""

    START = "start()"
    END = "end()"


@dataclass(frozen=True, slots=True)
class Shift:
    """When a selector looks: at a fixed moment or at the time of evaluation, moved back by the offset."""

    offset_ms: int = 0
    at: int | Edge | None = None
    """Milliseconds since the epoch, an end of the query, or None for the time of evaluation."""


NOW = Shift()
"""The time of evaluation; nearly every selector has it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A string literal."""

    text: str


@dataclass(frozen=True, slots=True)
class Selector:
    """An instant vector selector; the metric name is one of its matchers."""

    matchers: tuple[Matcher, ...]
    shift: Shift


@dataclass(frozen=True, slots=True)
class Window:
    """A range vector selector."""

    selector: Selector
    range_ms: int


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query evaluated on a grid of times, as a range vector."""

    expr: "Node"
    range_ms: int
    step_ms: int | None
    """None means the evaluation interval."""
    shift: Shift


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    expr: "Node"


class Cardinality(StrEnum):
    """How many elements of each side may match one of the other."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class Matching:
    """How the elements of two vectors find each other."""

    cardinality: Cardinality = Cardinality.ONE_TO_ONE
    on: bool = False
    """Whether *labels* are the ones to match on, or the ones to ignore."""
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    """Labels that the result takes from the "one" side."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions joined by an operator."""

    op: str
    left: "Node"
    right: "Node"
    matching: Matching
    as_bool: bool = False


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A vector folded by groups."""

    op: str
    expr: "Node"
    parameter: "Node | None"
    without: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    args: tuple["Node", ...]
    kind: Kind


Node = Number | String | Selector | Window | Subquery | Negation | Binary | Aggregation | Call

KINDS: dict[type, Kind] = {
    Number: Kind.SCALAR,
    String: Kind.TEXT,
    Selector: Kind.VECTOR,
    Window: Kind.MATRIX,
    Subquery: Kind.MATRIX,
    Aggregation: Kind.VECTOR,
}


def kind_of(node: Node) -> Kind:
    """Return the type of what *node* evaluates to."""
    match node:
        case Call():
            return node.kind
        case Negation():
            return kind_of(node.expr)
        case Binary():
            both = (kind_of(node.left), kind_of(node.right))
            return Kind.SCALAR if both == (Kind.SCALAR, Kind.SCALAR) else Kind.VECTOR
        case _:
            return KINDS[type(node)]


def children(node: Node) -> tuple[Node, ...]:
    """Return the expressions directly below *node*, in reading order."""
    match node:
        case Window():
            return (node.selector,)
        case Subquery() | Negation():
            return (node.expr,)
        case Binary():
            return (node.left, node.right)
        case Aggregation():
            return (node.expr,) if node.parameter is None else (node.parameter, node.expr)
        case Call():
            return node.args
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield *node* and all that is below it."""
    yield node
    for child in children(node):
        yield from walk(child)
