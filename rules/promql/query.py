"""A compiled query: what it asks, what it reads, and its answer on a view."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from medic.core.samples import Labels
from rules.labelsets import BARE, LabelSet
from rules.promql.budget import Budget
from rules.promql.compilation import Compiler
from rules.promql.errors import EvaluationError, QueryError
from rules.promql.folds import CLASSIC, COMPENSATED
from rules.promql.frame import INTERVAL_MS, Dialect, Frame, Origins, Samples, VectorOf, twins
from rules.promql.functions import is_known
from rules.promql.nodes import Binary, Call, Kind, Node, Number, Subquery, kind_of, walk
from rules.promql.notes import WARNING, Notes
from rules.promql.parse import parse
from rules.promql.parts import text_of
from rules.promql.reach import Reach, longest, reaches
from rules.promql.values import Matrix, Row, Scalar, Text, Value, Vector, VectorSample
from rules.promql.writing import write
from rules.views import View

UNSORTED = f"{WARNING}sort is ineffective for range queries since results are always ordered by labels"


NO_SAMPLES = "the result is neither a vector nor a scalar: remove the range, or put a function around it"


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
        self._sample = _sampler(node, dialect)
        self._evaluate = _evaluator(node, self._sample, dialect)
        self._may_mix = self.is_open and not dialect.doom_names
        self.has_origins = self._may_mix and any(isinstance(one, Subquery) for one in walk(node))
        """Whether its frames remember something, so that no other query may have them."""
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

    def samples(self, frame: Frame) -> Samples:
        """Evaluate the query as a rule does, to which a number is an element without labels; raises as ``at`` does.

        A frame can serve all queries of its dialect, one after the other, but not those that have origins.
        """
        try:
            return self._sample(frame)
        except RecursionError:
            raise _too_deep() from None

    def frame(self, view: View, at_ms: int, budget: Budget | None = None) -> Frame:
        """Return where and when ``samples`` is to be evaluated."""
        return Frame(view, at_ms, at_ms, at_ms, self.dialect, None, budget, self._origins())

    def at(self, view: View, at_ms: int, budget: Budget | None = None) -> Value:
        """Evaluate the query on *view* at *at_ms*; raises EvaluationError when the data do not fit it.

        It does so, too, where the query would read more, or take longer, than *budget* allows.
        """
        return self._guarded(self.frame(view, at_ms, budget))

    def answer(self, view: View, at_ms: int, budget: Budget | None = None) -> Answer:
        """Evaluate the query as ``at`` does, and return the annotations, too."""
        notes = Notes()
        value = self._guarded(Frame(view, at_ms, at_ms, at_ms, self.dialect, notes, budget, self._origins()))
        return Answer(value, notes.written(self.text, self.root))

    def over(self, view: View, times: range, budget: Budget | None = None) -> Answer:
        """Evaluate the query at each of *times* (milliseconds) and return a matrix, sorted by labels.

        Only vectors and scalars can be asked over time; raises QueryError for the others.
        """
        if self.kind not in {Kind.VECTOR, Kind.SCALAR}:
            raise QueryError(f"a {self.kind} has no value at one time", "ask a range query for a vector or a scalar")
        found: dict[tuple[tuple[str, str], ...], list[tuple[int, float]]] = {}
        notes = Notes()
        for sorting in _sorting(self.root):
            notes.add(UNSORTED, sorting)
        origins: Origins | None = {} if self._may_mix else None
        for at in times:
            if budget is not None:
                budget.check()
            value = self._guarded(Frame(view, at, times[0], times[-1], self.dialect, notes, budget, origins))
            samples = value.samples if isinstance(value, Vector) else ()
            pairs = [((), value.value)] if isinstance(value, Scalar) else samples
            if budget is not None:
                budget.keep(len(pairs))
            for labels, number in pairs:
                found.setdefault(labels, []).append((at, number))
        rows = tuple(Row(labels, tuple(found[labels])) for labels in sorted(found))
        return Answer(Matrix(rows), notes.written(self.text, self.root))

    def _origins(self) -> Origins | None:
        """Return a memory for one instant; it is needed where a subquery evaluates at many times."""
        return {} if self.has_origins else None

    def _guarded(self, frame: Frame) -> Value:
        try:
            return self._evaluate(frame)
        except RecursionError:
            raise _too_deep() from None


def _too_deep() -> EvaluationError:
    return EvaluationError("the query is nested too deep: record a part of it under its own name")


def compile_query(
    text: str,
    *,
    compat: Compat = Compat.PROMETHEUS_3,
    delayed_names: bool = False,
    step_ms: int = INTERVAL_MS,
) -> Query:
    """Compile *text*; raises QueryError, naming the place or the construct and what to write instead.

    *delayed_names* keeps metric names until the query ends, as Prometheus does behind a feature flag. *step_ms* is the
    step of subqueries that name none.
    """
    old = compat is Compat.PROMETHEUS_2
    try:
        node = parse(text, dot_all=not old, known=is_known)
        return Query(text, node, _dialect(step_ms, old=old, delayed_names=delayed_names))
    except RecursionError:
        raise QueryError("the query is nested too deep", "record a part of it under its own name") from None


@lru_cache  # so that queries of one dialect can share their frames
def _dialect(step_ms: int, *, old: bool, delayed_names: bool) -> Dialect:
    return Dialect(
        closed=old,
        zero_first=old,
        folds=CLASSIC if old else COMPENSATED,
        named_atan2=old,
        filters_first=old,
        doom_names=delayed_names,
        step_ms=step_ms,
    )


def _sampler(node: Node, dialect: Dialect) -> VectorOf:
    """Return what evaluates *node* to samples; of a range or a text there are none."""
    kind, compiler = kind_of(node), Compiler(dialect)
    if kind is Kind.VECTOR:
        vector = compiler.vector(node)
        return (lambda frame: _bared(vector(frame), frame)) if dialect.doom_names else vector
    if kind is Kind.SCALAR:
        scalar = compiler.scalar(node)
        return lambda frame: {frame.catalog.empty: scalar(frame)}

    def refuse(_: Frame) -> Samples:
        raise EvaluationError(NO_SAMPLES)

    return refuse


def _evaluator(node: Node, samples_of: VectorOf, dialect: Dialect) -> Callable[[Frame], Value]:
    kind = kind_of(node)
    if kind is Kind.TEXT:
        text = Text(text_of(node))
        return lambda _: text
    if kind is Kind.SCALAR:
        return lambda frame: Scalar(samples_of(frame)[frame.catalog.empty], frame.at_ms)
    if kind is Kind.MATRIX:
        windows = Compiler(dialect).windows(node)
        return lambda frame: Matrix(
            tuple(
                Row(_kept(labels), tuple(zip(points.times, points.values, strict=True)))
                for labels, points in windows.points(frame)
            )
        )
    return lambda frame: Vector(
        tuple([VectorSample(labels.pairs, value) for labels, value in samples_of(frame).items()]), frame.at_ms
    )


def _bared(samples: Samples, frame: Frame) -> Samples:
    """Drop the names that were doomed on the way."""
    bare = {frame.catalog.intern(_kept(labels)): value for labels, value in samples.items()}
    if len(bare) != len(samples):
        raise twins()
    return bare


def _kept(labels: LabelSet) -> Labels:
    """Return what is left of *labels* at the end of a query: not a name that was doomed on the way."""
    return BARE.apply(labels.pairs) if labels.doomed else labels.pairs


def _sorting(node: Node) -> list[Node]:
    return [one for one in walk(node) if isinstance(one, Call) and one.name.startswith("sort")]


def _split(node: Node) -> tuple[Node, Node] | None:
    """Split ``condition and expr >= number`` into condition and minimum; None when *node* is not of that shape."""
    if not isinstance(node, Binary) or node.op != "and" or not isinstance(node.right, Binary):
        return None
    right = node.right
    bounded = right.op in {">=", ">"} and isinstance(right.right, Number)
    mirrored = right.op in {"<=", "<"} and isinstance(right.left, Number)
    return (node.left, right) if (bounded or mirrored) and not right.as_bool else None
