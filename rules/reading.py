"""What rules read: which measured metrics, through which recording rules, and of which series an alert is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.groups import RecordRule, Rule
from rules.promql import Query
from rules.promql.nodes import Aggregation, Binary, Call, String, walk
from rules.promql.reach import reaches


@dataclass(frozen=True, slots=True)
class Reads:
    """The metric names that a rule rests on, also by way of recording rules."""

    measured: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()


def reads(rule: Rule, recorders: Mapping[str, frozenset[str]]) -> Reads:
    """Follow a rule's names through the recording rules, given as name and the names that each reads."""
    reached: set[str] = set()
    waiting = set(rule.query.names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= recorders.get(name, frozenset()) - reached
    return Reads(frozenset(reached - recorders.keys()), frozenset(reached & recorders.keys()))


def recorders(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """Return what each recorded name is computed from; two rules may record the same name."""
    found: dict[str, frozenset[str]] = {}
    for rule in rules:
        if isinstance(rule, RecordRule):
            found[rule.name] = found.get(rule.name, frozenset()) | rule.query.names
    return found


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
