"""From facts to a report: what to look at, and the sentence that says it all. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from medic.core.healing import Ending, Outcome
from medic.core.runs import RunState
from rhythm.reports.facts import Facts
from rhythm.reports.lines import TARGET, alert_line, check_line, is_firing, job_lines, pool_line, queue_line
from rhythm.reports.report import PoolLine, QueueLine, Report, Tone
from rhythm.reports.timeline import timeline


def summarize(facts: Facts, now: datetime) -> Report:
    """Make the report of a period; *now* is when it is made, which may be long after the period."""
    attention = tuple(_attention(facts))
    empty = not _known(facts)
    return Report(
        host=facts.host,
        start=facts.start,
        end=facts.end,
        timezone=facts.timezone,
        made_at=now,
        summary=_nothing(facts) if empty else _sentence(facts, attention),
        tone=Tone.UNKNOWN if empty else Tone.BAD if attention else Tone.GOOD,
        attention=attention,
        checks=tuple(map(check_line, facts.checks)),
        queues=tuple(map(queue_line, facts.queues)),
        pools=tuple(map(pool_line, facts.pools)),
        alerts=tuple(map(alert_line, sorted(facts.alerts, key=lambda alert: (not is_firing(alert), alert.active_at)))),
        timeline=timeline(facts),
        jobs=job_lines(facts.runs),
        probes=facts.probes,
    )


def _known(facts: Facts) -> bool:
    known = (facts.checks, facts.pools, facts.queues, facts.alerts, facts.episodes, facts.attempts, facts.runs)
    return any(known)


def _nothing(facts: Facts) -> str:
    return f"There is no data: nothing was recorded of {facts.host} in this period; Medic may not have been running."


def _sentence(facts: Facts, attention: Sequence[str]) -> str:
    if attention:
        more = len(attention) - 1
        return f"Not well: {attention[0]}{f', and {more} more to look at' if more else ''}."
    return f"All is well: {', '.join(_good_news(facts))}."


def _good_news(facts: Facts) -> Iterator[str]:
    """Yield what is known and well; there is always something, if only that no alert fires."""
    for queue in map(queue_line, facts.queues):
        if queue.success is not None:
            yield f"queue {queue.name} at {percent(queue.success)}"
    if facts.pools:
        yield f"{sum(pool.running for pool in facts.pools)} of {sum(pool.expected for pool in facts.pools)} workers up"
    if healed := sum(attempt.outcome is Outcome.HEALED for attempt in facts.attempts):
        yield f"{healed} healed"
    news = ", ".join(sorted({alert.name for alert in facts.alerts if is_firing(alert) and alert.is_news}))
    yield f"no alert firing but {news}, which is for information" if news else "no alert firing"


def _attention(facts: Facts) -> Iterator[str]:
    """Yield what a person should look at, the most urgent first."""
    for episode in facts.episodes:
        if episode.ending is Ending.GIVEN_UP:
            yield f"{episode.target} was given up by {episode.remedy}"
    for alert in filter(is_firing, facts.alerts):
        if not alert.is_news:
            yield f"{alert.name} is firing"
    yield from (_pool_trouble(pool) for pool in map(pool_line, facts.pools) if pool.tone is Tone.BAD)
    yield from (_queue_trouble(queue) for queue in map(queue_line, facts.queues) if queue.tone is Tone.BAD)
    yield from (f"check {check.name} failed: {check.text}" for check in facts.checks if not check.ok)
    yield from _job_troubles(facts)


def _pool_trouble(pool: PoolLine) -> str:
    return f"pool {pool.name} has {pool.running} of {pool.expected} workers"


def _queue_trouble(queue: QueueLine) -> str:
    if queue.success is None or queue.success >= TARGET:
        return f"queue {queue.name} does not answer"
    return f"queue {queue.name} completes {percent(queue.success)} of its tasks, its target is {percent(TARGET)}"


def _job_troubles(facts: Facts) -> Iterator[str]:
    """Name jobs whose latest due time ended badly; a skipped one names its root, which is in the list itself."""
    last = {run.job: run for run in sorted(facts.runs, key=lambda run: run.due) if run.state.final}
    for name, run in sorted(last.items()):
        if run.state in {RunState.FAILED, RunState.INTERRUPTED, RunState.MISSED}:
            yield f"job {name} {run.state}{f': {run.reason}' if run.reason else ''}"


def percent(ratio: float) -> str:
    """Write a ratio as people do; only what is exactly whole is called 100 % or 0 %."""
    value = 100 * ratio
    if 0 < ratio < 1:
        value = min(max(value, 0.1), 99.9)
    return f"{value:.1f} %".replace(".0 %", " %")
