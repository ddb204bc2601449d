"""The job canary: sends small tasks through every queue that can carry them, so that a silent one is known alive."""

import asyncio
from collections.abc import Sequence

from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.queue import Task, TaskState
from rhythm.ports import CanaryResult, Context, Passage, Result, Submit

TASKS = ("health_check", "benchmark_test")
"""What queue servers of ours are sent."""
PATIENCE = 20.0
"""Seconds that these may take."""
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.5
"""Seconds between two looks at a task, doubling."""


async def run(context: Context) -> Result:
    """Send canaries through all queues at once and wait for them, for a bounded time; each queue's end is told."""
    if not context.queues:
        return Result(ok=True, summary="there is no queue to send canaries through")
    async with asyncio.TaskGroup() as group:
        probes = [group.create_task(probe(each, context.clock)) for each in context.queues]
    results = [task.result() for task in probes]
    for result in results:
        context.on_canary(result)
    return judge(results)


def judge(results: list[CanaryResult]) -> Result:
    """Sum up the queues: one that failed fails the run."""
    bad = [result for result in results if not result.success]
    if not bad:
        slowest = max(result.duration for result in results)
        return Result(ok=True, summary=f"{len(results)} queues answered, the slowest in {slowest:.3f} s")
    text = "; ".join(f"queue {result.queue}: {result.error}" for result in bad)
    return Result(ok=False, summary=text)


async def probe(passage: Passage, clock: Clock) -> CanaryResult:
    """Send one canary of each type and wait for the last; what goes wrong is in the result, never raised."""
    began = clock.monotonic()
    try:
        async with asyncio.timeout(passage.patience):
            error = await _send_all(passage.submit, passage.tasks)
    except TimeoutError:
        error = f"no answer within {passage.patience:g} s; are its workers up?"
    except (MedicError, OSError) as reason:
        error = str(reason) or type(reason).__name__
    return CanaryResult(passage.queue, not error, clock.monotonic() - began, error)


async def _send_all(queue: Submit, tasks: Sequence[str]) -> str:
    ids = [await queue.submit(task, {}, canary=True) for task in tasks]
    ends = [await _end(queue, id_) for id_ in ids]
    return "; ".join(
        f"{end.type} failed: {end.error}".removesuffix(": ") for end in ends if end.state is TaskState.FAILED
    )


async def _end(queue: Submit, id_: str) -> Task:
    """Look at a task, ever more seldom, until it has ended; the caller bounds the time."""
    pause = FIRST_LOOK
    while (task := await queue.task(id_)).state not in {TaskState.COMPLETED, TaskState.FAILED}:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_LOOK)
    return task
