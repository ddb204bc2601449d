"""What is written into the series at one time, as it is handed on to be kept beyond a restart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from operator import itemgetter
from typing import NamedTuple

from medic.core.samples import Labels, Sample

TICK = ""
"""The source of what is measured; every other one is the name of a rule."""

LONG = 16
"""Samples of a row that is not to be looked through at each tick."""

_NAME, _LABELS, _VALUE = map(itemgetter, range(3))


class Row(NamedTuple):
    """The samples that one source wrote at one time; names, labels and values are equally long."""

    source: str
    at: int
    """Milliseconds since the epoch."""
    names: list[str]
    labels: list[Labels]
    """Both are the very objects of the row before where nothing has changed."""
    values: list[float]
    slow: Sequence[Sample] = ()
    """Of a tick: what slow collectors measured, at times of its own; empty where it is that of the tick before."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is still needed of the past."""

    horizon: int = 0
    """Milliseconds since the epoch: of what is older, only what rules look back on."""
    ranges: Mapping[str, int] | None = None
    """How many milliseconds back the rules look, by metric name."""
    everything: int = 0
    """How many they look back on every name."""

    def wants(self, name: str, at: int, now: int) -> bool:
        """Tell whether at the time *now* a sample of a metric is needed that was written at the time *at*."""
        return at >= self.horizon or now - at <= max((self.ranges or {}).get(name, 0), self.everything)

    def oldest(self, now: int) -> int:
        """Return the time before which nothing at all is needed any more."""
        longest = max((self.ranges or {}).values(), default=0)
        return min(self.horizon, now - max(longest, self.everything))


def row_of(source: str, at: int, samples: Sequence[Sample], slow: Sequence[Sample] = ()) -> Row:
    """Part samples into columns; raises TypeError for a value that is no number."""
    values = _sound(list(map(_VALUE, samples)))
    return Row(source, at, list(map(_NAME, samples)), list(map(_LABELS, samples)), values, slow)


def as_stored(row: Row, names: list[str] | None, labels: list[Labels] | None, slow: Sequence[Sample] = ()) -> Row:
    """Return *row* with equal lists that are there already, if they are, so that the next like it shows at a glance.

    A short one is looked through faster than made anew.
    """
    if len(row.names) < LONG and slow is row.slow:
        return row
    if names is None or labels is None:
        return row._replace(slow=slow)
    return Row(row.source, row.at, names, labels, row.values, slow)


def _sound(values: list[float]) -> list[float]:
    """Give NaN a positive sign, since a negative one is the stale mark."""
    if isfinite(sum(values)):
        return values
    return [value if value == value else nan for value in values]  # noqa: PLR0124 - only a NaN differs from itself
