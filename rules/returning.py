"""Alerts that come back after a restart: what a rule wrote last says which it had, and since when.

As with Prometheus' ``RestoreForState`` the time in which nobody looked does not count as pending. Unlike there, every
``for`` is gone on with, however short, and what fired goes on firing, so that nobody is told of an end that was none.
"""

from collections.abc import Callable, Sequence
from math import nan
from typing import NamedTuple

from medic.core.alerts import AlertState
from medic.core.samples import Labels
from rules.rows import Row
from rules.states import Alerts, Found, firing, pending

LONGEST_MS = 3_600_000
"""After a longer pause nothing comes back."""
SETTLE_MS = 120_000
"""How long after the first evaluation an alert waits for the collectors that measure what it is about."""
UNMEASURED = "its series have not been measured since the start"

_FIRING = ("alertstate", AlertState.FIRING.value)


class Back(NamedTuple):
    """With what an evaluation goes on."""

    alerts: Alerts
    found: Sequence[Found]


class Returning:
    """What one rule had before a restart, until it is found again or known to be over."""

    def __init__(self, row: Row, down_at: int) -> None:
        """Read it off the last row that the rule wrote, by its evaluation at *down_at*, in milliseconds."""
        self._down_at = down_at
        self._pending: dict[Labels, int] = {}
        self._until: int | None = None
        self.firing: Alerts = {}
        """Those that fired: the rule has them from the start."""
        self.waits = False
        """Whether one of them fires only since what it is about was not measured yet."""
        self._read(row)

    def _read(self, row: Row) -> None:
        """Take apart pairs of ALERTS, which says the state, and ALERTS_FOR_STATE, which says since when."""
        if set(row.names[::2]) | set(row.names[1::2]) != {"ALERTS", "ALERTS_FOR_STATE"} or len(row.names) % 2:
            return
        fired = {}
        for stated, labels, since in zip(row.labels[::2], row.labels[1::2], row.values[1::2], strict=True):
            if _FIRING in stated:
                fired[labels] = firing(_unseen(labels), int(since) * 1000)
            else:
                self._pending[labels] = int(since) * 1000 + 999  # seconds were written: rather late than early
        self.firing = fired

    def join(self, alerts: Alerts, found: Sequence[Found], at: int, is_missing: Callable[[Labels], bool]) -> Back:
        """Let the alerts of before come back that are *found* at the evaluation *at*, and those wait that cannot be.

        *is_missing* tells of an alert whether something that it is about is not measured; only soon after the start
        that means that its collector has not run yet.
        """
        self._until = at + SETTLE_MS if self._until is None else self._until
        present = {element.labels for element in found}
        back = {
            element.labels: pending(element, min(self._pending[element.labels] + at - self._down_at, at))
            for element in found
            if element.labels in self._pending and element.labels not in alerts
        }
        may_wait = at < self._until
        waiting = [labels for labels in self.firing if labels not in present and may_wait and is_missing(labels)]
        self.firing = {labels: alerts[labels] for labels in waiting if labels in alerts and alerts[labels].lives}
        self._pending = {
            labels: since
            for labels, since in self._pending.items()
            if labels not in present and may_wait and is_missing(labels)
        }
        self.waits = bool(self.firing)
        carried = [Found(labels, alert.annotations, alert.value) for labels, alert in self.firing.items()]
        return Back({**alerts, **back} if back else alerts, [*found, *carried] if carried else found)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is waited for any more."""
        return not self._pending and not self.firing


def _unseen(labels: Labels) -> Found:
    """Stand for what the rule found before the restart, of which only the labels are known."""
    return Found(labels, (), nan)
