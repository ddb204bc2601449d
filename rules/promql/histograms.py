"""Classic histograms: quantiles and fractions out of cumulative ``_bucket`` series."""

from bisect import bisect_left
from collections.abc import Callable
from math import copysign, inf, isnan, nan
from typing import NamedTuple

from rules.labelsets import NAME, LabelSet, dropping
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.literals import parse_float, quote
from rules.promql.nodes import Node
from rules.promql.notes import INFO, WARNING, Correction
from rules.promql.parts import Parts
from rules.promql.reducers import checked_share

TOLERANCE = 1e-12
"""Relative size up to which a difference between buckets is rounding and corrected silently."""
FEWEST = 2
"""Buckets that a quantile needs: one with a finite bound, and +Inf."""
SMALLEST = 2.2250738585072014e-308
GROUP = dropping("le")
OLD_GROUP = dropping(NAME, "le")
"""Prometheus 2 takes buckets of different metrics for one histogram."""
FELL = (
    f"{INFO}input to histogram_quantile needed to be fixed for monotonicity "
    "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
)


class Bucket(NamedTuple):
    """How many observations were at most *bound*."""

    bound: float
    upto: float


def joined(buckets: list[Bucket]) -> list[Bucket]:
    """Sort by bound and add up the counts of equal bounds."""
    found: dict[float, float] = {}
    for bound, count in sorted(buckets, key=lambda bucket: bucket.bound):
        found[bound] = found[bound] + count if bound in found else count
    return [Bucket(bound, count) for bound, count in found.items()]


def risen(buckets: list[Bucket]) -> tuple[list[Bucket], Correction | None]:
    """Make the counts of sorted *buckets* rise; the second says what was corrected beyond rounding."""
    found = buckets[:1]
    highest, correction = buckets[0].upto, None
    for bound, count in buckets[1:]:
        if _close(highest, count):
            pass  # silently, in either direction
        elif count < highest:
            fell = Correction(bound, bound, highest - count)
            correction = fell if correction is None else correction.joined(fell)
        else:
            highest = count
        found.append(Bucket(bound, highest))
    return found, correction


def _close(left: float, right: float) -> bool:
    if left == right or (isnan(left) and isnan(right)):
        return True
    together, apart = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or together < SMALLEST:
        return apart < TOLERANCE * SMALLEST
    return apart / together < TOLERANCE


def quantile(share: float, buckets: list[Bucket]) -> float:
    """Return the *share* quantile of rising *buckets*, linear within one; NaN without ``+Inf`` or observations."""
    if len(buckets) < FEWEST or buckets[-1].bound != inf or not buckets[-1].upto:
        return nan
    rank = share * buckets[-1].upto
    # the key sorts a NaN before every count, as Prometheus' search does
    index = bisect_left(buckets, True, 0, len(buckets) - 1, key=lambda bucket: bucket.upto >= rank)  # noqa: FBT003
    if index == len(buckets) - 1:
        return buckets[-2].bound
    bound, count = buckets[index]
    if index == 0 and bound <= 0:
        return bound
    below = buckets[index - 1] if index else Bucket(0.0, 0.0)
    if count == below.upto:
        return nan  # only a rank of 0 in an empty first bucket comes here: 0 / 0
    return below.bound + (bound - below.bound) * ((rank - below.upto) / (count - below.upto))


def fraction(lower: float, upper: float, buckets: list[Bucket]) -> float:
    """Return the share of observations between two values of sorted *buckets*, linear inside of a bucket."""
    if not buckets or buckets[-1].bound != inf or not buckets[-1].upto or isnan(lower) or isnan(upper):
        return nan
    if lower >= upper:
        return 0.0
    total = buckets[-1].upto
    return (min(_rank(upper, buckets), total) - min(_rank(lower, buckets), total)) / total


def _rank(value: float, buckets: list[Bucket]) -> float:
    """Return how many observations were at most *value*; those of an endless bucket count at its other end."""
    count, start = 0.0, 0.0 if buckets[0].bound > 0 else -inf
    for bound, upto in buckets:
        if value <= start:
            return count
        if value < bound:
            return upto if start == -inf else count + (upto - count) * (value - start) / (bound - start)
        count, start = upto, bound
    return count


def compile_quantile(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``histogram_quantile(share, buckets)``."""
    share_of, vector, about = parts.scalar(args[0]), parts.vector(args[1]), args[1]

    def evaluate(frame: Frame) -> Samples:
        share = checked_share(frame, share_of(frame), args[0])
        samples = vector(frame)
        if not 0 <= share <= 1:
            return _each(frame, samples, about, lambda *_: share if isnan(share) else copysign(inf, share))
        return _each(frame, samples, about, lambda labels, buckets: _measured(frame, labels, buckets, share, about))

    return evaluate


def _measured(frame: Frame, labels: LabelSet, buckets: list[Bucket], share: float, about: Node) -> float:
    """Return a quantile, and annotate the answer where counts fell from one bucket to a larger one."""
    if buckets[-1].bound != inf:
        return nan
    corrected, correction = risen(buckets)
    if correction is not None and frame.notes is not None:
        name = labels.get(NAME) if frame.dialect.doom_names else ""
        frame.notes.correct(FELL + _of_metric(name), about, correction, frame.at_ms)
    return quantile(share, corrected)


def compile_fraction(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``histogram_fraction(lower, upper, buckets)``."""
    lower_of, upper_of, vector = parts.scalar(args[0]), parts.scalar(args[1]), parts.vector(args[2])

    def evaluate(frame: Frame) -> Samples:
        lower, upper = lower_of(frame), upper_of(frame)
        return _each(frame, vector(frame), args[2], lambda _, buckets: fraction(lower, upper, buckets))

    return evaluate


def _each(frame: Frame, samples: Samples, about: Node, measure: Callable[[LabelSet, list[Bucket]], float]) -> Samples:
    """Measure each histogram among *samples*; series without a readable ``le`` are annotated and left out."""
    group = OLD_GROUP if frame.dialect.closed else GROUP
    groups: dict[LabelSet, list[Bucket]] = {}
    for labels, count in samples.items():
        bound = parse_float(labels.get("le"))
        if bound is None:
            what = f'bucket label "le" is missing or has a malformed value of {quote(labels.get("le"))}'
            frame.note(f"{WARNING}{what}{_of_metric(labels.get(NAME))}", about)
        else:
            groups.setdefault(frame.catalog.project(labels, group), []).append(Bucket(bound, count))
    found = {frame.nameless(labels): measure(labels, joined(buckets)) for labels, buckets in groups.items()}
    if len(found) != len(groups):
        raise twins()
    return found


def _of_metric(name: str) -> str:
    return f" for metric name {quote(name)}" if name else ""
