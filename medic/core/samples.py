"""What is measured: samples, their families, and the snapshot of one tick."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Labels = tuple[tuple[str, str], ...]
"""Label pairs sorted by name, without ``__name__``; hashable, so that it can be interned and keyed by."""


class Kind(StrEnum):
    """The type of a family, in the words of the exposition formats."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    UNTYPED = "untyped"


class Sample(NamedTuple):
    """One measured value; a missing value is an absent sample, never 0 and never NaN."""

    name: str
    """The full name, ``_total``, ``_bucket``, ``_sum`` and ``_count`` included."""
    labels: Labels
    value: float
    at: int | None = None
    """Milliseconds since the epoch when it was measured; None means with its tick."""


class Exemplar(NamedTuple):
    """One event that stands for those that a bucket or a counter has counted: where to look further."""

    labels: Labels
    """What names the event, such as an id; names and values together have at most 128 characters."""
    value: float
    """What was measured of that event, in the unit of its family."""
    at: int | None = None
    """When it happened, in milliseconds since the epoch."""


Exemplars = Mapping[tuple[str, Labels], Exemplar]
"""By the name and the labels of the sample that each belongs to."""


class Family(NamedTuple):
    """Samples that share a name, a type and a help text.

    A counter's family name carries its ``_total`` as in Prometheus' text format. It is no dataclass, because a host
    has hundreds of them at each scrape, and those take twice as long to make.
    """

    name: str
    kind: Kind
    help: str
    samples: Sequence[Sample] = ()
    exemplars: Exemplars | None = None
    """Shown in OpenMetrics alone; None for the most, which have none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at one tick; rules are evaluated on exactly this."""

    at: int
    """Milliseconds since the epoch."""
    families: Sequence[Family]
    failed: frozenset[str] = field(default_factory=frozenset)
    """Collectors whose last run failed or timed out: alerts that read them are frozen."""


_GAUGE, _COUNTER = Kind.GAUGE, Kind.COUNTER
_new = tuple.__new__
"""Makes a sample in two thirds of the time that ``Sample`` takes; it needs all four fields."""


def labels(pairs: Mapping[str, str] | None = None, /, **more: str) -> Labels:
    """Build labels from a mapping and keywords, sorted by name; empty values are dropped as in Prometheus."""
    merged = {**(pairs or {}), **more}
    return tuple(sorted((name, value) for name, value in merged.items() if value))


def written(bound: float) -> str:
    """Write a bucket's upper bound as its label ``le``, in the canonical form of OpenMetrics: ``1.0``, ``+Inf``."""
    return "+Inf" if math.isinf(bound) else repr(float(bound))


def gauge(name: str, help_: str, *samples: tuple[Labels, float]) -> Family:
    """Build a gauge family from (labels, value) pairs."""
    return Family(name, _GAUGE, help_, [_new(Sample, (name, pairs, value, None)) for pairs, value in samples])


def counter(name: str, help_: str, *samples: tuple[Labels, float]) -> Family:
    """Build a counter family from (labels, value) pairs; *name* ends in ``_total`` unless node_exporter's does not."""
    return Family(name, _COUNTER, help_, [_new(Sample, (name, pairs, value, None)) for pairs, value in samples])
