"""Classic histograms: quantiles and fractions out of cumulative ``_bucket`` series."""

from bisect import bisect_left
from collections.abc import Callable
from math import copysign, inf, isinf, isnan, nan
from typing import NamedTuple

from rules.labelsets import NAME, LabelSet, dropping
from rules.promql.frame import Frame, Samples, VectorOf
from rules.promql.literals import number
from rules.promql.nodes import Node
from rules.promql.parts import Parts
from rules.promql.reducers import checked_share

TOLERANCE = 1e-12
"""Relative size up to which a falling bucket is rounding and corrected silently."""
FEWEST = 2
"""Buckets that a quantile needs: one with a finite bound, and +Inf."""
SMALLEST = 2.2250738585072014e-308
GROUP = dropping(NAME, "__type__", "__unit__", "le")


class Bucket(NamedTuple):
    """How many observations were at most *bound*."""

    bound: float
    upto: float


def tidy(buckets: list[Bucket]) -> tuple[list[Bucket], bool]:
    """Sort, join equal bounds and make the counts rise; the second says that a count really fell."""
    joined: dict[float, float] = {}
    for bound, count in sorted(buckets):
        joined[bound] = joined.get(bound, 0.0) + count
    found: list[Bucket] = []
    forced, highest = False, -inf
    for bound, count in joined.items():
        if found and _close(highest, count):
            count = highest  # noqa: PLW2901 - the corrected value replaces the read one
        elif count < highest:
            forced, count = True, highest  # noqa: PLW2901 - as above
        highest = count
        found.append(Bucket(bound, count))
    return found, forced


def _close(left: float, right: float) -> bool:
    if left == right:
        return True
    together, apart = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or together < SMALLEST:
        return apart < TOLERANCE * SMALLEST
    return apart / together < TOLERANCE


def quantile(share: float, buckets: list[Bucket]) -> float:
    """Return the *share* quantile of tidy *buckets*, linear within one; NaN without ``+Inf`` or observations."""
    if not 0 <= share <= 1:
        return share if isnan(share) else copysign(inf, share)
    if len(buckets) < FEWEST or buckets[-1].bound != inf or not buckets[-1].upto:
        return nan
    rank = share * buckets[-1].upto
    index = bisect_left(buckets, rank, 0, len(buckets) - 1, key=lambda bucket: bucket.upto)
    if index == len(buckets) - 1:
        return buckets[-2].bound
    bound, count = buckets[index]
    if index == 0 and bound <= 0:
        return bound
    below = buckets[index - 1] if index else Bucket(0.0, 0.0)
    return below.bound + (bound - below.bound) * ((rank - below.upto) / (count - below.upto))


def fraction(lower: float, upper: float, buckets: list[Bucket]) -> float:
    """Return the share of observations between two values of tidy *buckets*, linear inside of a bucket."""
    if not buckets or buckets[-1].bound != inf or not buckets[-1].upto or isnan(lower) or isnan(upper):
        return nan
    if lower >= upper:
        return 0.0
    return (_rank(upper, buckets) - _rank(lower, buckets)) / buckets[-1].upto


def _rank(value: float, buckets: list[Bucket]) -> float:
    """Return how many observations were at most *value*."""
    count, start = 0.0, 0.0 if buckets[0].bound > 0 else -inf
    for bound, upto in buckets:
        if value <= start:
            return count
        if value < bound:
            return count if isinf(start) or isinf(bound) else count + (upto - count) * (value - start) / (bound - start)
        count, start = upto, bound
    return count


def compile_quantile(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``histogram_quantile(share, buckets)``."""
    share_of, vector = parts.scalar(args[0]), parts.vector(args[1])

    def evaluate(frame: Frame) -> Samples:
        share = checked_share(frame, share_of(frame))
        return _each(frame, vector(frame), lambda buckets: quantile(share, buckets))

    return evaluate


def compile_fraction(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``histogram_fraction(lower, upper, buckets)``."""
    lower_of, upper_of, vector = parts.scalar(args[0]), parts.scalar(args[1]), parts.vector(args[2])

    def evaluate(frame: Frame) -> Samples:
        lower, upper = lower_of(frame), upper_of(frame)
        return _each(frame, vector(frame), lambda buckets: fraction(lower, upper, buckets))

    return evaluate


def _each(frame: Frame, samples: Samples, measure: Callable[[list[Bucket]], float]) -> Samples:
    """Measure each histogram among *samples*; series without a readable ``le`` are annotated and left out."""
    groups: dict[LabelSet, list[Bucket]] = {}
    for labels, count in samples.items():
        bound = number(labels.get("le"))
        if bound is None:
            frame.note(f'PromQL warning: bucket label "le" is missing or has a malformed value of {labels.get("le")!r}')
        else:
            groups.setdefault(frame.catalog.project(labels, GROUP), []).append(Bucket(bound, count))
    found: Samples = {}
    for labels, buckets in groups.items():
        tidied, forced = tidy(buckets)
        if forced:
            frame.note("PromQL info: input to histogram_quantile needed to be fixed for monotonicity")
        found[labels] = measure(tidied)
    return found
