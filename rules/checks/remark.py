"""What a check says, and what it may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from rules.grid import rounded
from rules.groups import Group, Rule

MEBIBYTE = 1024 * 1024


class Doubt(StrEnum):
    """What may not be meant in a rule; the words stay, since programs read them."""

    UNKNOWN_METRIC = "unknown-metric"
    UNKNOWN_LABEL = "unknown-label"
    SHORT_FOR = "short-for"
    SHORT_RANGE = "short-range"
    ABSENT_WITHOUT_LABELS = "absent-without-labels"
    LOST_LABEL = "lost-label"
    WRONG_RESULT = "wrong-result"
    ROUNDED_INTERVAL = "rounded-interval"
    MEMORY = "memory"


class Remark(NamedTuple):
    """One warning: the rule works, but perhaps not as its owner thinks."""

    file: str
    line: int
    rule: str
    """Its name; of a group as a whole, the group's."""
    doubt: Doubt
    text: str

    def __str__(self) -> str:
        """Write it as compilers do, so that editors can jump there."""
        return f"{self.file}:{self.line}: warning: {self.rule}: {self.text} [{self.doubt}]"


@dataclass(frozen=True, slots=True)
class Ground:
    """What rules are held against: what is measured on this host, how often, and how much may be kept of it."""

    tick_ms: int
    series: Mapping[str, int] = field(default_factory=dict)
    """The series of each metric that is exported; 0 for one that has none just now."""
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names of the labels that the series of a metric have; metrics of which nothing is known are left out."""
    clocks: Mapping[str, int] = field(default_factory=dict)
    """Milliseconds between the samples of metrics that are not measured at each tick."""
    history: int = 480
    """Samples that are kept of each series in any case."""
    memory: int = 256 * MEBIBYTE
    """Bytes that all series may take."""


def interval_of(group: Group, tick_ms: int) -> int:
    """Return how many milliseconds lie between a group's evaluations: its interval, rounded up to whole ticks."""
    return rounded(group.interval_ms, tick_ms)


def at(group: Group, rule: Rule, doubt: Doubt, text: str) -> Remark:
    """Place a warning at its rule."""
    return Remark(group.file, rule.line, rule.name, doubt, text)
