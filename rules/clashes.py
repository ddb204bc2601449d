"""Rules that write the same series at one time: the first counts, and one that wrote another value errs."""

from collections.abc import Sequence
from math import isnan

from medic.core.samples import Labels, Sample
from rules.labelsets import NAME
from rules.postings import Match, Matcher
from rules.views import View


def clash(view: View, written: Sequence[Sample], at_ms: int) -> str:
    """Say which of the samples *written* at *at_ms* was refused for another value of that time, or a later one.

    One that was refused for its equal is no clash, as in Prometheus: two rules may raise the same alert.
    """
    stored = {name: _stored(view, name, at_ms) for name in {sample.name for sample in written}}
    for sample in written:
        if not _same(stored[sample.name].get(sample.labels), sample.value):
            inner = ", ".join(f'{name}="{value}"' for name, value in sample.labels)
            return (
                f"duplicate sample for timestamp: {sample.name}{{{inner}}} has another value at this time already: "
                "give one of the rules that write it another name or label"
            )
    return ""


def _stored(view: View, name: str, at_ms: int) -> dict[Labels, float]:
    tracks = view.select((Matcher(NAME, Match.EQUAL, name),))
    latest = view.latest(tracks, at_ms - 1, at_ms)
    return {tuple(pair for pair in labels.pairs if pair[0] != NAME): value for labels, value in latest.items()}


def _same(stored: float | None, value: float) -> bool:
    return stored is not None and (stored == value or (isnan(stored) and isnan(value)))
