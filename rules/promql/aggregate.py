"""Aggregations: folding the elements of each group into one, or choosing among them."""

from collections.abc import Callable
from math import isnan

from medic.core.samples import Labels
from rules.labelsets import NAME, LabelSet, Projection, dropping, keeping
from rules.promql.bulk import groups_of
from rules.promql.errors import EvaluationError, QueryError
from rules.promql.folds import Fold, Folds
from rules.promql.frame import Frame, Samples, ScalarOf, VectorOf
from rules.promql.literals import quote, show_general, show_number
from rules.promql.mathematics import root
from rules.promql.nodes import Aggregation, Node
from rules.promql.parse import is_label_name
from rules.promql.parts import Parts, text_of
from rules.promql.reducers import checked_share
from rules.promql.sums import greatest, least, quantile

LARGEST_COUNT = 2.0**63


FOLDS: dict[str, Callable[[Folds], Fold]] = {
    "avg": lambda folds: folds.mean,
    "count": lambda _: lambda values: float(len(values)),
    "group": lambda _: lambda _: 1.0,
    "max": lambda _: greatest,
    "min": lambda _: least,
    "stddev": lambda folds: lambda values: root(folds.variance(values)),
    "stdvar": lambda folds: folds.variance,
    "sum": lambda folds: folds.total,
}
"""By generation of Prometheus."""


def compile_aggregation(parts: Parts, node: Aggregation) -> VectorOf:
    """Compile an aggregation; raises QueryError for one that is not supported."""
    vector = parts.vector(node.expr)
    if node.op in FOLDS:
        return _folding(vector, FOLDS[node.op](parts.dialect.folds), _grouping(node))
    if node.parameter is None:
        raise QueryError(f"{node.op} needs a parameter", f"write {node.op}(parameter, vector)")
    if node.op in {"topk", "bottomk"}:
        return _choosing(vector, parts.scalar(node.parameter), _grouping(node), largest=node.op == "topk")
    if node.op == "quantile":
        return _quantile(vector, node.parameter, parts.scalar(node.parameter), _grouping(node))
    if node.op == "count_values":
        return _counting(vector, text_of(node.parameter), node)
    raise QueryError(f"the aggregation {node.op} is not supported", "use one that Prometheus has without feature flags")


def _grouping(node: Aggregation) -> Projection | None:
    """Return the projection onto a group's labels, None where all elements form one group."""
    if node.without:
        return dropping(NAME, "__type__", "__unit__", *node.labels)
    return keeping(*node.labels) if node.labels else None


def _folding(vector: VectorOf, fold: Fold, projection: Projection | None) -> VectorOf:
    groups = groups_of(vector, projection)
    return lambda frame: {labels: fold(values) for labels, values in groups(frame).items()}


def _quantile(vector: VectorOf, parameter: Node, share_of: ScalarOf, projection: Projection | None) -> VectorOf:
    groups = groups_of(vector, projection)

    def evaluate(frame: Frame) -> Samples:
        share = checked_share(frame, share_of(frame), parameter)
        return {labels: quantile(share, values) for labels, values in groups(frame).items()}

    return evaluate


def _choosing(vector: VectorOf, limit_of: ScalarOf, projection: Projection | None, *, largest: bool) -> VectorOf:
    """Keep the *limit* largest or smallest elements of each group, with all their labels, in order; NaN comes last."""
    sign = -1.0 if largest else 1.0

    def evaluate(frame: Frame) -> Samples:
        limit = _checked_limit(limit_of(frame))
        samples = vector(frame)
        count = int(max(0.0, min(limit, len(samples))))
        groups: dict[LabelSet, list[tuple[bool, float, LabelSet]]] = {}
        for labels, value in samples.items():
            group = frame.catalog.empty if projection is None else frame.catalog.project(labels, projection)
            groups.setdefault(group, []).append((isnan(value), sign * value, labels))
        chosen = [one for rows in groups.values() for one in sorted(rows, key=_rank)[:count]]
        return {labels: samples[labels] for _, _, labels in chosen}

    return evaluate


def _rank(row: tuple[bool, float, LabelSet]) -> tuple[bool, float, Labels]:
    """Sort by value; equal values in the order of their labels, in which Prometheus meets them."""
    return row[0], row[1], row[2].pairs


def _checked_limit(limit: float) -> float:
    """Refuse a number of elements that is none, as Prometheus does."""
    if isnan(limit):
        raise EvaluationError("Parameter value is NaN: topk and bottomk need a number of elements")
    if abs(limit) >= LARGEST_COUNT:
        how = "overflows" if limit > 0 else "underflows"
        raise EvaluationError(f"Scalar value {show_general(limit, plain_below=21)} {how} int64: write a smaller number")
    return limit


def _counting(vector: VectorOf, label: str, node: Aggregation) -> VectorOf:
    """Count equal values; the value becomes a label of the group, over one of that name."""
    if not is_label_name(label):
        raise QueryError(f"invalid label name {quote(label)}", "write one that is UTF-8 and not empty")
    labels = node.labels if node.without else (*node.labels, label)
    projection = dropping(NAME, "__type__", "__unit__", *labels) if node.without else keeping(*labels)

    def evaluate(frame: Frame) -> Samples:
        found: Samples = {}
        for own, value in vector(frame).items():
            group = frame.catalog.project(frame.catalog.rewrite(own, {label: show_number(value)}), projection)
            found[group] = found.get(group, 0.0) + 1.0
        return found

    return evaluate
