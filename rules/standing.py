"""A rule and a group while they run: their alerts, their last error, and when they are due."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from medic.core.alerts import Alert, Source
from medic.core.clock import from_ms
from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from rules.coverage import has_vanished, uncovered
from rules.expanding import Host, found, recorded
from rules.groups import AlertRule, Group, Rule
from rules.reading import Reads
from rules.series import Series, View
from rules.states import (
    CONDITION_FALSE,
    NONE,
    SERIES_VANISHED,
    Active,
    Alerts,
    Holds,
    LimitError,
    check_limit,
    samples,
    step,
)
from rules.status import GroupStatus, RuleStatus

log = logging.getLogger(__name__)

_DATA = (MedicError, ArithmeticError, RecursionError)
"""What a rule's data can bring about; anything else is a bug."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far healing may rest on a rule's alerts at one tick."""

    collectors: frozenset[str] = frozenset()
    frozen: str = ""
    """Why it may not, whatever the alert; empty when only the windows remain to be looked at."""
    seen_since: int = 0
    """When the engine began to look, in milliseconds."""


@dataclass(slots=True)
class Standing:
    """One rule with what it remembers."""

    rule: Rule
    source: str
    """Names it among those that write series; the same after a reload that did not change it."""
    invented: frozenset[str]
    """The labels of its alerts that do not come from its series."""
    reads: Reads = field(default_factory=Reads)
    alerts: Alerts = field(default_factory=dict)
    error: str = ""
    bug: str = ""
    """The kind of the last bug whose trace is in the log already."""
    evaluated_at: int | None = None
    duration: float = 0.0

    def inherit(self, before: Self) -> Self:
        """Take over what the same rule remembered before a reload."""
        self.alerts, self.error, self.bug = before.alerts, before.error, before.bug
        self.evaluated_at, self.duration = before.evaluated_at, before.duration
        return self

    def evaluate(self, series: Series, at: int, group: Group, host: Host) -> bool:
        """Evaluate it and write its samples; False when it erred, and then its alerts stay as they were.

        It raises nothing: a bug that one rule meets is logged with its trace, once, and harms no other rule.
        """
        seen_at = at - group.offset_ms
        try:
            written = self._results(series.view(), at, group, host)
            series.append_samples(written, seen_at, source=self.source)
            self.error = ""
        except _DATA as error:
            self.error = str(error) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - the home for one rule
            self._met(error)
        self.evaluated_at = at
        return not self.error

    def _met(self, bug: Exception) -> None:
        """Take a bug for an error of this rule; it would come at each tick, so its trace is told once."""
        kind = type(bug).__name__
        self.error = f"{kind}: {bug}"
        if kind != self.bug:
            log.error("rule evaluation failed by a bug", extra={"rule": self.rule.name}, exc_info=bug)
        self.bug = kind

    def _results(self, view: View, at: int, group: Group, host: Host) -> list[Sample]:
        seen_at = at - group.offset_ms
        value = self.rule.query.at(view, seen_at)
        if not isinstance(self.rule, AlertRule):
            return recorded(self.rule, value, group.limit)
        holds = Holds(self.rule.for_ms, self.rule.keep_firing_ms)
        alerts = found(self.rule, value, host)
        try:
            self.alerts = step(self.alerts, alerts, at, holds, lambda labels: self._why(view, seen_at, labels))
            check_limit(self.alerts, group.limit)
        except LimitError:
            self.alerts = NONE  # as in Prometheus: beyond its limit a rule has no alerts at all
            raise
        return samples(self.alerts)

    def _why(self, view: View, at: int, labels: Labels) -> str:
        gone = has_vanished(view, self.rule.query.reaches, at, self._about(labels))
        return SERIES_VANISHED if gone else CONDITION_FALSE

    def _about(self, labels: Labels) -> Labels:
        return tuple(pair for pair in labels if pair[0] not in self.invented)

    def could_make(self, labels: Labels) -> bool:
        """Tell whether an alert with these labels can be of this rule: its name and its own fixed labels are there."""
        if not isinstance(self.rule, AlertRule):
            return False
        wanted = dict(labels)
        fixed = [(name, template.source) for name, template in self.rule.labels if "{{" not in template.source]
        return wanted.get("alertname") == self.rule.name and all(wanted.get(name, "") == text for name, text in fixed)

    def told(self, view: View, at: int, trust: Trust) -> Iterator[Alert]:
        """Tell of the alerts that live, and of those resolved at this very tick."""
        for alert in self.alerts.values():
            if alert.lives or alert.resolved_at == at:
                yield _alert(alert, trust.collectors, self._frozen(alert, view, at, trust))

    def _frozen(self, alert: Active, view: View, at: int, trust: Trust) -> str:
        if self.error or trust.frozen:
            return f"the rule errs: {self.error}" if self.error else trust.frozen
        return (
            uncovered(view, self.rule.query.reaches, at, alert.labels, seen_since=trust.seen_since)
            if alert.lives
            else ""
        )

    def status(self) -> RuleStatus:
        """Return how it stands."""
        return RuleStatus(self.rule, self.error, self.evaluated_at, self.duration, tuple(self.alerts.values()))


class StandingGroup:
    """One group with its rules, on a grid of its own interval."""

    def __init__(self, group: Group, tick_ms: int, rules: tuple[Standing, ...]) -> None:
        """Round the group's interval up to whole ticks."""
        self.group = group
        self.rules = rules
        self.failures = 0
        self.evaluated_at: int | None = None
        self.duration = 0.0
        self.interval_ms = -(-(group.interval_ms or tick_ms) // tick_ms) * tick_ms
        self.slot: int | None = None
        self._slack = tick_ms // 2

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same group after a reload."""
        return self.group.file, self.group.name

    def inherit(self, before: Self) -> Self:
        """Take over its count of failures and its place in time from before a reload."""
        self.failures, self.duration = before.failures, before.duration
        self.evaluated_at = before.evaluated_at
        if self.interval_ms == before.interval_ms:
            self.slot = before.slot
        return self

    def is_due(self, at: int) -> bool:
        """Tell whether the tick *at* is the first at or after the group's slot; a clock that was set back makes it due.

        Ticks come a little early or late: half a tick of difference is none.
        """
        if self.slot is None or self.evaluated_at is None or at < self.evaluated_at:
            return True
        return at + self._slack >= self.slot

    def evaluate(self, series: Series, at: int, host: Host, stopwatch: Callable[[], float]) -> None:
        """Evaluate the rules one after the other; each sees what those before it recorded."""
        began = stopwatch()
        for rule in self.rules:
            start = stopwatch()
            self.failures += not rule.evaluate(series, at, self.group, host)
            rule.duration = stopwatch() - start
        self.slot = self._next_slot(at)
        self.evaluated_at = at
        self.duration = stopwatch() - began

    def _next_slot(self, at: int) -> int:
        """Stay on the grid that began with the first evaluation, and leave out the slots that were missed."""
        begin = self.slot if self.slot is not None and at + self._slack >= self.slot else at
        return begin + self.interval_ms * ((at + self._slack - begin) // self.interval_ms + 1)

    def status(self) -> GroupStatus:
        """Return how it stands."""
        return GroupStatus(
            self.group.file,
            self.group.name,
            self.interval_ms,
            tuple(rule.status() for rule in self.rules),
            self.failures,
            evaluated_at=self.evaluated_at,
            duration=self.duration,
        )


def _alert(alert: Active, collectors: frozenset[str], frozen: str) -> Alert:
    return Alert(
        labels=alert.labels,
        annotations=alert.annotations,
        state=alert.state,
        active_at=from_ms(alert.active_at),
        source=Source.RULES,
        value=alert.value,
        resolved_at=None if alert.resolved_at is None else from_ms(alert.resolved_at),
        why_resolved=alert.why_resolved,
        collectors=collectors,
        frozen=frozen,
    )
