"""How much one evaluation may take, so that one rule cannot hold up the others."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rules.promql import Budget


@dataclass(frozen=True, slots=True)
class Limits:
    """What each query of a rule, of its templates and of a verification may read and how long it may take."""

    max_samples: int = 5_000_000
    timeout: float = 5.0
    """Seconds."""
    stopwatch: Callable[[], float] = time.perf_counter
    """Shows seconds and never goes back."""

    def budget(self, began: float | None = None) -> Budget:
        """Return what a query that begins now, or when the stopwatch showed *began*, may spend."""
        start = self.stopwatch() if began is None else began
        return Budget(max_samples=self.max_samples, deadline=start + self.timeout, clock=self.stopwatch)
