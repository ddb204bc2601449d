"""The worker: takes tasks from a queue, one after the other, and tells how each ended."""

import contextlib
import logging
import math
import os
import socket
import time
import traceback
from collections.abc import Mapping
from typing import NamedTuple

from medic.core.errors import MedicError, RefusedError
from medic.core.notify import READY, take_notify
from medic.core.queue import Json
from workers.client import Lease, QueueClient, QueueUnreachableError
from workers.keeper import Keeper
from workers.queue.wire import InvalidRequestError
from workers.tasks.context import TaskContext, TaskType

POLL = 1.0
"""Seconds to wait for a task in one request; short, for a request is never broken off: its answer may hold a task."""
TRACE_LINES = 12

log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """How a task ended here: with a result, or with an error."""

    result: Json = None
    error: str = ""


def run_worker(
    client: QueueClient,
    tasks: Mapping[str, TaskType],
    worker: str | None = None,
    *,
    grace: float = 8.0,
    limit: float = 3600.0,
) -> int:
    """Work on the tasks of a queue until SIGTERM or SIGINT, and return the exit code 0; call it in the main thread.

    *worker* defaults to ``pool/slot`` of the environment. After the signal the running task may end within *grace*
    seconds, else it is given back and the process exits there and then. A task that runs for longer than *limit*
    seconds is failed and the process exits with 1. A queue server that is away is waited for; one that refuses us
    (a wrong token, another program) raises MedicError.
    """
    name = worker or worker_name()
    began = time.monotonic()
    notify = take_notify()
    with contextlib.ExitStack() as stack:
        keeper = stack.enter_context(Keeper(client, name, notify, grace=grace, limit=limit))
        patient = client.twin(timeout=10.0, patience=math.inf, stopped=keeper.is_idle_at_end)
        stack.callback(patient.close)
        notify(READY)
        log.info("worker is ready", extra={"worker": name, "queue": client.url, "types": sorted(tasks)})
        fresh = True
        while not keeper.is_stopping():
            lease = _ask(patient, name, restarted=fresh)
            fresh = False
            if lease is not None:
                context = TaskContext(lease.task, name, time.monotonic() - began, keeper.is_stopping)
                _work(patient, tasks, lease, context, keeper)
    log.info("worker ends", extra={"worker": name})
    return 0


def worker_name() -> str:
    """Return ``pool/slot`` as its supervisor gave it, else a name that no other worker has: ``host/pid``."""
    pool, slot = os.environ.get("MEDIC_POOL"), os.environ.get("MEDIC_SLOT")
    return f"{pool}/{slot}" if pool and slot else f"{socket.gethostname()}/{os.getpid()}"


def perform(tasks: Mapping[str, TaskType], context: TaskContext) -> Ended:
    """Run one task and say how it ended; whatever it raises is its own failure."""
    task_type = context.task.type
    run = tasks.get(task_type)
    if run is None:
        known = ", ".join(sorted(tasks))
        return Ended(
            error=f"unknown task type {task_type!r}: this worker knows {known}; "
            "correct the type, or start the workers with --tasks FILE that names it"
        )
    try:
        return Ended(run(context.task.payload, context))
    except MedicError as error:
        return Ended(error=str(error) or type(error).__name__)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one job: its failure is told, and the worker lives
        return Ended(error="".join(traceback.format_exception(error)[-TRACE_LINES:]))


def _ask(client: QueueClient, worker: str, *, restarted: bool) -> Lease | None:
    try:
        return client.lease(worker, wait=POLL, restarted=restarted)
    except QueueUnreachableError:  # the client is patient for ever, but when the worker must end
        return None


def _work(
    client: QueueClient, tasks: Mapping[str, TaskType], lease: Lease, context: TaskContext, keeper: Keeper
) -> None:
    with keeper.holding(lease):
        try:
            if context.stopping():  # it came with the signal to end: untouched, it can go to another
                client.release(context.task.id, context.worker)
                return
            ended = perform(tasks, context)
            keeper.note_end()
            _tell(client, context, ended)
        except RefusedError as error:
            log.warning("the end of a task came too late", extra={"task": context.task.id, "reason": str(error)})


def _tell(client: QueueClient, context: TaskContext, ended: Ended) -> None:
    task, worker = context.task.id, context.worker
    if ended.error:
        reason = ended.error.strip().rpartition("\n")[2]
        log.warning("task failed", extra={"task": task, "type": context.task.type, "reason": reason})
        client.fail(task, worker, ended.error)
        return
    try:
        client.done(task, worker, ended.result)
    except InvalidRequestError as error:
        client.fail(task, worker, f"the result cannot be kept: {error}")
