"""A rule and a group while they run: their alerts, their last error, and what their evaluations took."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from medic.core.alerts import Alert, AlertState
from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from rules.clashes import clash
from rules.expanding import Expander, Host, recorded
from rules.grid import Grid, rounded
from rules.groups import AlertRule, Group, RecordRule, Rule
from rules.limits import Limits
from rules.promql import Budget, Query
from rules.promql.frame import Frame, Samples
from rules.reading import Reads
from rules.returning import LONGEST_MS, UNMEASURED, Returning
from rules.rows import Row
from rules.series import Series, View
from rules.states import NONE, Alerts, Found, Holds, LimitError, check_limit, samples, step
from rules.status import GroupStatus, RuleStatus
from rules.telling import Teller, Trust

log = logging.getLogger(__name__)

_DATA = (MedicError, ArithmeticError, RecursionError)
"""What a rule's data can bring about; anything else is a bug."""


@dataclass(slots=True)
class Turn:
    """One evaluation of a group: what its rules share."""

    series: Series
    view: View
    """What is written so far; another one after each rule that writes."""
    at: int
    seen_at: int
    """What the queries look at, and what results are written under: *at* less the group's ``query_offset``."""
    limit: int
    host: Host
    limits: Limits
    budget: Budget
    now: float = 0.0
    """What the stopwatch showed when the rule's turn came."""
    frame: Frame | None = None
    """In which the last query was evaluated, if others can be, too."""

    def ask(self, query: Query) -> Samples:
        """Evaluate a rule's query, which has all that the limits allow to itself."""
        self.budget.renew(self.now + self.limits.timeout)
        frame = self.frame
        if frame is None or frame.view is not self.view or frame.dialect is not query.dialect or query.has_origins:
            frame = query.frame(self.view, self.seen_at, self.budget)
            self.frame = None if query.has_origins else frame
        return query.samples(frame)

    def write(self, written: Sequence[Sample], source: str) -> str:
        """Store what a rule gave, and let the next rule see it; say what clashed with another rule's, else nothing."""
        refused = self.series.counts.refused
        self.series.append_samples(written, self.seen_at, source=source)
        self.view = self.series.view()
        return clash(self.view, written, self.seen_at) if self.series.counts.refused > refused else ""


class Standing:
    """One rule with what it remembers."""

    __slots__ = (
        "_expander",
        "_query",
        "_returning",
        "_settled",
        "_teller",
        "_writes",
        "_written",
        "alerts",
        "bug",
        "duration",
        "error",
        "evaluated_at",
        "failed",
        "reads",
        "rule",
        "source",
    )

    def __init__(self, rule: Rule, source: str) -> None:
        """Begin without alerts; *source* names it among those that write series, the same after a reload."""
        self.rule = rule
        self._query = rule.query
        self.source = source
        self.reads = Reads()
        self.alerts: Alerts = NONE
        self.error = ""
        self.bug = ""
        """The kind of the last bug whose trace is in the log already."""
        self.evaluated_at: int | None = None
        self.duration = 0.0
        self.failed = False
        """Whether the last evaluation failed, and the alerts stayed as they were."""
        self._writes = False
        self._settled: tuple[Sequence[Found] | None, int] = (None, 0)
        """The findings that change nothing any more, and since when: all of them fire already."""
        self._written: tuple[Alerts, Sequence[Sample]] = (NONE, ())
        self._returning: Returning | None = None
        self._teller = Teller(rule)
        self._expander = Expander(rule) if isinstance(rule, AlertRule) else None

    def inherit(self, before: Self) -> Self:
        """Take over what the same rule remembered before a reload."""
        self.alerts, self.error, self.bug = before.alerts, before.error, before.bug
        self.evaluated_at, self.duration = before.evaluated_at, before.duration
        self.failed, self._writes, self._returning = before.failed, before._writes, before._returning
        return self

    def restore(self, row: Row, view: View, *, offset_ms: int, now: int) -> None:
        """Go on from the last row that the rule wrote before a restart, which is in *view* with all before it."""
        self._writes = bool(row.names)
        if isinstance(self.rule, AlertRule) and now - row.at - offset_ms < LONGEST_MS:
            self._returning = Returning(row, view, offset_ms)
            self.alerts = self._returning.firing

    def evaluate(self, turn: Turn) -> bool:
        """Evaluate it and write its samples; False when it erred, and then its alerts stay as they were.

        It raises nothing: a bug that one rule meets is logged with its trace, once, and harms no other rule.
        """
        self.evaluated_at = turn.at
        self.failed, clashed = True, ""
        try:
            samples = turn.ask(self._query)
            if samples or self.alerts or self._writes or self._returning is not None:
                clashed = self._go_on(samples, turn)
        except _DATA as error:
            self.error = str(error) or type(error).__name__
            return False
        except Exception as error:  # noqa: BLE001 - the home for one rule
            self._met(error)
            return False
        self.error = clashed  # as in Prometheus an error, but no failed evaluation: the alerts have moved on
        self.failed = False
        return True

    def _met(self, bug: Exception) -> None:
        """Take a bug for an error of this rule; it would come at each tick, so its trace is told once."""
        kind = type(bug).__name__
        self.error = f"{kind}: {bug}"
        if kind != self.bug:
            log.error("rule evaluation failed by a bug", extra={"rule": self.rule.name}, exc_info=bug)
        self.bug = kind

    def _go_on(self, samples: Samples, turn: Turn) -> str:
        """Make of a result what it means, and write it; say what clashed with what another rule wrote."""
        written = self._results(samples, turn)
        if not written and not self._writes:
            return ""
        self._writes = bool(written)
        return turn.write(written, self.source)

    def _results(self, samples: Samples, turn: Turn) -> Sequence[Sample]:
        rule = self.rule
        if isinstance(rule, RecordRule):
            return recorded(rule, samples, turn.limit)
        found: Sequence[Found] = self._expander.found(samples, turn.host) if self._expander is not None else []
        if self._returning is not None:
            found = self._join(self._returning, found, turn)
        return self._moved(rule, found, turn) if found or self.alerts else ()

    def _join(self, returning: Returning, found: Sequence[Found], turn: Turn) -> Sequence[Found]:
        """Let come back what the rule had before a restart; until it has, or is over."""
        missing = self._teller.missing(turn.view, turn.seen_at)
        self.alerts, joined = returning.join(self.alerts, found, turn.at, missing)
        if returning.is_over:
            self._returning = None
        return joined

    def _moved(self, rule: AlertRule, found: Sequence[Found], turn: Turn) -> Sequence[Sample]:
        """Move the alerts on, and return what they are among the series: the very list of last time if it is equal."""
        settled, since = self._settled
        if found is not settled or turn.at < since:
            self._settled, before = (None, 0), self.alerts
            self._step(rule, found, turn)
            if self.alerts is not self._written[0]:
                self._written = (self.alerts, samples(self.alerts))
            elif len(found) == len(before) and all(alert.state is AlertState.FIRING for alert in before.values()):
                self._settled = (found, turn.at)
        return self._written[1]

    def _step(self, rule: AlertRule, found: Sequence[Found], turn: Turn) -> None:
        holds = Holds(rule.for_ms, rule.keep_firing_ms)
        try:
            self.alerts = step(self.alerts, found, turn.at, holds, self._teller.why(turn.view, turn.seen_at))
            check_limit(self.alerts, turn.limit)
        except LimitError:
            self.alerts = NONE  # as in Prometheus: beyond its limit a rule has no alerts at all
            raise

    def could_make(self, labels: Labels) -> bool:
        """Tell whether an alert with these labels can be of this rule: its name and its own fixed labels are there."""
        if not isinstance(self.rule, AlertRule):
            return False
        wanted = dict(labels)
        fixed = [(name, template.source) for name, template in self.rule.labels if "{{" not in template.source]
        return wanted.get("alertname") == self.rule.name and all(wanted.get(name, "") == text for name, text in fixed)

    def tell(self, view: View, at: int, trust: Trust) -> Sequence[Alert]:
        """Tell of the alerts that live, and of those resolved at this very tick."""
        if self.failed:
            trust = trust._replace(frozen=f"the rule errs: {self.error}")
        elif self._returning is not None and self._returning.waits:
            trust = trust._replace(frozen=trust.frozen or UNMEASURED)
        return self._teller.tell(self.alerts, view, at, trust)

    def status(self) -> RuleStatus:
        """Return how it stands."""
        return RuleStatus(self.rule, self.error, self.evaluated_at, self.duration, tuple(self.alerts.values()))


class StandingGroup:
    """One group with its rules, on a grid of its own interval."""

    def __init__(self, group: Group, tick_ms: int, rules: tuple[Standing, ...]) -> None:
        """Round the group's interval up to whole ticks."""
        self.group = group
        self.rules = rules
        self.grid = Grid(rounded(group.interval_ms, tick_ms), tick_ms)
        self.failures = 0
        self.duration = 0.0
        self.errs = False
        """Whether a rule erred in the last evaluation."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same group after a reload."""
        return self.group.file, self.group.name

    def inherit(self, before: Self) -> Self:
        """Take over its counts and its place in time from before a reload."""
        self.failures, self.duration, self.errs = before.failures, before.duration, before.errs
        self.grid.inherit(before.grid)
        return self

    def evaluate(self, series: Series, at: int, host: Host, limits: Limits) -> None:
        """Evaluate the rules one after the other; each sees what those before it recorded."""
        stopwatch, failures, seen_at = limits.stopwatch, 0, at - self.group.offset_ms
        began = stopwatch()
        budget = limits.budget(began)
        bounded = host.bounded(budget.check)  # what the templates ask counts to the time of their rule
        turn = Turn(series, series.view(), at, seen_at, self.group.limit, bounded, limits, budget, began)
        for rule in self.rules:
            failures += not rule.evaluate(turn)
            after = stopwatch()
            rule.duration, turn.now = after - turn.now, after
        self.grid.advance(at)
        self.failures += failures
        self.errs = failures > 0
        self.duration = turn.now - began

    def status(self) -> GroupStatus:
        """Return how it stands."""
        return GroupStatus(
            self.group,
            self.grid.interval_ms,
            tuple(rule.status() for rule in self.rules),
            failures=self.failures,
            iterations=self.grid.iterations,
            missed=self.grid.missed,
            evaluated_at=self.grid.last,
            duration=self.duration,
        )
