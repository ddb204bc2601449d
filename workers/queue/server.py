"""The queue server: one process for all embedded queues, each behind HTTP on an address of its own."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from medic.core.clock import Clock
from medic.core.crowd import listening
from medic.core.errors import MedicError
from medic.core.loopback import is_loopback
from medic.core.notify import ALIVE, READY, STOPPING, Notify, take_notify
from medic.core.tasks import every, start
from workers.queue.broker import Broker
from workers.queue.door import MAX_BODY, build
from workers.queue.ports import TaskStore
from workers.queue.spec import QueueSpec

TEND_EVERY = 0.5
BEAT_EVERY = 1.0
MOST_CONNECTIONS = 4096
"""A worker has two: one asks for tasks, one keeps its lease."""

log = logging.getLogger(__name__)

Urls = Mapping[str, str]
"""The base URL of each queue, by its name."""


async def serve(
    specs: Sequence[QueueSpec],
    store: TaskStore,
    clock: Clock,
    *,
    token: str | None = None,
    max_body: int = MAX_BODY,
    announce: Callable[[Urls], None] = lambda _urls: None,
) -> None:
    """Serve all queues until SIGTERM or SIGINT; call it in the main thread. Raises as ``running`` does."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: there Ctrl-C cancels instead
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    notify = take_notify()
    async with running(specs, store, clock, token=token, max_body=max_body) as urls, asyncio.TaskGroup() as group:
        log.info("queue server is ready", extra={"urls": dict(urls)})
        announce(urls)
        notify(READY)
        beater = start(group, every(BEAT_EVERY, partial(_beat, notify), name="beat"), name="beat")
        await stop.wait()
        beater.cancel()
        notify(STOPPING)


@asynccontextmanager
async def running(
    specs: Sequence[QueueSpec],
    store: TaskStore,
    clock: Clock,
    *,
    token: str | None = None,
    max_body: int = MAX_BODY,
) -> AsyncIterator[Urls]:
    """Serve all queues while the context is open, and tell where.

    Raises MedicError when an address is in use, or lies beyond loopback and there is no *token*.
    """
    brokers = [Broker(spec, store, clock) for spec in specs]
    async with contextlib.AsyncExitStack() as stack:
        urls = {
            broker.spec.name: await stack.enter_async_context(_listening(broker, token, max_body)) for broker in brokers
        }
        # After the listeners: what they raise must arrive as it is, and a task group would wrap it.
        group = await stack.enter_async_context(asyncio.TaskGroup())
        for broker in brokers:
            tender = start(group, every(TEND_EVERY, broker.tend, name="tend"), name=f"tend-{broker.spec.name}")
            stack.callback(tender.cancel)
        yield urls


@asynccontextmanager
async def _listening(broker: Broker, token: str | None, max_body: int) -> AsyncIterator[str]:
    spec = broker.spec
    local = is_loopback(spec.host)
    if not local and not token:
        raise MedicError(
            f"queue {spec.name} listens on {spec.host}, beyond loopback, where a token is needed and there is none; "
            "listen on 127.0.0.1, or give the queue server its token"
        )
    await broker.open()
    runner = web.AppRunner(
        build(broker, token=None if local else token, max_body=max_body), access_log=None, shutdown_timeout=2.0
    )
    await runner.setup()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        stack.callback(broker.close)
        try:
            host, port = await stack.enter_async_context(
                listening(runner.server, spec.host, spec.port, most=MOST_CONNECTIONS)
            )
        except OSError as error:
            raise MedicError(
                f"queue {spec.name} cannot listen on {spec.host}:{spec.port} ({error.strerror or error}); "
                "stop what listens there, or write another address under `listen:`"
            ) from error
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _beat(notify: Notify) -> None:
    notify(ALIVE)
