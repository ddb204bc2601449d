"""Whether a worker lives: what its process, its heartbeat and its queue say; nobody knows when they disagree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from medic.core.clock import to_ms
from medic.core.queue import Seen
from medic.core.workers import Life, Pool, SlotState, Worker


class Verdict(NamedTuple):
    """What is known of one worker."""

    life: Life
    doubt: str = ""
    """Why nobody knows; empty when all agree."""


def judge(worker: Worker, seen: Seen | None) -> Verdict:
    """Hold the witnesses against each other; who has nothing to say yet, or never had, is no witness.

    The process is the first of them: it is there or it is not. The others tell only whether it works, and about no
    earlier or later process than their own.
    """
    if worker.state is not SlotState.RUNNING:
        if worker.state is SlotState.EMPTY and _is_haunted(worker, seen):
            return Verdict(Life.UNKNOWN, "it has no process here, and somebody works under its name")
        return Verdict(Life.DOWN)
    if _is_silent(worker):
        return Verdict(Life.UNKNOWN, "its process runs, and its heartbeat is overdue")
    if _is_missed(worker, seen):
        return Verdict(Life.UNKNOWN, "its process runs, and its queue has not heard of it for too long")
    return Verdict(Life.UP)


def judged(pools: Iterable[Pool], seen: Iterable[Seen]) -> tuple[Pool, ...]:
    """Return *pools* with what is known of each worker; *seen* is what all queues together say."""
    last = _last(seen)
    return tuple(replace(pool, workers=_workers(pool.workers, last)) for pool in pools)


def _workers(workers: Sequence[Worker], last: Mapping[str, Seen]) -> tuple[Worker, ...]:
    verdicts = ((each, judge(each, last.get(each.name))) for each in workers)
    return tuple(replace(each, life=verdict.life, doubt=verdict.doubt) for each, verdict in verdicts)


def _last(seen: Iterable[Seen]) -> dict[str, Seen]:
    """Keep of each worker when it was seen last; one may work for several queues."""
    last: dict[str, Seen] = {}
    for each in seen:
        if each.worker not in last or last[each.worker].at < each.at:
            last[each.worker] = each
    return last


def _is_haunted(worker: Worker, seen: Seen | None) -> bool:
    """Tell whether somebody came under an empty slot's name after its worker had ended."""
    return seen is not None and not seen.late and worker.ended is not None and seen.at > to_ms(worker.ended)


def _is_silent(worker: Worker) -> bool:
    return worker.patience is not None and worker.silence is not None and worker.silence > worker.patience


def _is_missed(worker: Worker, seen: Seen | None) -> bool:
    """Tell whether this very process has come to its queue before, and is late now."""
    return seen is not None and seen.late and worker.since is not None and seen.at >= to_ms(worker.since)
