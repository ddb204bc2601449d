"""What is found in rule files: mistakes, as promtool finds them, and warnings of what may not be meant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.checks.labels import absent_without_labels, lost_labels
from rules.checks.names import WRITTEN_BY_ALERTS, unknown_labels, unknown_metrics
from rules.checks.remark import Doubt, Ground, Remark, at, interval_of
from rules.checks.results import wrong_results
from rules.checks.spans import rounded_interval, short_for, short_ranges
from rules.document import Mistake, RuleFileError
from rules.files import load, repeated
from rules.groups import Group, RecordRule, Rule
from rules.memory import culprits, excess
from rules.promql import Compat

__all__ = ["Doubt", "Ground", "Mistake", "Reading", "Remark", "read", "remarks"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One rule file as it was read."""

    file: str
    groups: tuple[Group, ...] = ()
    """Empty when there are mistakes that keep the file from being loaded."""
    mistakes: tuple[Mistake, ...] = ()

    @property
    def rules(self) -> int:
        """The number of its rules."""
        return sum(len(group.rules) for group in self.groups)


def read(path: Path, *, compat: Compat = Compat.PROMETHEUS_3) -> Reading:
    """Read one rule file; the same rule twice is a mistake, too, as promtool has it."""
    try:
        groups = load([path], compat=compat)
    except RuleFileError as error:
        return Reading(str(path), mistakes=error.mistakes)
    return Reading(str(path), tuple(groups), repeated(groups))


def remarks(groups: Sequence[Group], ground: Ground, others: Iterable[Group] = ()) -> tuple[Remark, ...]:
    """Warn of what may not be meant in *groups*, in the order of files and lines.

    What *others* record counts as known; they are the rules in force that are not looked at.
    """
    every = [*groups, *others]
    recorded = _recorded(every, ground.tick_ms)
    known = frozenset({*ground.series, *recorded, *WRITTEN_BY_ALERTS})
    found = [*_of_groups(groups, ground, recorded, known), *_of_memory(groups, every, ground)]
    files = list(dict.fromkeys(group.file for group in groups))
    return tuple(sorted(found, key=lambda remark: (files.index(remark.file), remark.line)))


def _of_groups(
    groups: Iterable[Group], ground: Ground, recorded: Mapping[str, int], known: frozenset[str]
) -> Iterator[Remark]:
    labels = {name: names for name, names in ground.labels.items() if name not in recorded}
    for group in groups:
        yield from rounded_interval(group, ground.tick_ms)
        for rule in group.rules:
            yield from unknown_metrics(group, rule, known)
            yield from unknown_labels(group, rule, labels)
            yield from wrong_results(group, rule)
            yield from short_for(group, rule, ground.tick_ms)
            yield from short_ranges(group, rule, ground, recorded)
            yield from absent_without_labels(group, rule)
            yield from lost_labels(group, rule)


def _of_memory(groups: Sequence[Group], every: Sequence[Group], ground: Ground) -> Iterator[Remark]:
    """Warn of each window that is too large at the first rule that has it."""
    over = excess(every, ground.series, tick_ms=ground.tick_ms, history=ground.history, budget=ground.memory)
    for group, rule, words in culprits(groups, over) if over else ():
        yield at(group, rule, Doubt.MEMORY, words)


def _pairs(groups: Iterable[Group]) -> Iterator[tuple[Group, Rule]]:
    return ((group, rule) for group in groups for rule in group.rules)


def _recorded(groups: Iterable[Group], tick_ms: int) -> dict[str, int]:
    """Return the metrics that rules record, each with the milliseconds between its samples."""
    return {rule.name: interval_of(group, tick_ms) for group, rule in _pairs(groups) if isinstance(rule, RecordRule)}
