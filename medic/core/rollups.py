"""What is remembered for long: the figures of one series over one window."""

from dataclasses import dataclass

from medic.core.samples import Labels


@dataclass(frozen=True, slots=True)
class Rollup:
    """One series in one window; a window without samples has no rollup, so a gap stays a gap."""

    name: str
    labels: Labels
    at: int
    """Milliseconds since the epoch at which the window begins, a multiple of its length."""
    min: float
    mean: float
    max: float
    last: float
    count: int
    """How many samples it stands for; at least 1."""
