"""What rule files say: groups of rules, read and compiled."""

from dataclasses import dataclass
from typing import NamedTuple

from rules.promql import Query
from rules.templates import Template


@dataclass(frozen=True, slots=True)
class RecordRule:
    """Writes the result of an expression as a new series."""

    name: str
    text: str
    query: Query
    labels: tuple[tuple[str, str], ...] = ()
    """With those of the group, which the rule's own override."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Turns each element of an expression's result into an alert."""

    name: str
    text: str
    query: Query
    labels: tuple[tuple[str, Template], ...] = ()
    """With those of the group, which the rule's own override."""
    annotations: tuple[tuple[str, Template], ...] = ()
    for_ms: int = 0
    keep_firing_ms: int = 0
    line: int = 0


Rule = RecordRule | AlertRule


class RuleKey(NamedTuple):
    """What makes a rule the same rule after a reload: as in Prometheus its place, name and labels, nothing else."""

    file: str
    group: str
    name: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other, at one time."""

    file: str
    name: str
    rules: tuple[Rule, ...]
    interval_ms: int | None = None
    """None: at every tick."""
    offset_ms: int = 0
    """How far back the queries look (``query_offset``)."""
    limit: int = 0
    """The most alerts or series that one rule may give; 0 and less are no limit."""
    line: int = 0


def key_of(group: Group, rule: Rule) -> RuleKey:
    """Name a rule so that its state can be found again after a reload."""
    if isinstance(rule, RecordRule):
        return RuleKey(group.file, group.name, rule.name, rule.labels)
    labels = tuple((name, template.source) for name, template in rule.labels)
    return RuleKey(group.file, group.name, rule.name, labels)
