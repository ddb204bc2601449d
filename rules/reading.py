"""What rules read: which measured metrics, through which recording rules, and of which series an alert is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.groups import RecordRule, Rule
from rules.labelsets import NAME
from rules.postings import Matcher
from rules.promql import Query
from rules.promql.nodes import Aggregation, Binary, Call, String, walk
from rules.promql.reach import Reach, reaches

_OF_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True)
class Reads:
    """What a rule rests on, also by way of the rules whose series it reads."""

    measured: frozenset[str] = frozenset()
    """Names of metrics that no rule writes."""
    recorded: frozenset[str] = frozenset()
    """Names of rules."""
    nameless: frozenset[tuple[Matcher, ...]] = frozenset()
    """Selectors that name no metric: what they read is only known when they are asked."""


class Writers:
    """Which rules write which series."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Know these rules; two may record the same name."""
        self._recorders: dict[str, list[Rule]] = {}
        self._alerts: list[Rule] = []
        for rule in rules:
            if isinstance(rule, RecordRule):
                self._recorders.setdefault(rule.name, []).append(rule)
            else:
                self._alerts.append(rule)

    def of(self, reach: Reach) -> list[Rule]:
        """Return the rules that can have written what a selector selects."""
        found = self._recorders.get(reach.name, []) if reach.name else list(self._named(reach))
        if any(_accepts(reach, NAME, name) for name in _OF_ALERTS):
            found = found + [rule for rule in self._alerts if _accepts(reach, "alertname", rule.name)]
        return found

    def _named(self, reach: Reach) -> Iterator[Rule]:
        for name, rules in self._recorders.items():
            if _accepts(reach, NAME, name):
                yield from rules


def _accepts(reach: Reach, label: str, value: str) -> bool:
    return all(matcher.accepts(value) for matcher in reach.matchers if matcher.name == label)


def reads(rule: Rule, writers: Writers) -> Reads:
    """Follow what a rule reads through the rules that write it, to what is measured."""
    measured: set[str] = set()
    nameless: set[tuple[Matcher, ...]] = set()
    reached: dict[int, str] = {}
    waiting = [rule]
    while waiting:
        for reach in waiting.pop().query.reaches:
            written = writers.of(reach)
            if not reach.name:
                nameless.add(reach.matchers)
            elif not written:
                measured.add(reach.name)
            waiting += [one for one in written if id(one) not in reached]
            reached |= {id(one): one.name for one in written}
    return Reads(frozenset(measured), frozenset(reached.values()), frozenset(nameless))


def ranges(rules: Iterable[Rule]) -> tuple[dict[str, int], int]:
    """Return how many milliseconds back each metric is needed, and how many all are, for selectors without a name."""
    named: dict[str, int] = {}
    everything = 0
    for reach in (reach for rule in rules for reach in rule.query.reaches):
        if reach.name:
            named[reach.name] = max(named.get(reach.name, 0), reach.oldest_ms)
        else:
            everything = max(everything, reach.oldest_ms)
    return named, everything


def invented(rule: Rule) -> frozenset[str]:
    """Return the labels that a rule or a function in it sets, so that they say nothing about the series it reads."""
    own = {"alertname", *(name for name, _ in rule.labels)}
    for node in walk(rule.query.root):
        match node:
            case Call("label_replace" | "label_join", (_, String(name), *_)):
                own.add(name)
            case Aggregation("count_values", _, String(name)):
                own.add(name)
    return frozenset(own)


def least(query: Query) -> Query | None:
    """Return a query's minimum: how much must have happened to judge at all; None where it has none.

    That is the right side of ``condition and count >= number`` where it counts over time what the condition is about
    (``increase(x_total[1h]) >= 20``); of ``cpu > 0.9 and memory > 0.8`` the right side is a second condition.
    """
    root, minimum = query.root, query.minimum
    if minimum is None or not isinstance(root, Binary):
        return None
    counts = any(isinstance(node, Call) and node.name in _COUNTING for node in walk(minimum.root))
    shared = minimum.names & {reach.name for reach in reaches(root.left)}
    return minimum if counts and shared else None


_COUNTING = frozenset({"increase", "count_over_time", "changes"})
