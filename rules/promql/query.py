"""A compiled query: what it asks, what it reads, and its answer on a view."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rules.labelsets import NAME
from rules.promql.compilation import Compiler
from rules.promql.errors import EvaluationError, QueryError
from rules.promql.frame import Dialect, Frame, Samples, twins
from rules.promql.functions import is_known
from rules.promql.nodes import Binary, Call, Kind, Node, Number, kind_of, walk
from rules.promql.parse import parse
from rules.promql.parts import text_of
from rules.promql.reach import Reach, longest, reaches
from rules.promql.values import Matrix, Row, Scalar, Text, Value, Vector, VectorSample
from rules.promql.writing import write
from rules.views import View

UNSORTED = "PromQL warning: sort is ineffective for range queries since results are always ordered by labels"


class Compat(StrEnum):
    """Whose semantics a query has."""

    PROMETHEUS_2 = "prometheus-2"
    PROMETHEUS_3 = "prometheus-3"


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, and what Prometheus would annotate it with."""

    value: Value
    notes: tuple[str, ...]


class Query:
    """A compiled query; build one with ``compile_query``. It can be evaluated by several threads."""

    def __init__(self, text: str, node: Node, dialect: Dialect) -> None:
        """Compile *node*, which was parsed from *text*."""
        self.text = text
        self.root = node
        self.dialect = dialect
        self.kind = kind_of(node)
        self.reaches: tuple[Reach, ...] = tuple(reaches(node))
        """All selectors in the query, with how far back each reads."""
        self._evaluate = _evaluator(node)
        condition = _split(node)
        self.minimum = Query(write(condition[1]), condition[1], dialect) if condition else None
        """The right side of ``condition and count >= number``: how much must have been seen to judge at all."""
        self.condition_text = write(condition[0]) if condition else text
        """The query without its minimum, for people."""

    @property
    def names(self) -> frozenset[str]:
        """The metric names that the query selects; selectors without one are told by ``is_open``."""
        return frozenset(reach.name for reach in self.reaches if reach.name)

    @property
    def is_open(self) -> bool:
        """Whether a selector could match any metric, since it names none."""
        return any(not reach.name for reach in self.reaches)

    @property
    def range_ms(self) -> int:
        """How far back the query reads, offsets included."""
        return longest(self.reaches)

    @property
    def windows(self) -> tuple[Reach, ...]:
        """The selectors whose result is only good once their window is filled."""
        return tuple(reach for reach in self.reaches if reach.window)

    def at(self, view: View, at_ms: int) -> Value:
        """Evaluate the query on *view* at *at_ms*; raises EvaluationError when the data do not fit it."""
        return self._guarded(Frame(view, at_ms, at_ms, at_ms, self.dialect, {}))

    def answer(self, view: View, at_ms: int) -> Answer:
        """Evaluate the query as ``at`` does, and return the annotations, too."""
        frame = Frame(view, at_ms, at_ms, at_ms, self.dialect, {})
        return Answer(self._guarded(frame), tuple(frame.notes))

    def over(self, view: View, times: range) -> Answer:
        """Evaluate the query at each of *times* (milliseconds) and return a matrix, sorted by labels.

        Only vectors and scalars can be asked over time; raises QueryError for the others.
        """
        if self.kind not in {Kind.VECTOR, Kind.SCALAR}:
            raise QueryError(f"a {self.kind} has no value at one time", "ask a range query for a vector or a scalar")
        found: dict[tuple[tuple[str, str], ...], list[tuple[int, float]]] = {}
        notes: dict[str, None] = dict.fromkeys((UNSORTED,)) if _sorts(self.root) else {}
        for at in times:
            value = self._guarded(Frame(view, at, times[0], times[-1], self.dialect, notes))
            samples = value.samples if isinstance(value, Vector) else ()
            pairs = [((), value.value)] if isinstance(value, Scalar) else samples
            for labels, number in pairs:
                found.setdefault(labels, []).append((at, number))
        return Answer(Matrix(tuple(Row(labels, tuple(found[labels])) for labels in sorted(found))), tuple(notes))

    def _guarded(self, frame: Frame) -> Value:
        try:
            return self._evaluate(frame)
        except RecursionError:
            raise EvaluationError("the query is nested too deep: record a part of it under its own name") from None


def compile_query(text: str, *, compat: Compat = Compat.PROMETHEUS_3, delayed_names: bool = False) -> Query:
    """Compile *text*; raises QueryError, naming the place or the construct and what to write instead.

    *delayed_names* keeps metric names until the query ends, as Prometheus does behind a feature flag.
    """
    old = compat is Compat.PROMETHEUS_2
    try:
        node = parse(text, dot_all=not old, known=is_known)
        return Query(text, node, Dialect(closed=old, zero_first=old, doom_names=delayed_names))
    except RecursionError:
        raise QueryError("the query is nested too deep", "record a part of it under its own name") from None


def _evaluator(node: Node) -> Callable[[Frame], Value]:
    kind, compiler = kind_of(node), Compiler()
    if kind is Kind.TEXT:
        text = Text(text_of(node))
        return lambda _: text
    if kind is Kind.SCALAR:
        scalar = compiler.scalar(node)
        return lambda frame: Scalar(scalar(frame), frame.at_ms)
    if kind is Kind.MATRIX:
        windows = compiler.windows(node)
        return lambda frame: Matrix(
            tuple(
                Row(labels.pairs, tuple(zip(points.times, points.values, strict=True)))
                for labels, points in windows.points(frame)
            )
        )
    vector = compiler.vector(node)
    return lambda frame: Vector(_finished(vector(frame), frame), frame.at_ms)


def _finished(samples: Samples, frame: Frame) -> tuple[VectorSample, ...]:
    """Drop the names that were doomed on the way."""
    if frame.dialect.doom_names:
        bare = {}
        for labels, value in samples.items():
            pairs = tuple(pair for pair in labels.pairs if pair[0] != NAME) if labels.doomed else labels.pairs
            bare[pairs] = value
        if len(bare) != len(samples):
            raise twins()
        return tuple(map(VectorSample._make, bare.items()))
    return tuple(VectorSample(labels.pairs, value) for labels, value in samples.items())


def _sorts(node: Node) -> bool:
    return any(isinstance(one, Call) and one.name.startswith("sort") for one in walk(node))


def _split(node: Node) -> tuple[Node, Node] | None:
    """Split ``condition and expr >= number`` into condition and minimum; None when *node* is not of that shape."""
    if not isinstance(node, Binary) or node.op != "and" or not isinstance(node.right, Binary):
        return None
    right = node.right
    bounded = right.op in {">=", ">"} and isinstance(right.right, Number)
    mirrored = right.op in {"<=", "<"} and isinstance(right.left, Number)
    return (node.left, right) if (bounded or mirrored) and not right.as_bool else None
