"""The rules of leases: who may hold, extend, end or give back a task, and what becomes of one whose worker died.

Each rule takes a task as it stands and returns it as it shall be. An illegal move raises RefusedError and changes
nothing.
"""

from dataclasses import replace
from datetime import timedelta

from medic.core.clock import MILLISECOND
from medic.core.errors import RefusedError
from medic.core.queue import Json, Task, TaskState

LONGEST_ERROR = 10_000


def lease(task: Task, worker: str, now: int, length: timedelta) -> Task:
    """Give a pending *task* to *worker* until *now* (milliseconds) plus *length*."""
    if task.state is not TaskState.PENDING:
        raise RefusedError(f"task {task.id} is {task.state}, only a pending one can be leased")
    return replace(
        task,
        state=TaskState.RUNNING,
        worker=worker,
        deliveries=task.deliveries + 1,
        started_at=now,
        lease_until=now + length // MILLISECOND,
    )


def extend(task: Task, worker: str, now: int, length: timedelta) -> Task:
    """Let *worker* hold its *task* for *length* from *now*; a lease never becomes shorter."""
    until = _held_until(task, worker, now)
    return replace(task, lease_until=max(until, now + length // MILLISECOND))


def complete(task: Task, worker: str, now: int, result: Json) -> Task:
    """End *task* with a result; said again by the same worker it changes nothing."""
    if task.state is TaskState.COMPLETED and task.worker == worker:
        return task
    _held_until(task, worker, now)
    return replace(task, state=TaskState.COMPLETED, lease_until=None, ended_at=now, result=result)


def fail(task: Task, worker: str, now: int, error: str) -> Task:
    """End *task* with its worker's error, of which the end is kept; said again by that worker it changes nothing."""
    if task.state is TaskState.FAILED and task.worker == worker:
        return task
    _held_until(task, worker, now)
    return _failed(task, now, error[-LONGEST_ERROR:])


def release(task: Task, worker: str, now: int) -> Task:
    """Take back a task that its worker gives up unharmed, as at its end; this delivery does not count."""
    if task.state is TaskState.PENDING and task.worker == worker:
        return task
    _held_until(task, worker, now)
    return replace(task, state=TaskState.PENDING, lease_until=None, deliveries=task.deliveries - 1)


def lapse(task: Task, now: int, max_deliveries: int) -> Task:
    """Take back a task whose worker died: it is pending again, or failed when that was the last delivery allowed."""
    if task.state is not TaskState.RUNNING:
        raise RefusedError(f"task {task.id} is {task.state}: it has no lease that could run out")
    if task.deliveries < max_deliveries:
        return replace(task, state=TaskState.PENDING, lease_until=None)
    return _failed(
        task,
        now,
        f"{task.deliveries} workers died, or let their lease run out, while they held this task (the last was "
        f"{task.worker}): it may kill whoever runs it; look at the workers' logs before you submit it again",
    )


def overdue(canary: Task, now: int, patience: timedelta) -> Task:
    """Fail a canary that nobody took in time; raises RefusedError for what is not one that waits for so long."""
    if (
        not canary.canary
        or canary.state is not TaskState.PENDING
        or canary.submitted_at > now - patience // MILLISECOND
    ):
        raise RefusedError(f"task {canary.id} is no canary that waits for longer than {patience.total_seconds():g} s")
    return _failed(canary, now, f"no worker took this canary within {patience.total_seconds():g} s")


def _failed(task: Task, now: int, error: str) -> Task:
    return replace(task, state=TaskState.FAILED, lease_until=None, ended_at=now, error=error)


def _held_until(task: Task, worker: str, now: int) -> int:
    """Return when the lease of *worker* runs out; raises RefusedError, with why, when it holds none."""
    if task.lease_until is None:
        raise RefusedError(f"task {task.id} is {task.state}, {worker} holds no lease on it{_whose(task)}")
    if task.worker != worker:
        raise RefusedError(f"task {task.id} is leased to {task.worker}, not to {worker}; lease a task of your own")
    if now >= task.lease_until:
        late = (now - task.lease_until) / 1000
        raise RefusedError(
            f"the lease of {worker} on task {task.id} ran out {late:.1f} s ago: it goes to another worker; "
            "extend a lease in time, best at each third of its length"
        )
    return task.lease_until


def _whose(task: Task) -> str:
    if not task.worker:
        return ""
    return f"; {'it was last held by' if task.state is TaskState.PENDING else 'it was ended by'} {task.worker}"
