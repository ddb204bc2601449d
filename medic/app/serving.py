"""The two processes beside the daemon: the queue server and the worker, as the configuration wants them."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from medic.app.log import Readable
from medic.app.queues import client
from medic.app.settings.model import Settings
from medic.app.settings.queues import Queue
from medic.app.state import State, prepare, token
from medic.core.clock import SystemClock
from medic.core.errors import MedicError
from workers.queue.spec import QueueSpec


def log_to_stderr() -> None:
    """Log readable lines to stderr, which a supervisor appends to the worker's file."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Readable())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


async def serve_queues(settings: Settings) -> None:
    """Serve the embedded queues until SIGTERM or SIGINT; raises MedicError when that cannot be."""
    from medic.store.queue import open_queue
    from workers.queue.server import serve

    if not settings.embedded:
        raise MedicError("no queue is embedded; declare one: queues: [{name: default}]")
    log_to_stderr()
    state = State(settings.state)
    prepare(state)
    async with open_queue(state.queue) as store:
        specs = [_spec(queue) for queue in settings.embedded]
        await serve(specs, store, SystemClock(), token=token(state))


def work(settings: Settings, queue: str | None, files: Sequence[Path], *, grace: float, limit: float) -> int:
    """Work on one queue's tasks until SIGTERM or SIGINT; returns the exit code."""
    from workers.loop import run_worker
    from workers.registry import load

    log_to_stderr()
    tasks = load(files)
    return run_worker(client(settings, queue), tasks, grace=grace, limit=limit)


def _spec(queue: Queue) -> QueueSpec:
    return QueueSpec(
        queue.name,
        host=queue.listen.host,
        port=queue.listen.port,
        lease=queue.lease,
        max_deliveries=queue.max_deliveries,
    )
