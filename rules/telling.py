"""From a rule's alerts to what the rest of Medic is told of them, and whether healing may rest on it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from medic.core.alerts import Alert, Source
from medic.core.clock import from_ms
from medic.core.samples import Labels
from rules.coverage import Coverage, Presence
from rules.groups import Rule
from rules.reading import invented
from rules.states import CONDITION_FALSE, NONE, SERIES_VANISHED, Active, Alerts
from rules.views import View

_NEVER = 1 << 62


class Trust(NamedTuple):
    """How far healing may rest on a rule's alerts at one tick."""

    collectors: frozenset[str] = frozenset()
    frozen: str = ""
    """Why it may not, whatever the alert; empty when only the windows remain to be looked at."""
    seen_since: int = 0
    """When the engine began to look, in milliseconds."""


class Teller:
    """Tells of the alerts of one rule; what was told last is told again, the same objects, while nothing changes."""

    __slots__ = ("_coverage", "_invented", "_key", "_list", "_reaches", "_since", "_told", "_until")

    def __init__(self, rule: Rule) -> None:
        """Know what *rule* reads and which labels of its alerts do not come from its series."""
        self._reaches = rule.query.reaches
        self._coverage = Coverage(rule.query.reaches)
        self._invented = invented(rule)
        self._told: dict[Labels, tuple[Active, Alert]] = {}
        self._list: list[Alert] = []
        self._key: tuple[Alerts, Trust] = (NONE, Trust())
        self._since = self._until = 0

    def tell(self, alerts: Alerts, view: View, at: int, trust: Trust) -> Sequence[Alert]:
        """Tell of the alerts that live, and of those resolved at this very tick."""
        if alerts is not self._key[0] or trust != self._key[1] or not self._since <= at < self._until:
            self._key, self._since = (alerts, trust), at
            self._tell_anew(view, at)
        return self._list

    def _tell_anew(self, view: View, at: int) -> None:
        alerts, trust = self._key
        living = [alert for alert in alerts.values() if alert.resolved_at is None]
        frozen, self._until = self._freeze(living, view, at)
        reasons = iter(frozen)
        told: dict[Labels, tuple[Active, Alert]] = {}
        for alert in alerts.values():
            if alert.resolved_at is None:
                told[alert.labels] = self._again(alert, next(reasons))
            elif alert.resolved_at == at:
                told[alert.labels] = self._again(alert, trust.frozen)
                self._until = at
        self._told, self._list = told, [alert for _, alert in told.values()]

    def _freeze(self, living: Sequence[Active], view: View, at: int) -> tuple[Sequence[str], int]:
        """Say of each alert why healing may not rest on it, and until when that stays so."""
        trust = self._key[1]
        if trust.frozen or not self._coverage.matters:
            return [trust.frozen] * len(living), _NEVER
        abouts = [self._about(alert.labels) for alert in living]
        return self._coverage.lacking(view, at, abouts, seen_since=trust.seen_since), self._coverage.until

    def _again(self, active: Active, frozen: str) -> tuple[Active, Alert]:
        known, collectors = self._told.get(active.labels), self._key[1].collectors
        if known is None:
            return active, _alert(active, from_ms(active.active_at), collectors, frozen)
        before, alert = known
        if before is active and alert.frozen == frozen and alert.collectors == collectors:
            return known
        began = alert.active_at if before.active_at == active.active_at else from_ms(active.active_at)
        return active, _alert(active, began, collectors, frozen)

    def why(self, view: View, at: int) -> Callable[[Labels], str]:
        """Return what says why an alert with the labels given to it resolves at *at*."""
        presence = Presence(view, self._reaches, at)
        return lambda labels: SERIES_VANISHED if presence.has_vanished(self._about(labels)) else CONDITION_FALSE

    def missing(self, view: View, at: int) -> Callable[[Labels], bool]:
        """Return what tells whether something that an alert with the labels given to it is about is not there."""
        presence = Presence(view, self._reaches, at)
        return lambda labels: presence.is_missing(self._about(labels))

    def _about(self, labels: Labels) -> Labels:
        return tuple([pair for pair in labels if pair[0] not in self._invented])


def _alert(alert: Active, began: datetime, collectors: frozenset[str], frozen: str) -> Alert:
    return Alert(
        labels=alert.labels,
        annotations=alert.annotations,
        state=alert.state,
        active_at=began,
        source=Source.RULES,
        value=alert.value,
        resolved_at=None if alert.resolved_at is None else from_ms(alert.resolved_at),
        why_resolved=alert.why_resolved,
        collectors=collectors,
        frozen=frozen,
    )
