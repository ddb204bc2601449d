"""Fixing a query to one time with ``@``, so that it must give the same whenever it is asked."""

from dataclasses import replace

from rules.promql import Query
from rules.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Kind,
    Negation,
    Node,
    Selector,
    Shift,
    Subquery,
    Window,
    walk,
)

BY_TIME = frozenset((
    "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "predict_linear", "time",
    "timestamp", "year",
))  # fmt: skip
"""Functions that read the time of evaluation."""


def pinned(query: Query, at_ms: int) -> Query | None:
    """Return *query* with ``@`` at each selector that has no fixed time; None where the evaluation's still shows."""
    if any(isinstance(one, Call) and one.name in BY_TIME for one in walk(query.root)) or query.kind is Kind.MATRIX:
        return None
    return Query(query.text, _pinned(query.root, at_ms), query.dialect)


def _pinned(node: Node, at_ms: int) -> Node:  # noqa: PLR0911 - one case a node
    match node:
        case Selector():
            return replace(node, shift=_fixed(node.shift, at_ms))
        case Window():
            return replace(node, selector=replace(node.selector, shift=_fixed(node.selector.shift, at_ms)))
        case Subquery():  # what is inside goes with the subquery's own time
            return replace(node, shift=_fixed(node.shift, at_ms))
        case Negation():
            return replace(node, expr=_pinned(node.expr, at_ms))
        case Binary():
            return replace(node, left=_pinned(node.left, at_ms), right=_pinned(node.right, at_ms))
        case Aggregation():
            parameter = node.parameter if node.parameter is None else _pinned(node.parameter, at_ms)
            return replace(node, expr=_pinned(node.expr, at_ms), parameter=parameter)
        case Call():
            return replace(node, args=tuple(_pinned(one, at_ms) for one in node.args))
        case _:
            return node


def _fixed(shift: Shift, at_ms: int) -> Shift:
    return shift if isinstance(shift.at, int) else replace(shift, at=at_ms)
