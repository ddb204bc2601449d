"""Which of the remaining names are groups of their own: those that use most CPU or memory, without much to and fro."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

HALF_LIFE = 300.0
"""Seconds after which CPU that was used counts half."""
HOME = 1.25
"""How much more a newcomer must use than one that has its place: a series that comes and goes is of little use."""


class Use(NamedTuple):
    """What the processes of one name use."""

    cpu: float
    """Clock ticks, those of long ago counted less."""
    pages: int
    """Resident memory."""


def fade(cpu: Mapping[str, float], rises: Mapping[str, int], seconds: float) -> dict[str, float]:
    """Add what was used in the last *seconds* to what was used before, for the names that there still are."""
    factor = 0.5 ** (max(0.0, seconds) / HALF_LIFE)
    return {name: cpu.get(name, 0.0) * factor + rise for name, rise in rises.items()}


def rank(uses: Mapping[str, Use], incumbents: Collection[str], most: int) -> frozenset[str]:
    """Return the *most* names that have the greatest share of all CPU or of all memory, whichever is greater."""
    cpu, pages = sum(use.cpu for use in uses.values()) or 1.0, sum(use.pages for use in uses.values()) or 1

    def standing(name: str) -> tuple[float, str]:
        share = max(uses[name].cpu / cpu, uses[name].pages / pages)
        return -share * (HOME if name in incumbents else 1.0), name

    using = (name for name in uses if uses[name].cpu or uses[name].pages)
    return frozenset(sorted(using, key=standing)[:most])
