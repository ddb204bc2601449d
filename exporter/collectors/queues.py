"""Queues: what waits, what runs, what became of the rest, and how long it took."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from exporter.collector import Collector
from medic.core.queue import Histogram, QueueFigures, Window
from medic.core.samples import Exemplar, Family, Kind, Labels, Sample, counter, gauge, labels, written

MILLISECONDS = 1000
LONGEST_ID = 100
"""Characters; an exemplar has room for 128, and who submits may choose any id."""
EVERY = timedelta(seconds=15)
TIMEOUT = timedelta(seconds=5)


def collector(
    queue: str,
    backend: str,
    read: Callable[[], QueueFigures],
    *,
    every: timedelta = EVERY,
    timeout: timedelta = TIMEOUT,
    expose: bool = True,
) -> Collector:
    """Build the collector ``queue:NAME`` around *read*, which asks the backend in a thread and raises when it cannot.

    While it cannot be read, or does not answer within *timeout*, the collector fails and ``medic_queue_up`` is 0.
    """
    return Collector(
        f"queue:{queue}",
        "queues",
        lambda: families(read()),
        cheap=False,
        every=every.total_seconds(),
        timeout=timeout.total_seconds(),
        expose=expose,
        down=families(QueueFigures(queue, backend, up=False)),
    )


def families(figures: QueueFigures) -> list[Family]:
    """Lay out what a queue says of itself; what it does not know is absent, and so is a ratio of nothing."""
    queue = labels(queue=figures.queue)
    return [
        gauge(
            "medic_queue_up",
            "Whether the queue could be read.",
            (labels(queue=figures.queue, backend=figures.backend), int(figures.up)),
        ),
        gauge(
            "medic_queue_tasks",
            "Tasks that wait or run now, and those that are delayed or dead.",
            *_known(*((labels(queue=figures.queue, state=state), count) for state, count in _states(figures))),
        ),
        gauge(
            "medic_queue_workers",
            "Workers that take tasks from the queue, as its broker knows them.",
            *_known((queue, figures.workers)),
        ),
        *_counters(figures, queue),
        gauge(
            "medic_queue_oldest_pending_timestamp_seconds",
            "When the task was submitted that has waited longest, in unixtime; absent while none waits.",
            *_known((queue, _seconds(figures.oldest_pending_at))),
        ),
        *_ratios(figures, queue),
        _histogram("medic_task_duration_seconds", "How long tasks ran.", queue, figures.durations),
        _histogram("medic_task_wait_seconds", "How long tasks waited before they ran.", queue, figures.waits),
        gauge(
            "medic_canary_success",
            "Whether the last canary task succeeded.",
            *_known((queue, None if figures.canary_success is None else int(figures.canary_success))),
        ),
        gauge(
            "medic_canary_duration_seconds",
            "How long the last canary task took from submission to its end.",
            *_known((queue, figures.canary_duration)),
        ),
    ]  # fmt: skip


def _states(figures: QueueFigures) -> tuple[tuple[str, int | None], ...]:
    return (
        ("pending", figures.pending),
        ("running", figures.running),
        ("delayed", figures.delayed),
        ("dead", figures.dead),
    )


def ratio(window: Window) -> float | None:
    """Return completed / (completed + failed); None when nothing ended, which is neither 0 nor 1."""
    ended = window.completed + window.failed
    return window.completed / ended if ended else None


def _counters(figures: QueueFigures, queue: Labels) -> list[Family]:
    return [
        counter(
            "medic_queue_tasks_submitted_total",
            "Tasks that were submitted, canaries left out.",
            *_known((queue, figures.submitted)),
        ),
        counter(
            "medic_queue_tasks_completed_total",
            "Tasks that were completed, canaries left out.",
            *_known((queue, figures.completed)),
        ),
        counter(
            "medic_queue_tasks_failed_total",
            "Tasks that failed, canaries left out.",
            *_known((queue, figures.failed)),
        ),
    ]


def _ratios(figures: QueueFigures, queue: Labels) -> list[Family]:
    windows = [(labels(queue=figures.queue, window=window.name), window) for window in figures.windows]
    return [
        gauge(
            "medic_queue_success_ratio",
            "Share of the tasks ended in the window that were completed; absent when none ended.",
            *_known(*((pairs, ratio(window)) for pairs, window in windows)),
        ),
        gauge(
            "medic_queue_success_ratio_weighted",
            "Share of completed tasks in which recent ones weigh more; absent when none ended.",
            *_known((queue, figures.weighted_ratio)),
        ),
        gauge(
            "medic_queue_window_tasks",
            "Tasks that ended in the window.",
            *((pairs, window.completed + window.failed) for pairs, window in windows),
        ),
    ]


def _known(*rows: tuple[Labels, float | None]) -> list[tuple[Labels, float]]:
    return [(pairs, value) for pairs, value in rows if value is not None]


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / MILLISECONDS


def _histogram(name: str, help_: str, queue: Labels, histograms: Iterable[Histogram]) -> Family:
    samples: list[Sample] = []
    exemplars: dict[tuple[str, Labels], Exemplar] = {}
    for each in histograms:
        pairs = labels(dict((*queue, *each.labels)))
        exemplars |= {
            (f"{name}_bucket", labels(dict(pairs), le=written(last.bound))): Exemplar(
                labels(task_id=last.task), last.seconds, last.at
            )
            for last in each.latest
            if 0 < len(last.task) <= LONGEST_ID
        }
        samples += [
            Sample(f"{name}_bucket", labels(dict(pairs), le=written(bound)), count) for bound, count in each.buckets
        ]
        samples += [Sample(f"{name}_sum", pairs, each.sum), Sample(f"{name}_count", pairs, each.count)]
    return Family(name, Kind.HISTOGRAM, help_, samples, exemplars or None)
