"""Selectors of what nobody exports or records: metrics, and labels of them."""

from collections.abc import Iterator, Mapping

from rules.checks.likeness import most_like
from rules.checks.remark import Doubt, Remark, at
from rules.groups import Group, Rule
from rules.labelsets import NAME
from rules.promql import Query
from rules.promql.reach import Reach

WRITTEN_BY_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
OF_SCRAPES = frozenset({"job", "instance"})
"""Labels that a Prometheus adds to what it scrapes; nobody adds them here."""


def unknown_metrics(group: Group, rule: Rule, known: frozenset[str]) -> Iterator[Remark]:
    """Warn of each selector whose name none of the *known* metrics has."""
    for words in unmatched(rule.query, known):
        yield at(group, rule, Doubt.UNKNOWN_METRIC, words)


def unmatched(query: Query, known: frozenset[str]) -> list[str]:
    """Say of each selector of a query what is wrong with the name that it asks for; nothing for a *known* one."""
    return list(dict.fromkeys(words for reach in query.reaches if (words := _unmatched(reach, known))))


def unknown_labels(group: Group, rule: Rule, labels: Mapping[str, frozenset[str]]) -> Iterator[Remark]:
    """Warn of each selector that asks for a label which no series of its metric has; *labels* by metric."""
    for words in dict.fromkeys(words for reach in rule.query.reaches for words in _unlabelled(reach, labels)):
        yield at(group, rule, Doubt.UNKNOWN_LABEL, words)


def _unlabelled(reach: Reach, labels: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Say what is wrong with the labels that a selector needs; nothing where those of its metric are not known."""
    known = labels.get(reach.name)
    if known is None:
        return
    for matcher in reach.matchers:
        if matcher.name not in {NAME, *known} and not matcher.accepts(""):
            yield f"no series of {reach.name} has the label {matcher.name} here, {_instead(matcher.name, known)}"


def _instead(label: str, known: frozenset[str]) -> str:
    if near := most_like(label, known):
        return f"so that nothing is selected: did you mean {near}?"
    if label in OF_SCRAPES:
        return "as no scrape adds it, so that nothing is selected: leave the matcher out"
    there = f"it has {', '.join(sorted(known))}" if known else "it has none"
    return f"so that nothing is selected: {there}"


def _unmatched(reach: Reach, known: frozenset[str]) -> str:
    """Say what is wrong with the name that a selector asks for; nothing for one that asks for none."""
    wanted = [matcher for matcher in reach.matchers if matcher.name == NAME]
    candidates = known if not reach.name else known & {reach.name}
    if not wanted or any(all(matcher.accepts(name) for matcher in wanted) for name in candidates):
        return ""
    if not reach.name:
        return f"no metric that is exported here matches {{{', '.join(map(str, wanted))}}}: mend the pattern"
    near = most_like(reach.name, known)
    advice = f"did you mean {near}?" if near else "see /metrics for those that there are"
    if reach.name == "up":
        advice = "nothing is scraped; what a collector says is in medic_scrape_collector_success"
    return f"no metric {reach.name} is exported or recorded here: {advice}"
