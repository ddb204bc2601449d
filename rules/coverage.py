"""Where a rule looks, and how much there is to see: what healing may rest on, and what it may not."""

from collections.abc import Iterable, Sequence

from medic.core.samples import Labels
from rules.blocks import Span
from rules.durations import format_duration
from rules.labelsets import NAME
from rules.promql.frame import LOOKBACK_MS
from rules.promql.reach import Reach
from rules.views import View

COVERED = 0.8
"""The part of a window that must lie behind us before anything is healed on it."""


def written(reach: Reach) -> str:
    """Write a selector as in a rule; its window is the whole of what it reads."""
    inner = ", ".join(str(matcher) for matcher in reach.matchers if matcher.name != NAME or not reach.name)
    window = f"[{format_duration(length(reach))}]" if reach.window else ""
    return f"{reach.name}{{{inner}}}{window}" if inner else f"{reach.name}{window}"


def length(reach: Reach) -> int:
    """How many milliseconds a selector's window is long."""
    return reach.oldest_ms - reach.newest_ms


def belongs(series: Iterable[tuple[str, str]], alert: Labels) -> bool:
    """Tell whether a series can be one that an alert is about: no label that both have differs.

    Of *alert* only the labels that come from its series may be given here, see ``rules.reading.invented``.
    """
    wanted = dict(alert)
    return all(wanted.get(name, value) == value for name, value in series if name != NAME)


def spans(view: View, reach: Reach, at_ms: int, alert: Labels) -> list[Span]:
    """Return the windows of the series that an alert is about."""
    found = view.spans(view.select(reach.matchers), at_ms - reach.oldest_ms, at_ms - reach.newest_ms)
    return [span for labels, span in found if belongs(labels.pairs, alert)]


def has_vanished(view: View, every: Sequence[Reach], at_ms: int, alert: Labels) -> bool:
    """Tell whether none of the series that an alert is about has a current value any more."""
    return not any(_is_present(view, reach, at_ms - reach.newest_ms, alert) for reach in every)


def _is_present(view: View, reach: Reach, until: int, alert: Labels) -> bool:
    current = view.latest(view.select(reach.matchers), until - LOOKBACK_MS, until)
    return any(belongs(labels.pairs, alert) for labels in current)


def uncovered(view: View, every: Sequence[Reach], at_ms: int, alert: Labels, *, seen_since: int) -> str:
    """Say which window is covered by less than 80 %, or nothing.

    A window without any sample (of ``absent_over_time``) is covered when Medic itself has been looking long enough:
    since *seen_since*, in milliseconds.
    """
    for reach in every:
        if not reach.window:
            continue
        found = spans(view, reach, at_ms, alert)
        covered = max(map(_stretch, found)) if found else at_ms - seen_since
        if covered < COVERED * length(reach):
            part = max(covered, 0) / length(reach)
            return f"the window of {written(reach)} is covered by {part:.0%}, {COVERED:.0%} are needed"
    return ""


def _stretch(span: Span) -> float:
    """How much of its window a series covers: each sample stands for the time up to the next."""
    if span.samples < 2:  # noqa: PLR2004 - of one sample no spacing is known
        return 0
    return (span.last_at - span.first_at) * span.samples / (span.samples - 1)


def missing_since(whole: View, since: View, every: Sequence[Reach], at_ms: int, alert: Labels) -> str:
    """Say which selector has too few samples in the view *since* to conclude anything, or nothing.

    A range needs two samples, an instant one. Selectors that see nothing in the *whole* view either (the other branch
    of an ``or``) do not count, unless that holds of all.
    """
    needed = [reach for reach in every if spans(whole, reach, at_ms, alert)]
    if every and not needed:
        return "its series have vanished"
    for reach in needed:
        least = 2 if reach.window else 1
        most = max((span.samples for span in spans(since, reach, at_ms, alert)), default=0)
        if most < least:
            return f"{written(reach)} has {most} samples since then, {least} are needed"
    return ""
