"""Functions that fold one series' window into one number."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from math import isinf, isnan, nan

from rules.blocks import Points
from rules.labelsets import LabelSet
from rules.promql.folds import Fold, Folds
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.literals import show_general
from rules.promql.mathematics import root
from rules.promql.nodes import Node
from rules.promql.notes import WARNING
from rules.promql.parts import CompileVector, Parts
from rules.promql.rates import AT_LEAST, idelta, irate
from rules.promql.sums import greatest, least, quantile, total

Reducer = Callable[[Points], float | None]


def changes(points: Points) -> float:
    """Count how often the value changed; NaN after NaN is no change."""
    values = points.values
    return float(sum(before != after and not (isnan(before) and isnan(after)) for before, after in pairwise(values)))


def regression(points: Points, at_ms: int, add_up: Fold) -> tuple[float, float]:
    """Fit a line by least squares; returns its slope per second and its value at *at_ms*."""
    first = points.values[0]
    if all(value == first for value in points.values):
        return (nan, nan) if isinf(first) else (0.0, first)
    xs = [(time - at_ms) / 1000 for time in points.times]
    count = len(xs)
    sum_x, sum_y = add_up(xs), add_up(points.values)
    sum_xy = add_up([x * y for x, y in zip(xs, points.values, strict=True)])
    sum_xx = add_up([x * x for x in xs])
    slope = (sum_xy - sum_x * sum_y / count) / (sum_xx - sum_x * sum_x / count)
    return slope, sum_y / count - slope * sum_x / count


def _deriv(folds: Folds) -> Reducer:
    """Return the function that gives the slope per second of the fitted line."""
    add_up = folds.regression_total
    return lambda points: regression(points, points.times[0], add_up)[0] if len(points.values) >= AT_LEAST else None


REDUCERS: dict[str, Reducer] = {
    "changes": changes,
    "count_over_time": lambda points: float(len(points.values)),
    "idelta": idelta,
    "irate": irate,
    "last_over_time": lambda points: points.values[-1],
    "max_over_time": lambda points: greatest(points.values),
    "min_over_time": lambda points: least(points.values),
    "present_over_time": lambda _: 1.0,
    "sum_over_time": lambda points: total(points.values),
}
ROUNDING: dict[str, Callable[[Folds], Reducer]] = {
    "avg_over_time": lambda folds: lambda points: folds.mean_over_time(points.values),
    "deriv": _deriv,
    "stddev_over_time": lambda folds: lambda points: root(folds.variance_over_time(points.values)),
    "stdvar_over_time": lambda folds: lambda points: folds.variance_over_time(points.values),
}
"""Those that each generation of Prometheus rounds in its own way."""
KEEP_NAME = frozenset(("last_over_time",))


def collect(frame: Frame, pairs: Iterable[tuple[LabelSet, float | None]], *, keep: bool = False) -> Samples:
    """Gather results, without names unless *keep*; raises EvaluationError when two series become one."""
    found: Samples = {}
    for labels, value in pairs:
        if value is not None:
            key = labels if keep else frame.nameless(labels)
            if key in found:
                raise twins()
            found[key] = value
    return found


def compile_reducer(name: str) -> CompileVector:
    """Return the compiler of the function *name*, which folds the points of each series."""
    keep = name in KEEP_NAME

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        windows = parts.windows(args[0])
        fold = ROUNDING[name](parts.dialect.folds) if name in ROUNDING else REDUCERS[name]
        return lambda frame: collect(
            frame, ((labels, fold(points)) for labels, points in windows.points(frame)), keep=keep
        )

    return compile_call


def compile_resets(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``resets()``: how often the value fell."""
    windows = parts.windows(args[0])
    return lambda frame: collect(frame, ((labels, float(len(span.fallen))) for labels, span in windows.spans(frame)))


def compile_quantile(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``quantile_over_time(share, range)``."""
    share_of, windows = parts.scalar(args[0]), parts.windows(args[1])

    def evaluate(frame: Frame) -> Samples:
        share = checked_share(frame, share_of(frame), args[0])
        return collect(frame, ((labels, quantile(share, points.values)) for labels, points in windows.points(frame)))

    return evaluate


def compile_predict(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``predict_linear(range, seconds)``: the fitted line's value that long after the evaluation."""
    windows, ahead_of, add_up = parts.windows(args[0]), parts.scalar(args[1]), parts.dialect.folds.regression_total

    def evaluate(frame: Frame) -> Samples:
        ahead = ahead_of(frame)

        def predict(points: Points) -> float | None:
            if len(points.values) < AT_LEAST:
                return None
            slope, value = regression(points, frame.at_ms, add_up)
            return slope * ahead + value

        return collect(frame, ((labels, predict(points)) for labels, points in windows.points(frame)))

    return evaluate


def checked_share(frame: Frame, share: float, about: Node) -> float:
    """Annotate the answer when *share* is no quantile, as Prometheus does."""
    if not 0 <= share <= 1:
        frame.note(f"{WARNING}quantile value should be between 0 and 1, got {show_general(share)}", about)
    return share


OVER_TIME: dict[str, CompileVector] = {
    **{name: compile_reducer(name) for name in (*REDUCERS, *ROUNDING)},
    "predict_linear": compile_predict,
    "quantile_over_time": compile_quantile,
    "resets": compile_resets,
}
