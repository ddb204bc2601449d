"""Spans of time that do not fit how often rules are evaluated and metrics are measured."""

from collections.abc import Iterator, Mapping

from rules.checks.remark import Doubt, Ground, Remark, at, interval_of
from rules.durations import format_duration
from rules.groups import AlertRule, Group, Rule
from rules.labelsets import NAME
from rules.postings import Match
from rules.promql.nodes import Subquery, Window, walk
from rules.promql.writing import write

_LEAST, _GOOD = 2, 4
"""Intervals that a range must hold to see two samples, and to see them although one is missing."""


def rounded_interval(group: Group, tick_ms: int) -> Iterator[Remark]:
    """Warn of a group whose interval is no whole number of ticks, and say what it is rounded up to."""
    rounded = interval_of(group, tick_ms)
    if group.interval_ms is not None and group.interval_ms != rounded:
        written, tick = format_duration(group.interval_ms), format_duration(tick_ms)
        text = f"the interval {written} is rounded up to {format_duration(rounded)}, whole ticks of {tick}"
        yield Remark(group.file, group.line, group.name, Doubt.ROUNDED_INTERVAL, text)


def short_for(group: Group, rule: Rule, tick_ms: int) -> Iterator[Remark]:
    """Warn of an alert that must hold for less than lies between two evaluations."""
    interval = interval_of(group, tick_ms)
    if isinstance(rule, AlertRule) and 0 < rule.for_ms < interval:
        held, every = format_duration(rule.for_ms), format_duration(interval)
        text = f"`for: {held}` is shorter than the {every} between two evaluations, and so means {every}: write that"
        yield at(group, rule, Doubt.SHORT_FOR, text)


def short_ranges(group: Group, rule: Rule, ground: Ground, recorded: Mapping[str, int]) -> Iterator[Remark]:
    """Warn of ranges that hold less than two samples; *recorded* are the intervals of recorded metrics."""
    for node in dict.fromkeys(walk(rule.query.root)):
        match node:
            case Window():
                name = _name(node)
                step = recorded.get(name) or ground.clocks.get(name) or ground.tick_ms
            case Subquery(step_ms=int(step)):
                pass
            case _:
                continue
        if node.range_ms < _LEAST * step:
            every, good = format_duration(step), format_duration(_GOOD * step)
            text = f"the range of {write(node)} is shorter than two intervals of {every}, and often holds one sample"
            yield at(group, rule, Doubt.SHORT_RANGE, f"{text} or none: write {good} or longer")


def _name(node: Window) -> str:
    named = (one.value for one in node.selector.matchers if one.name == NAME and one.match is Match.EQUAL)
    return next(named, "")
