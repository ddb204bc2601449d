"""Sums and means that lose nothing to rounding: Kahan's method as Neumaier improved it, as Prometheus does it."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import fsum, inf, isfinite, isinf, isnan, nan
from operator import add

ContinueSum = Callable[[Iterable[float], float, float], tuple[float, float]]
LARGE = 1e300


def total(values: Sequence[float]) -> float:
    """Add *values* with compensation; opposite infinities give NaN."""
    result, lost = _parted(values)
    return result if isinf(result) else result + lost


def _parted(values: Sequence[float]) -> tuple[float, float]:
    """Return what ``kahan`` returns, from C where nothing cancels."""
    plain = reduce(add, values)  # sum() compensates, too, from Python 3.12 on
    if plain < LARGE and min(values) >= 0:
        return plain, fsum((*values, -plain))
    return kahan(values, 0.0, 0.0)


def kahan(values: Iterable[float], result: float, lost: float) -> tuple[float, float]:
    """Continue a compensated sum; returns the plain sum and what rounding took from it."""
    for value in values:
        step = result + value
        if isinf(step):
            lost = 0.0
        elif abs(result) >= abs(value):
            lost += (result - step) + value
        else:
            lost += (value - step) + result
        result = step
    return result, lost


def mean(values: Sequence[float]) -> float:
    """Average *values* by their compensated sum, or, from where that overflows, by a compensated running mean."""
    result, lost = _parted(values)
    if isfinite(result):
        return result / len(values) + lost / len(values)
    return _running_mean(values)


def _running_mean(values: Sequence[float]) -> float:
    result, lost, overflowed = values[0], 0.0, False
    for count, value in enumerate(values[1:], start=2):
        if not overflowed:
            step, step_lost = kahan((value,), result, lost)
            if not isinf(step):
                result, lost = step, step_lost
                continue
            overflowed = True
            result, lost = result / (count - 1), lost / (count - 1)
        share = (count - 1) / count
        result, lost = kahan((value / count,), share * result, share * lost)
    return result + lost if overflowed else result / len(values) + lost / len(values)


def spread(values: Iterable[float], continue_sum: ContinueSum = kahan) -> float:
    """Return the population variance, by Welford's method with steps that *continue_sum* compensates."""
    count, middle, middle_lost, squares, squares_lost = 0, 0.0, 0.0, 0.0, 0.0
    for value in values:
        count += 1
        delta = value - (middle + middle_lost)
        middle, middle_lost = continue_sum((delta / count,), middle, middle_lost)
        squares, squares_lost = continue_sum((delta * (value - (middle + middle_lost)),), squares, squares_lost)
    return (squares + squares_lost) / count


def least(values: Sequence[float]) -> float:
    """Return the smallest of *values*, NaN only when all are."""
    found = min(values)  # a NaN is never smaller, so it only comes out when it is the first
    if found == found:  # noqa: PLR0124 - only a NaN differs from itself
        return found
    return min((value for value in values if value == value), default=nan)  # noqa: PLR0124 - only a NaN differs from itself


def greatest(values: Sequence[float]) -> float:
    """Return the largest of *values*, NaN only when all are."""
    found = max(values)  # a NaN is never larger, so it only comes out when it is the first
    if found == found:  # noqa: PLR0124 - only a NaN differs from itself
        return found
    return max((value for value in values if value == value), default=nan)  # noqa: PLR0124 - only a NaN differs from itself


def quantile(share: float, values: Sequence[float]) -> float:
    """Return the *share* quantile, interpolated linearly; NaN counts as the smallest value."""
    if isnan(share) or not values:
        return nan
    if not 0 <= share <= 1:
        return -inf if share < 0 else inf
    ordered = sorted(values, key=lambda value: (value == value, value))  # noqa: PLR0124 - puts NaN first
    rank = share * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    weight = rank - below
    return ordered[below] * (1 - weight) + ordered[above] * weight
