"""The functions of PromQL, each by its name and how it is compiled."""

from collections.abc import Callable
from dataclasses import replace
from math import isnan, nan, pi

from rules.labelsets import NAME
from rules.postings import Match
from rules.promql.dates import FIELDS, compile_date
from rules.promql.frame import Frame, Samples, VectorOf
from rules.promql.histograms import compile_fraction, compile_quantile
from rules.promql.labelling import compile_join, compile_replace
from rules.promql.mathematics import NUMERIC, lower_bounded, round_to, upper_bounded
from rules.promql.nodes import Node, Selector, Shift, Window
from rules.promql.parts import CompileScalar, CompileVector, Parts
from rules.promql.rates import RATES
from rules.promql.reducers import KEEP_NAME, OVER_TIME
from rules.promql.selectors import compile_moments
from rules.promql.watching import apart, suspecting


def compile_numeric(name: str) -> CompileVector:
    """Return the compiler of a function that is applied to each value."""
    function = NUMERIC[name]

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        vector = parts.vector(args[0])
        return lambda frame: frame.mapped(vector(frame), function)

    return compile_call


def _with_number(function: Callable[[float, float], float], default: float | None = None) -> CompileVector:
    """Return the compiler of a function of each value and one number, which may have a *default*."""

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        vector = parts.vector(args[0])
        number_of = parts.scalar(args[1]) if len(args) > 1 else lambda _: default or 0.0

        def evaluate(frame: Frame) -> Samples:
            number = number_of(frame)
            return frame.mapped(vector(frame), lambda value: function(value, number))

        return evaluate

    return compile_call


def compile_clamp(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``clamp(v, min, max)``: empty when min is above max."""
    vector, low_of, high_of = parts.vector(args[0]), parts.scalar(args[1]), parts.scalar(args[2])

    def evaluate(frame: Frame) -> Samples:
        samples, low, high = vector(frame), low_of(frame), high_of(frame)
        if low > high:
            return {}
        return frame.mapped(samples, lambda value: lower_bounded(upper_bounded(value, high), low))

    return evaluate


def compile_timestamp(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``timestamp(v)``: of a selector the times of its samples, of anything else the time of evaluation."""
    node = args[0]
    if isinstance(node, Selector):
        # Prometheus forgets the offset here when there is an @; rules must mean the same
        return compile_moments(node if node.shift.at is None else replace(node, shift=Shift(at=node.shift.at)))
    vector = parts.vector(node)
    return lambda frame: frame.mapped(vector(frame), lambda _: frame.at_ms / 1000)


def _sorting(sign: float) -> CompileVector:
    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        vector = parts.vector(args[0])

        def evaluate(frame: Frame) -> Samples:
            rows = vector(frame).items()
            return dict(sorted(rows, key=lambda row: (isnan(row[1]), sign * row[1])))

        return evaluate

    return compile_call


def _absent_labels(node: Node) -> dict[str, str]:
    """Return what the matchers of a selector say about the series that is missing.

    An equality counts until its label is named again, as in Prometheus, where one behind another matcher counts.
    """
    selector = node.selector if isinstance(node, Window) else node
    if not isinstance(selector, Selector):
        return {}
    known: dict[str, str] = {}
    settled: set[str] = {NAME}
    for one in selector.matchers:
        if one.match is Match.EQUAL and one.name not in settled:
            known[one.name] = one.value
            settled.add(one.name)
        else:
            known.pop(one.name, None)
    return known


def compile_absent(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``absent(v)``: 1 when there is nothing."""
    vector, known = parts.vector(args[0]), _absent_labels(args[0])
    return lambda frame: {} if vector(frame) else {frame.catalog.rewrite(frame.catalog.empty, known): 1.0}


def compile_absent_over_time(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``absent_over_time(v)``: 1 when no series has a sample in the window."""
    windows, known = parts.windows(args[0]), _absent_labels(args[0])

    def evaluate(frame: Frame) -> Samples:
        if any(True for _ in windows.spans(frame)):
            return {}
        return {frame.catalog.rewrite(frame.catalog.empty, known): 1.0}

    return evaluate


def compile_vector(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``vector(number)``."""
    number_of = parts.scalar(args[0])
    return lambda frame: {frame.catalog.empty: number_of(frame)}


def compile_scalar(parts: Parts, args: tuple[Node, ...]) -> Callable[[Frame], float]:
    """Compile ``scalar(v)``: the value of the only element, NaN unless there is exactly one."""
    vector = parts.vector(args[0])

    def evaluate(frame: Frame) -> float:
        values = list(vector(frame).values())
        return values[0] if len(values) == 1 else nan

    return evaluate


VECTOR_FUNCTIONS: dict[str, CompileVector] = {
    **{name: compile_numeric(name) for name in NUMERIC},
    **{name: compile_date(name) for name in FIELDS},
    **{
        name: apart(name, compile_call)
        for name, compile_call in {**OVER_TIME, **RATES}.items()
        if name not in KEEP_NAME
    },
    "last_over_time": OVER_TIME["last_over_time"],
    "absent": compile_absent,
    "absent_over_time": compile_absent_over_time,
    "clamp": compile_clamp,
    "clamp_max": _with_number(upper_bounded),
    "clamp_min": _with_number(lower_bounded),
    "histogram_fraction": compile_fraction,
    "histogram_quantile": compile_quantile,
    "increase": apart("increase", suspecting(RATES["increase"])),
    "label_join": compile_join,
    "label_replace": compile_replace,
    "rate": apart("rate", suspecting(RATES["rate"])),
    "round": _with_number(round_to, default=1.0),
    "sort": _sorting(1.0),
    "sort_desc": _sorting(-1.0),
    "timestamp": compile_timestamp,
    "vector": compile_vector,
}
SCALAR_FUNCTIONS: dict[str, CompileScalar] = {
    "pi": lambda _parts, _args: lambda _: pi,
    "scalar": compile_scalar,
    "time": lambda _parts, _args: lambda frame: frame.at_ms / 1000,
}


def is_known(name: str) -> bool:
    """Tell whether the function *name* is supported."""
    return name in VECTOR_FUNCTIONS or name in SCALAR_FUNCTIONS
