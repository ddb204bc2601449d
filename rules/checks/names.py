"""Selectors of metrics that nobody exports or records."""

from collections.abc import Iterator
from difflib import get_close_matches

from rules.checks.remark import Doubt, Remark, at
from rules.groups import Group, Rule
from rules.labelsets import NAME
from rules.promql.reach import Reach

WRITTEN_BY_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_LIKENESS = 0.75


def unknown_metrics(group: Group, rule: Rule, known: frozenset[str]) -> Iterator[Remark]:
    """Warn of each selector whose name none of the *known* metrics has."""
    for words in dict.fromkeys(_unmatched(reach, known) for reach in rule.query.reaches):
        if words:
            yield at(group, rule, Doubt.UNKNOWN_METRIC, words)


def _unmatched(reach: Reach, known: frozenset[str]) -> str:
    """Say what is wrong with the name that a selector asks for; nothing for one that asks for none."""
    wanted = [matcher for matcher in reach.matchers if matcher.name == NAME]
    candidates = known if not reach.name else known & {reach.name}
    if not wanted or any(all(matcher.accepts(name) for matcher in wanted) for name in candidates):
        return ""
    if not reach.name:
        return f"no metric that is exported here matches {{{', '.join(map(str, wanted))}}}: mend the pattern"
    near = get_close_matches(reach.name, known, 1, _LIKENESS)
    advice = f"did you mean {near[0]}?" if near else "see /metrics for those that there are"
    return f"no metric {reach.name} is exported or recorded here: {advice}"
