"""Rule groups and alerts as Prometheus' API shows them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from medic.app.web.promapi.errors import refused
from medic.app.web.promapi.finding import selects
from medic.app.web.promapi.shaping import scientific
from medic.app.web.promapi.wanting import RuleType, Wanted
from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.queue import Json
from medic.core.samples import Labels
from rules.groups import AlertRule
from rules.states import Active
from rules.status import GroupStatus, RuleStatus

Object = dict[str, Json]
NEVER = "0001-01-01T00:00:00Z"
"""How Go writes a time that was not."""


def groups(known: Iterable[GroupStatus], wanted: Wanted) -> Object:
    """Return the ``data`` of ``rules``: the groups that are asked for, by file and name, and a sign if more follow.

    Raises ApiError when the group after which to go on is gone.
    """
    ordered = sorted(known, key=lambda group: (group.file, group.name))
    kept = [group for group in ordered if _is_wanted(group, wanted)]
    if wanted.after:
        kept = _following(kept, wanted.after)
    shown: list[Json] = [_group(group, wanted) for group in kept[: wanted.most]]
    more = wanted.most is not None and len(kept) > wanted.most
    return {"groups": shown, **({"groupNextToken": _sign(kept[len(shown) - 1])} if more else {})}


def alerts(known: Iterable[GroupStatus]) -> Object:
    """Return the ``data`` of ``alerts``: all that are pending or firing."""
    shown: list[Json] = [each for group in known for rule in group.rules for each in _alerts(rule)]
    return {"alerts": shown}


def _is_wanted(group: GroupStatus, wanted: Wanted) -> bool:
    is_named = not wanted.groups or group.name in wanted.groups
    is_filed = not wanted.files or group.file in wanted.files
    return is_named and is_filed and (not wanted.is_filter or any(_rules(group, wanted)))


def _rules(group: GroupStatus, wanted: Wanted) -> Iterator[RuleStatus]:
    for status in group.rules:
        kind = RuleType.ALERT if isinstance(status.rule, AlertRule) else RuleType.RECORD
        is_kind = wanted.kind in {RuleType.ALL, kind}
        is_named = not wanted.rules or status.rule.name in wanted.rules
        if is_kind and is_named and selects(wanted.selections, _labels(status)):
            yield status


def _labels(status: RuleStatus) -> Labels:
    """Return a rule's own labels, templates as they are written."""
    if isinstance(status.rule, AlertRule):
        return tuple((name, template.source) for name, template in status.rule.labels)
    return status.rule.labels


def _following(kept: Sequence[GroupStatus], sign: str) -> list[GroupStatus]:
    places = [place for place, group in enumerate(kept) if _sign(group) == sign]
    if not places:
        raise refused("group_next_token", f"invalid group_next_token '{sign[:100]}'. were rule groups changed?")
    return list(kept[places[0] + 1 :])


def _sign(group: GroupStatus) -> str:
    return hashlib.sha256(group.key.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def _group(group: GroupStatus, wanted: Wanted) -> Object:
    return {
        "name": group.name,
        "file": group.file,
        "rules": [_rule(status, wanted) for status in _rules(group, wanted)],
        "interval": group.interval_ms / 1000,
        "limit": group.group.limit,
        "evaluationTime": group.duration,
        "lastEvaluation": _moment(group.evaluated_at),
    }


def _rule(status: RuleStatus, wanted: Wanted) -> Object:
    rule = status.rule
    labels: Object = dict(_labels(status))
    shown: Object = {"name": rule.name, "query": rule.text, "health": status.health}
    if isinstance(rule, AlertRule):
        shown |= {
            "type": "alerting",
            "state": str(_state(status)),
            "duration": rule.for_ms / 1000,
            "keepFiringFor": rule.keep_firing_ms / 1000,
            "labels": labels,
            "annotations": {name: template.source for name, template in rule.annotations},
            "alerts": [*_alerts(status)] if wanted.with_alerts else [],
        }
    else:
        shown |= {"type": "recording", **({"labels": labels} if labels else {})}
    error: Object = {"lastError": status.error} if status.error else {}
    return shown | error | {"evaluationTime": status.duration, "lastEvaluation": _moment(status.evaluated_at)}


def _state(status: RuleStatus) -> AlertState:
    """Return the gravest state of a rule's alerts."""
    states = {alert.state for alert in status.alerts}
    gravest = (AlertState.FIRING, AlertState.PENDING)
    return next((state for state in gravest if state in states), AlertState.INACTIVE)


def _alerts(status: RuleStatus) -> Iterator[Object]:
    for alert in status.alerts:
        if alert.lives:
            yield _alert(alert)


def _alert(alert: Active) -> Object:
    since: Object = {} if alert.absent_since is None else {"keepFiringSince": _moment(alert.absent_since)}
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "state": str(alert.state),
        "activeAt": _moment(alert.active_at),
        **since,
        "value": scientific(alert.value),
    }


def _moment(milliseconds: int | None) -> str:
    """Write a time as Go does: RFC 3339 with as many decimals as it has."""
    if milliseconds is None:
        return NEVER
    whole, rest = divmod(milliseconds, 1000)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return from_ms(whole * 1000).strftime("%Y-%m-%dT%H:%M:%S") + f"{fraction}Z"
