"""What healing has counted since its start."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from medic.core.healing import Outcome
from medic.core.samples import Exemplar, Labels

BOUNDS: Final = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds from an active alert to its verified heal: from a worker that is replaced at once to a slow service."""


@dataclass(slots=True)
class Counts:
    """Counters; each grows, none is ever set back."""

    attempts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    suppressed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By remedy and the gate that was entered, not by tick."""
    notifications: Counter[str] = field(default_factory=Counter)
    durations: Counter[tuple[str, float]] = field(default_factory=Counter)
    """By remedy and the lowest bound that holds it; infinity for the longest."""
    seconds: Counter[str] = field(default_factory=Counter)
    last: dict[str, datetime] = field(default_factory=dict)
    """When each remedy last acted."""

    latest: dict[tuple[str, float], Exemplar] = field(default_factory=dict)
    """The last heal that each of `durations` has counted."""

    def close(self, remedy: str, outcome: Outcome, seconds: float, *, told: Labels = (), at: int | None = None) -> None:
        """Count an outcome; *seconds* are those from the active alert to now, *at* in milliseconds since the epoch.

        *told* names the attempt for whoever looks at the figures and wants to know of it.
        """
        self.attempts[remedy, outcome] += 1
        if outcome is Outcome.HEALED:
            bound = next((bound for bound in BOUNDS if seconds <= bound), float("inf"))
            self.durations[remedy, bound] += 1
            if told:
                self.latest[remedy, bound] = Exemplar(told, seconds, at)
            # Counter is typed for whole numbers; milliseconds are exact enough and stay whole.
            self.seconds[remedy] += round(seconds * 1000)
