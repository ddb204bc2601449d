"""The rule engine: evaluates the groups that are due, remembers the alerts, and judges whether a heal helped."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from medic.core.alerts import Alert, AlertState
from medic.core.clock import to_ms
from medic.core.errors import MedicError
from medic.core.samples import Labels
from rules import conditions
from rules.conditions import Condition, Evidence, Truth
from rules.expanding import Host, rows
from rules.groups import AlertRule, Group, RuleKey, key_of
from rules.limits import Limits
from rules.promql import Compat, Query, compile_query
from rules.promql.frame import INTERVAL_MS
from rules.reading import Writers, ranges, reads
from rules.restoring import Before
from rules.series import Series
from rules.standing import Standing, StandingGroup
from rules.states import remove
from rules.status import GroupStatus
from rules.telling import Trust
from rules.templates import Row, TemplateError

_EXPRESSIONS = 1024
"""Compiled expressions that are remembered, of templates and of remedies."""
Key = tuple[str, str]
"""Of a group: file and name."""


class Engine:
    """Evaluates rules over the series; it writes only their own results there.

    Nothing in it blocks or raises for what a rule does wrong: that is counted, shown and freezes the rule's alerts.
    """

    def __init__(
        self,
        groups: Iterable[Group],
        series: Series,
        *,
        interval_ms: int,
        collectors_of: Callable[[str], frozenset[str]],
        external_labels: Mapping[str, str] | None = None,
        external_url: str = "",
        compat: Compat = Compat.PROMETHEUS_3,
        step_ms: int = INTERVAL_MS,
        limits: Limits | None = None,
    ) -> None:
        """Take groups as ``rules.files.load`` gives them.

        *interval_ms* is that of the ticks. *collectors_of* tells which collectors export a sample's name, ``_total``
        and ``_bucket`` included; it is asked whenever an alert is active, so it may learn.
        *step_ms* is the step of subqueries that name none, in the expressions that templates ask.
        """
        self._series = series
        self._interval_ms = interval_ms
        self._collectors_of = collectors_of
        self._compat = compat
        self._step_ms = step_ms
        self._limits = limits or Limits()
        self._external = Host(external_labels or {}, external_url)
        self._compiled: dict[str, Query] = {}
        self._groups: list[StandingGroup] = []
        self._rules: tuple[Standing, ...] = ()
        self._removed: list[Standing] = []
        self._orphans: list[str] = []
        """What rules of before a restart wrote that there are no more."""
        self._began: int | None = None
        self.replace(groups)

    def replace(self, groups: Iterable[Group]) -> None:
        """Go on with other groups after a reload; rules that did not change keep their alerts, as in Prometheus.

        What fired under a rule that is gone is among the results of the next ``evaluate``, resolved.
        """
        rules = {standing.source: standing for standing in self._rules}
        before = {group.key: group for group in self._groups}
        self._groups = [self._stand(group, before, rules) for group in groups]
        self._rules = tuple(chain.from_iterable(group.rules for group in self._groups))
        kept = {standing.source for standing in self._rules}
        self._removed += [standing for source, standing in rules.items() if source not in kept]
        self._look_ahead()

    def restore(self, before: Before) -> None:
        """Go on with the alerts of before a restart; to be called before the first evaluation."""
        self._began = before.seen_since
        rows, view = dict(before.rows), self._series.view()
        for group in self._groups:
            for standing in group.rules:
                if (row := rows.pop(standing.source, None)) is not None:
                    standing.restore(row, view, offset_ms=group.group.offset_ms, now=before.at)
        self._orphans = [source for source, row in rows.items() if row.names]

    def locate(self, url: str) -> None:
        """Tell templates where people find this Medic, which is not known before it listens."""
        self._external = Host(self._external.external_labels, url)

    def evaluate(self, now: datetime, failed: frozenset[str] = frozenset()) -> tuple[Alert, ...]:
        """Evaluate the groups that are due at the tick *now*, whose samples are in the series already.

        Returns all pending and firing alerts, and those that were resolved at this tick. *failed* are the collectors
        whose last run failed: alerts that read them are frozen. *now* is the time of the tick's snapshot.
        """
        at = to_ms(now)
        self._began = at if self._began is None else min(self._began, at)
        host = self._host(at)
        for group in self._groups:
            if group.grid.is_due(at):
                group.evaluate(self._series, at, host, self._limits)
        for source in self._orphans:  # only now: what another rule has taken over must not end
            self._series.mark_stale(source, at)
        self._orphans = []
        told = self._told(at, failed)
        if self._removed:
            living = {alert.labels for alert in told if alert.state is not AlertState.INACTIVE}
            told += [alert for alert in self._bury(at) if alert.labels not in living]
        return tuple(told)

    def condition(self, alert: Alert, since: datetime, now: datetime) -> Condition:
        """Judge whether what *alert* complains of is still so, on the samples after *since* alone.

        Unknown while its selectors have too few samples or the rule's minimum does not hold, and for an alert that
        none of the rules can have made.
        """
        evidence = self._evidence(since, now)
        host = self._host(evidence.at_ms)
        judged = [
            conditions.of_rule(rule, alert.labels, evidence, host)
            for standing in self._makers(alert.labels)
            if isinstance(rule := standing.rule, AlertRule)
        ]
        order = [Truth.TRUE, Truth.UNKNOWN, Truth.FALSE]
        gone = Condition(Truth.UNKNOWN, f"no rule makes the alert {alert.name} with these labels")
        return min(judged, key=lambda condition: order.index(condition.truth), default=gone)

    def condition_of(self, expression: str, since: datetime, now: datetime) -> Condition:
        """Judge an expression that states a trouble (``verify.expr``): any result means that it lasts.

        A text that cannot be compiled is unknown; check it with ``rules.promql.compile_query`` at load.
        """
        try:
            query = self._compile(expression)
        except MedicError as error:
            return Condition(Truth.UNKNOWN, str(error))
        return conditions.of_query(query, self._evidence(since, now))

    def groups(self) -> tuple[GroupStatus, ...]:
        """Return how the groups, their rules and their alerts stand."""
        return tuple(group.status() for group in self._groups)

    def _stand(self, group: Group, groups: Mapping[Key, StandingGroup], rules: Mapping[str, Standing]) -> StandingGroup:
        standing = StandingGroup(group, self._interval_ms, _stand_rules(group, rules))
        return standing.inherit(groups[standing.key]) if standing.key in groups else standing

    def _look_ahead(self) -> None:
        """Find out what the rules read, and have it kept for as long as they look back."""
        writers = Writers(standing.rule for standing in self._rules)
        for standing in self._rules:
            standing.reads = reads(standing.rule, writers)
        named, everything = ranges(standing.rule for standing in self._rules)
        self._series.keep(named, everything=everything)

    def _makers(self, labels: Labels) -> list[Standing]:
        """Find the rules that an alert can be from: the one that has it, else all that could make it."""
        candidates = [standing for standing in self._rules if standing.could_make(labels)]
        having = [standing for standing in candidates if labels in standing.alerts]
        return having or candidates

    def _told(self, at: int, failed: frozenset[str]) -> list[Alert]:
        """Gather what every rule tells; the rules of one tick that read the same names share what is known of them."""
        errs = any(group.errs for group in self._groups)
        erring = frozenset(standing.rule.name for standing in self._rules if errs and standing.failed)
        view, told = self._series.view(), list[Alert]()
        known: dict[frozenset[str], Trust] = {}
        for standing in self._rules:
            if standing.alerts:
                measured = standing.reads.measured
                for matchers in standing.reads.nameless:
                    measured |= {track.key[0] for track in view.select(matchers)}
                trust = known.get(measured)
                if trust is None:
                    trust = known[measured] = self._trust(measured, failed)
                if erring and not trust.frozen and (broken := sorted(standing.reads.recorded & erring)):
                    trust = trust._replace(frozen=f"the rule {', '.join(broken)} errs, which it reads")
                told += standing.tell(view, at, trust)
        return told

    def _trust(self, measured: frozenset[str], failed: frozenset[str]) -> Trust:
        collectors = frozenset[str]().union(*map(self._collectors_of, measured))
        lost = sorted(collectors & failed)
        return Trust(collectors, f"collector {', '.join(lost)} failed" if lost else "", self._began or 0)

    def _bury(self, at: int) -> list[Alert]:
        """Resolve the alerts of removed rules, and end the series that they wrote."""
        removed, self._removed = self._removed, []
        for standing in removed:
            self._series.mark_stale(standing.source, at)
            standing.alerts, standing.error = remove(standing.alerts, at), ""
        view = self._series.view()
        return [alert for standing in removed for alert in standing.tell(view, at, Trust())]

    def _evidence(self, since: datetime, now: datetime) -> Evidence:
        return Evidence(self._series.view(), self._series.view(to_ms(since)), to_ms(now), self._limits)

    def _host(self, at: int) -> Host:
        def query(text: str) -> Sequence[Row]:
            try:
                return rows(self._compile(text).at(self._series.view(), at, self._limits.budget()))
            except MedicError as error:
                raise TemplateError(f"query {text!r}: {error}") from None

        return Host(self._external.external_labels, self._external.external_url, query, at)

    def _compile(self, text: str) -> Query:
        query = self._compiled.get(text)
        if query is None:
            if len(self._compiled) >= _EXPRESSIONS:
                self._compiled.clear()
            query = self._compiled[text] = compile_query(text, compat=self._compat, step_ms=self._step_ms)
        return query


def _stand_rules(group: Group, before: Mapping[str, Standing]) -> tuple[Standing, ...]:
    """Set up a group's rules, each with the alerts that it had; equal rules are told apart by their order."""
    seen: Counter[RuleKey] = Counter()
    standing: list[Standing] = []
    for rule in group.rules:
        key = key_of(group, rule)
        source = f"{key!r}#{seen[key]}"
        seen[key] += 1
        fresh = Standing(rule, source)
        standing.append(fresh.inherit(before[source]) if source in before else fresh)
    return tuple(standing)
