"""How much memory the rules' windows take, by arithmetic that can be read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.durations import format_duration
from rules.groups import Group, Rule
from rules.reading import ranges

SAMPLE = 9
"""Bytes: 8 of the value, and its share of the times, the labels and the index."""
_UNITS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


@dataclass(frozen=True, slots=True)
class Need:
    """What is kept of one metric because a rule looks that far back."""

    name: str
    window_ms: int
    tick_ms: int
    series: int

    @property
    def samples(self) -> int:
        """Samples of each series: one a tick."""
        return -(-self.window_ms // self.tick_ms)

    @property
    def size(self) -> int:
        """Bytes of all series."""
        return self.samples * self.series * SAMPLE

    def __str__(self) -> str:
        """Write the arithmetic out."""
        back, tick = format_duration(self.window_ms), format_duration(self.tick_ms)
        number = f"{self.series:,} series" if self.series > 1 else "1 series"
        return (
            f"{self.name}: {back} / {tick} = {self.samples:,} samples x {number} x {SAMPLE} bytes = {show(self.size)}"
        )


@dataclass(frozen=True, slots=True)
class Excess:
    """Rules that need more than there is: the largest needs, without which the rest would fit."""

    needs: tuple[Need, ...]
    total: int
    budget: int

    def words(self, need: Need) -> str:
        """Say what *need* takes, and what to do about it."""
        return (
            f"{need}; all series together would take {show(self.total)} of the {show(self.budget)} of `rules.memory`: "
            "look back less far, record the expression and look back over that, or raise `rules.memory`"
        )


def excess(
    groups: Iterable[Group], series: Mapping[str, int], *, tick_ms: int, history: int, budget: int
) -> Excess | None:
    """Add up what is kept of each metric; None while it fits into *budget* bytes, or when no rule is the reason.

    *series* are the series that each metric has now; one that has none counts as one. Of each series the last
    *history* samples are kept in any case.
    """
    named, everything = ranges(rule for group in groups for rule in group.rules)
    needs = [
        Need(name, max(named.get(name, 0), everything, history * tick_ms), tick_ms, max(series.get(name, 0), 1))
        for name in dict.fromkeys((*named, *series))
    ]
    total = sum(need.size for need in needs)
    rest, largest = total, []
    for need in sorted(needs, key=lambda need: need.size, reverse=True):
        if rest > budget and need.samples > history:
            largest.append(need)
            rest -= need.size
    return Excess(tuple(largest), total, budget) if largest else None


def culprits(groups: Iterable[Group], over: Excess) -> Iterator[tuple[Group, Rule, str]]:
    """Yield the first rule that looks back as far as each of the largest needs, with words that say so."""
    pairs = [(group, rule) for group in groups for rule in group.rules]
    for need in over.needs:
        for group, rule in [pair for pair in pairs if _asks(pair[1], need)][:1]:
            yield group, rule, over.words(need)


def _asks(rule: Rule, need: Need) -> bool:
    return any(reach.name in {need.name, ""} and reach.oldest_ms == need.window_ms for reach in rule.query.reaches)


def show(size: int) -> str:
    """Write a number of bytes as people read it: ``1.5 GiB``."""
    for unit, bytes_ in _UNITS:
        if size >= bytes_:
            return f"{size / bytes_:,.4g} {unit}"
    return f"{size} bytes"
