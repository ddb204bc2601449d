"""Alerts that come back after a restart: what a rule wrote last says which it had, and since when.

As with Prometheus' ``RestoreForState`` the time in which nobody looked does not count as pending. Unlike there, every
``for`` is gone on with, however short, and what fired goes on firing, so that nobody is told of an end that was none.
"""

from collections.abc import Callable, Sequence
from math import nan
from typing import NamedTuple

from medic.core.alerts import AlertState
from medic.core.samples import Labels
from rules.blocks import FOREVER
from rules.labelsets import NAME
from rules.postings import Match, Matcher
from rules.rows import Row
from rules.states import Alerts, Found, firing, pending
from rules.views import View

LONGEST_MS = 3_600_000
"""After a longer pause nothing comes back."""
SETTLE_MS = 120_000
"""How long after the first evaluation an alert waits for the collectors that measure what it is about."""
UNMEASURED = "its series have not been measured since the start"

_FOR_STATE = "ALERTS_FOR_STATE"
_FIRING = ("alertstate", AlertState.FIRING.value)


class Back(NamedTuple):
    """With what an evaluation goes on."""

    alerts: Alerts
    found: Sequence[Found]


class Returning:
    """What one rule had before a restart, until it is found again or known to be over."""

    def __init__(self, row: Row, view: View, offset_ms: int = 0) -> None:
        """Read it off the last row that the rule wrote, which with all before it is in *view*.

        The rule's group looks *offset_ms* back, so that it was evaluated by so much later than it wrote for.
        """
        self._down_at = row.at + offset_ms
        self._pending: dict[Labels, int] = {}
        self._until: int | None = None
        self.firing: Alerts = {}
        """Those that fired: the rule has them from the start."""
        self.waits = False
        """Whether one of them fires only since what it is about was not measured yet."""
        self._read(row, view, offset_ms)

    def _read(self, row: Row, view: View, offset_ms: int) -> None:
        """Take apart pairs of ALERTS, which says the state, and ALERTS_FOR_STATE, which says since when."""
        if row.names != ["ALERTS", _FOR_STATE] * (len(row.names) // 2):
            return
        fired = {}
        for stated, labels, seconds in zip(row.labels[::2], row.labels[1::2], row.values[1::2], strict=True):
            since = _since(view, labels, int(seconds), offset_ms)
            if _FIRING in stated:
                fired[labels] = firing(_unseen(labels), since)
            else:
                self._pending[labels] = since
        self.firing = fired

    def join(self, alerts: Alerts, found: Sequence[Found], at: int, is_missing: Callable[[Labels], bool]) -> Back:
        """Let the alerts of before come back that are *found* at the evaluation *at*, and those wait that cannot be.

        *is_missing* tells of an alert whether something that it is about is not measured; only soon after the start
        that means that its collector has not run yet.
        """
        self._until = at + SETTLE_MS if self._until is None else self._until
        back = self._found_again(alerts, found, at)
        present = {element.labels for element in found}
        may_wait = at < self._until

        def waits(labels: Labels) -> bool:
            return may_wait and labels not in present and is_missing(labels)

        self._pending = {labels: since for labels, since in self._pending.items() if waits(labels)}
        living = [labels for labels in self.firing if labels in alerts and alerts[labels].lives]
        self.firing = {labels: alerts[labels] for labels in living if waits(labels)}
        self.waits = bool(self.firing)
        carried = [Found(labels, alert.annotations, alert.value) for labels, alert in self.firing.items()]
        return Back({**alerts, **back} if back else alerts, [*found, *carried] if carried else found)

    def _found_again(self, alerts: Alerts, found: Sequence[Found], at: int) -> Alerts:
        """Return what was pending and still is, for as long as it had been: the time since then does not count."""
        again = [one for one in found if one.labels in self._pending and one.labels not in alerts]
        return {one.labels: pending(one, min(self._pending[one.labels] + at - self._down_at, at)) for one in again}

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is waited for any more."""
        return not self._pending and not self.firing


def _since(view: View, labels: Labels, seconds: int, offset_ms: int) -> int:
    """Return since when an alert is active, in milliseconds: the time of the first row that gave these *seconds*.

    Where that is no more to be found, as after a second restart, it is the whole second.
    """
    matchers = [Matcher(name, Match.EQUAL, value) for name, value in ((NAME, _FOR_STATE), *labels)]
    for found, points in view.windows(view.select(matchers), FOREVER, view.at_ms):
        if len(found.pairs) == len(matchers):
            first = next((at for at, value in zip(*points, strict=True) if value == seconds), 0) + offset_ms
            return first if first // 1000 == seconds else seconds * 1000
    return seconds * 1000


def _unseen(labels: Labels) -> Found:
    """Stand for what the rule found before the restart, of which only the labels are known."""
    return Found(labels, (), nan)
