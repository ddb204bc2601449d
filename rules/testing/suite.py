"""What a unit-test file of rules says: its tests, the series that they load, and what they expect."""

from dataclasses import dataclass
from typing import NamedTuple

from medic.core.samples import Labels
from rules.testing.notation import Point


@dataclass(frozen=True, slots=True)
class Input:
    """A series to load: a value at each interval from the start on."""

    labels: Labels
    """``__name__`` is among them."""
    points: tuple[Point, ...]


class ExpectedAlert(NamedTuple):
    """An alert that must fire, with all of its labels and annotations."""

    labels: Labels
    annotations: Labels


class ExpectedSample(NamedTuple):
    """One element of an expected result."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """Exactly these alerts of that name must fire at a time, in milliseconds after the start."""

    name: str
    at_ms: int
    alerts: tuple[ExpectedAlert, ...]
    line: int


@dataclass(frozen=True, slots=True)
class QueryCheck:
    """An expression must have exactly this result at a time, in milliseconds after the start."""

    text: str
    at_ms: int
    samples: tuple[ExpectedSample, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Case:
    """One test: it sees nothing of the others."""

    name: str
    line: int
    interval_ms: int
    """Between two values of the series; 0 puts all of them at the start, and the first counts."""
    start_ms: int = 0
    inputs: tuple[Input, ...] = ()
    alerts: tuple[AlertCheck, ...] = ()
    queries: tuple[QueryCheck, ...] = ()
    external_labels: Labels = ()
    external_url: str = ""

    @property
    def length_ms(self) -> int:
        """How long rules are evaluated: up to the last time that is asked for."""
        times = [check.at_ms for check in self.alerts] + [check.at_ms for check in self.queries]
        return max(times, default=0)


@dataclass(frozen=True, slots=True)
class Suite:
    """One unit-test file."""

    file: str
    rule_files: tuple[str, ...] = ()
    """Names and patterns, as they were written."""
    evaluation_ms: int = 60_000
    fuzzy: bool = False
    """Numbers that differ in the last bit of their mantissa are equal."""
    order: tuple[str, ...] = ()
    """Names of groups in the order in which they are evaluated; those not named come with the first."""
    cases: tuple[Case, ...] = ()
    warnings: tuple[str, ...] = ()
    """What was read as promtool reads it, and can hardly have been meant."""
