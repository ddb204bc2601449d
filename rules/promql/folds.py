"""How each generation of Prometheus sums and averages, to the last bit; the order of the values counts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from math import isfinite, isinf, nan
from operator import add

from rules.promql.sums import kahan, mean, spread, total

Fold = Callable[[Sequence[float]], float]
"""Of at least one value."""


@dataclass(frozen=True, slots=True)
class Folds:
    """The folds of one generation; the others are the same in all."""

    total: Fold
    """``sum``; ``sum_over_time`` is compensated in all generations."""
    mean: Fold
    """``avg``"""
    variance: Fold
    """``stdvar``"""
    mean_over_time: Fold
    variance_over_time: Fold
    regression_total: Fold
    """What a fitted line adds up."""


def welford(values: Sequence[float]) -> float:
    """Return the population variance of the elements."""
    middle, squares = 0.0, 0.0
    for count, value in enumerate(values, start=1):
        delta = value - middle
        middle += delta / count
        squares += delta * (value - middle)
    return squares / len(values)


def variance(values: Sequence[float]) -> float:
    """Return the population variance of the elements; NaN when one of them is infinite or NaN."""
    return welford(values) if all(map(isfinite, values)) else nan


def classic_variance(values: Sequence[float]) -> float:
    """Return the same, but 0 for a single element whatever it is."""
    return welford(values) if len(values) > 1 else 0.0


def plain_total(values: Sequence[float]) -> float:
    """Add up without compensation."""
    return reduce(add, values)  # sum() compensates, too, from Python 3.12 on


def plain_mean(values: Sequence[float]) -> float:
    """Average by a running mean without compensation."""
    result = values[0]
    for count, value in enumerate(islice(values, 1, None), start=2):
        result += value / count - result / count
    return result if isfinite(result) else _boundless_mean(values)


def running_mean(values: Sequence[float]) -> float:
    """Average by a running mean whose steps are compensated."""
    result, lost = 0.0, 0.0
    for count, value in enumerate(values, start=1):
        step = value / count - result / count
        after = result + step
        lost += (result - after) + step if abs(result) >= abs(step) else (step - after) + result
        result = after
    return result + lost if isfinite(result) else _boundless_mean(values)


def _boundless_mean(values: Sequence[float]) -> float:
    """Average what is not finite: an infinity stays whatever finite follows, and only itself goes with it."""
    result = values[0]
    for count, value in enumerate(islice(values, 1, None), start=2):
        if not isinf(result) or not (isfinite(value) or value == result):
            result += value / count - result / count
    return result


def _kahan_total(values: Iterable[float]) -> float:
    result, lost = kahan(values, 0.0, 0.0)
    return result + lost


def _bare_kahan(values: Iterable[float], result: float, lost: float) -> tuple[float, float]:
    """Continue a compensated sum that knows no infinities: what they lose is NaN."""
    result, lost = kahan(values, result, lost)
    return result, nan if isinf(result) else lost


def _bare_total(values: Iterable[float]) -> float:
    result, lost = _bare_kahan(values, 0.0, 0.0)
    return result + lost


COMPENSATED = Folds(total, mean, variance, mean, spread, _kahan_total)
"""Of Prometheus 3."""
CLASSIC = Folds(
    plain_total, plain_mean, classic_variance, running_mean, partial(spread, continue_sum=_bare_kahan), _bare_total
)
"""Of Prometheus 2, as in 2.42."""
