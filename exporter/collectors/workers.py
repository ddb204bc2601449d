"""Pools and their workers: who is up, who should be, and how often they were replaced."""

from collections.abc import Callable, Sequence

from exporter.collector import Collector
from medic.core.samples import Family, Labels, counter, gauge, labels
from medic.core.workers import ExitReason, Life, Pool, SlotState, Worker


def collector(pools: Callable[[], Sequence[Pool]], *, expose: bool = True) -> Collector:
    """Build the collector ``workers``, which asks *pools*, judged already, on the loop's own thread."""
    return Collector("workers", "workers", lambda: families(pools()), inline=True, expose=expose)


def families(pools: Sequence[Pool]) -> list[Family]:
    """Lay out pools and workers; restarts are there as 0 for each reason from the start."""
    workers = [(labels(pool=each.pool, worker=each.name), each) for pool in pools for each in pool.workers]
    return [*_of_pools(pools), *_of_workers(workers), _states(workers)]


def _of_pools(pools: Sequence[Pool]) -> list[Family]:
    return [
        gauge(
            "medic_worker_processes",
            "Processes that hold the slots of the pool, those that are being stopped included.",
            *((labels(pool=pool.name), sum(each.process is not None for each in pool.workers)) for pool in pools),
        ),
        gauge(
            "medic_worker_processes_expected",
            "Workers that the pool should have.",
            *((labels(pool=pool.name), pool.expected) for pool in pools),
        ),
        gauge(
            "medic_worker_duplicates",
            "Workers that run beyond those that the pool should have.",
            *((labels(pool=pool.name), pool.duplicates) for pool in pools),
        ),
        counter(
            "medic_worker_restarts_total",
            "Workers that were started in place of another, by the reason why that one ended.",
            *(row for pool in pools for row in _restarts(pool)),
        ),
    ]


def _restarts(pool: Pool) -> list[tuple[Labels, float]]:
    counts = dict(pool.restarts)
    return [(labels(pool=pool.name, reason=reason), counts.get(reason, 0)) for reason in ExitReason]


def _of_workers(workers: Sequence[tuple[Labels, Worker]]) -> list[Family]:
    return [
        gauge(
            "medic_worker_up",
            "Whether the slot's worker has a process that nobody is stopping.",
            *((pairs, int(worker.state is SlotState.RUNNING)) for pairs, worker in workers),
        ),
        gauge(
            "medic_worker_heartbeat_timestamp_seconds",
            "When the worker's last heartbeat came, in unixtime.",
            *((pairs, worker.heard.timestamp()) for pairs, worker in workers if worker.heard is not None),
        ),
        gauge(
            "medic_worker_start_time_seconds",
            "When the worker's process started, in unixtime.",
            *((pairs, worker.since.timestamp()) for pairs, worker in workers if worker.since is not None),
        ),
    ]


def _states(workers: Sequence[tuple[Labels, Worker]]) -> Family:
    """Tell of each worker all states, of which one is 1; nothing of one that nobody has judged."""
    judged = [(pairs, each.life) for pairs, each in workers if each.life is not None]
    return gauge(
        "medic_worker_state",
        "Whether the worker is up, as its process, its heartbeat and its queue tell; unknown when they disagree.",
        *((labels({**dict(pairs), "state": state}), int(state is life)) for pairs, life in judged for state in Life),
    )
