"""How Dramatiq's messages end, as its Prometheus middleware tells inside the workers.

The page is that of ``dramatiq.middleware.prometheus`` (port 9191 unless configured otherwise); its metrics have the
labels ``queue_name`` and ``actor_name``. Each try of a message is a message there, so that completed are those without
an error; failed are those that were rejected, when their tries were used up.
"""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from exporter.backends.source import BackendError, Reader, Source
from exporter.backends.timing import MOST, OTHER
from exporter.backends.web import fetch, named
from exporter.collectors.textfile.parse import TextError, parse
from medic.core.queue import Histogram, QueueFigures
from medic.core.samples import Sample, labels

SHARE = 3
"""The page gets this part of a reading's time, the broker the rest."""
DURATION = "dramatiq_message_duration_milliseconds"
MILLISECONDS = 1000

log = logging.getLogger(__name__)


class Outcomes(NamedTuple):
    """How the messages of a queue ended since the workers began to count."""

    completed: int
    failed: int
    durations: tuple[Histogram, ...]


class OutcomesReader:
    """Adds outcomes to what a broker tells; they are absent while the page cannot be read, as when no worker runs."""

    def __init__(self, broker: Reader, source: Source) -> None:
        """Ask nothing yet; *broker* reads what the page does not have."""
        self._broker = broker
        self._source = source
        self._missed = False

    def read(self) -> QueueFigures:
        """Ask the broker, then the page."""
        figures = self._broker.read()
        outcomes = self._outcomes()
        if outcomes is None:
            return replace(figures, failed=None)
        return replace(figures, completed=outcomes.completed, failed=outcomes.failed, durations=outcomes.durations)

    def close(self) -> None:
        """Let go of what the reader of the broker holds."""
        self._broker.close()

    def _outcomes(self) -> Outcomes | None:
        """Read the page; where that begins or ceases to fail, a line in the log says so."""
        url, queue = self._source.metrics, {"queue": self._source.name}
        try:
            page = fetch(url, headers={}, timeout=self._source.timeout / SHARE, ca_file=self._source.ca_file)
            outcomes = read(page, self._source.queue)
        except BackendError as error:
            if not self._missed:
                log.warning("outcomes of tasks are not told", extra={**queue, "reason": str(named(url, error))})
            self._missed = True
            return None
        if self._missed:
            log.info("outcomes of tasks are told again", extra=queue)
        self._missed = False
        return outcomes


def read(page: bytes, queue: str) -> Outcomes:
    """Read how the messages of *queue* ended; nothing ended yet where the page has no word of it.

    Raises BackendError for what is no page of metrics.
    """
    try:
        samples = [each for declared in parse(page) for each in declared.samples]
    except TextError as error:
        raise BackendError(f"is no page of metrics: {error}") from error
    ours = [(sample, dict(sample.labels)) for sample in samples if ("queue_name", queue) in sample.labels]
    sums = Counter[str]()
    for sample, _ in ours:
        sums[sample.name] += _whole(sample)
    return Outcomes(
        max(0, sums["dramatiq_messages_total"] - sums["dramatiq_message_errors_total"]),
        sums["dramatiq_message_rejects_total"],
        _histograms(ours),
    )


def _whole(sample: Sample) -> int:
    return int(sample.value) if math.isfinite(sample.value) and sample.value >= 0 else 0


def _histograms(samples: Iterable[tuple[Sample, Mapping[str, str]]]) -> tuple[Histogram, ...]:
    """Make a histogram in seconds for each actor; those beyond MOST are one, so that the series are bounded."""
    rows = [
        (pairs.get("actor_name", ""), sample, pairs) for sample, pairs in samples if sample.name.startswith(DURATION)
    ]
    names = sorted({actor for actor, _, _ in rows})[:MOST]
    buckets = defaultdict[str, Counter[float]](Counter)
    spent = Counter[str]()
    for actor, sample, pairs in rows:
        task = actor if actor in names and actor else OTHER
        if sample.name == f"{DURATION}_bucket":
            buckets[task][float(pairs["le"]) / MILLISECONDS] += _whole(sample)
        elif sample.name == f"{DURATION}_sum":
            spent[task] += _whole(sample)
    return tuple(_histogram(task, counts, spent[task]) for task, counts in buckets.items())


def _histogram(task: str, counts: Mapping[float, int], milliseconds: int) -> Histogram:
    rows = tuple(sorted(counts.items()))
    return Histogram(labels(task=task), rows, milliseconds / MILLISECONDS, rows[-1][1])
