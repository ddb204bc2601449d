"""Operators between two expressions, of which at least one may be a number."""

from collections.abc import Callable
from itertools import repeat

from rules.promql.arithmetic import ARITHMETIC, COMPARISONS, Operator
from rules.promql.bulk import Bulk, RowsOf, kept, nameless
from rules.promql.failing import can_fail
from rules.promql.frame import Frame, Samples, ScalarOf, VectorOf
from rules.promql.matching import compile_matching
from rules.promql.nodes import Binary, Kind, Node, Number, kind_of
from rules.promql.parts import Parts
from rules.promql.sets import SETS
from rules.rosters import Rows


def compile_binary_scalar(parts: Parts, node: Binary) -> ScalarOf:
    """Compile an operator between two numbers; a comparison gives 0 or 1."""
    left, right = parts.scalar(node.left), parts.scalar(node.right)
    if node.op in COMPARISONS:
        compare = COMPARISONS[node.op]
        return lambda frame: float(compare(left(frame), right(frame)))
    operate = ARITHMETIC[node.op]
    return lambda frame: operate(left(frame), right(frame))


def compile_binary_vector(parts: Parts, node: Binary) -> VectorOf:
    """Compile an operator of which at least one side is a vector."""
    if kind_of(node.right) is Kind.SCALAR:
        return _with_number(parts, node, node.left, node.right, swapped=False)
    if kind_of(node.left) is Kind.SCALAR:
        return _with_number(parts, node, node.right, node.left, swapped=True)
    left, right = parts.vector(node.left), parts.vector(node.right)
    if node.op in SETS:
        return SETS[node.op](node.matching, left, right, always=can_fail(node.right))
    return compile_matching(node, left, right, parts.dialect)


def _with_number(parts: Parts, node: Binary, many: Node, one: Node, *, swapped: bool) -> VectorOf:
    vector, number = parts.vector(many), parts.scalar(one)
    if node.op in COMPARISONS and not node.as_bool:
        return _filter(vector, COMPARISONS[MIRRORED[node.op] if swapped else node.op], number, one)
    operate = ARITHMETIC.get(node.op) or COMPARISONS[node.op]
    if parts.dialect.keeps_name(node.op):
        return _named(operate, vector, number, swapped=swapped)
    if isinstance(vector, Bulk):
        return Bulk(_operating(operate, vector.rows, number, swapped=swapped))

    def evaluate(frame: Frame) -> Samples:
        limit = number(frame)
        if swapped:
            return frame.mapped(vector(frame), lambda value: float(operate(limit, value)))
        return frame.mapped(vector(frame), lambda value: float(operate(value, limit)))

    return evaluate


def _named(operate: Operator, vector: VectorOf, number: ScalarOf, *, swapped: bool) -> VectorOf:
    def evaluate(frame: Frame) -> Samples:
        samples, limit = vector(frame), number(frame)
        if swapped:
            return {labels: operate(limit, value) for labels, value in samples.items()}
        return {labels: operate(value, limit) for labels, value in samples.items()}

    return evaluate


def _operating(operate: Operator, rows: RowsOf, number: ScalarOf, *, swapped: bool) -> RowsOf:
    """Apply an operator in bulk."""

    def evaluate(frame: Frame) -> Rows:
        limit = repeat(number(frame))
        found: Rows = []
        for roster, values in rows(frame):
            sides = (limit, values) if swapped else (values, limit)
            found.append((roster, list(map(float, map(operate, *sides)))))
        return nameless(frame, found)

    return evaluate


MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


Compare = Callable[[float, float], bool]


class Filter:
    """A compiled comparison in bulk with a number."""

    __slots__ = ("_compare", "_limit", "_rows")

    def __init__(self, rows: RowsOf, compare: Compare, limit: ScalarOf | float) -> None:
        """Keep of *rows* what compares."""
        self._rows, self._compare, self._limit = rows, compare, limit

    def samples(self, frame: Frame) -> Samples:
        """Evaluate it."""
        rows, limit = self._rows(frame), self._limit
        return kept(rows, self._compare, limit if isinstance(limit, float) else limit(frame))


def _filter(vector: VectorOf, compare: Compare, number: ScalarOf, about: Node) -> VectorOf:
    """Keep the elements that compare with a *number*, which is written *about* in the query; names stay."""
    if isinstance(vector, Bulk):
        return Filter(vector.rows, compare, about.value if isinstance(about, Number) else number).samples

    def evaluate(frame: Frame) -> Samples:
        limit = number(frame)
        return {labels: value for labels, value in vector(frame).items() if compare(value, limit)}

    return evaluate
