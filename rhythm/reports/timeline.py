"""What happened when: alerts and heals of a period in the order of time. Pure."""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from medic.core.alerts import Alert
from medic.core.healing import Attempt, Ending, Episode, Outcome
from rhythm.reports.facts import Facts
from rhythm.reports.lines import is_firing, write_labels
from rhythm.reports.report import Event, Tone

_TONES = {Outcome.HEALED: Tone.GOOD, Outcome.FAILED: Tone.BAD, Outcome.UNKNOWN: Tone.UNKNOWN}


def timeline(facts: Facts) -> tuple[Event, ...]:
    """Return the events of the period in their order; what began before it is not repeated."""
    events = [*_alerts(facts.alerts), *_attempts(facts.attempts), *_endings(facts.episodes)]
    return tuple(sorted((event for event in events if facts.start <= event.at < facts.end), key=attrgetter("at")))


def _alerts(alerts: Iterable[Alert]) -> Iterator[Event]:
    for alert in alerts:
        text = f"{alert.name} {write_labels(alert.labels)}".strip()
        yield Event(alert.active_at, "alert", f"{text} became active", Tone.BAD if is_firing(alert) else Tone.PLAIN)
        if alert.resolved_at is not None:
            why = f" ({alert.why_resolved})" if alert.why_resolved else ""
            yield Event(alert.resolved_at, "resolved", f"{text}{why}", Tone.GOOD)


def _attempts(attempts: Iterable[Attempt]) -> Iterator[Event]:
    for attempt in attempts:
        text = f"{attempt.action} {attempt.target}, attempt {attempt.number} of {attempt.remedy}: {attempt.reason}"
        yield Event(attempt.reserved_at, "heal", text, Tone.PLAIN)
        if attempt.closed_at is not None and attempt.outcome is not None:
            detail = f": {attempt.detail}" if attempt.detail else ""
            yield Event(attempt.closed_at, str(attempt.outcome), f"{attempt.target}{detail}", _TONES[attempt.outcome])


def _endings(episodes: Iterable[Episode]) -> Iterator[Event]:
    """Tell only the ending that its attempts do not tell."""
    for episode in episodes:
        if episode.ended_at is not None and episode.ending is Ending.GIVEN_UP:
            yield Event(episode.ended_at, "given-up", f"{episode.target} under {episode.remedy}", Tone.BAD)
