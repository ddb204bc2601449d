"""Coming up in order: the queue server, then the workers, then all that measures and recurs."""

import asyncio
import contextlib
import logging
from functools import partial

from medic.app.house import House
from medic.app.translate import QUEUE_SERVER
from medic.core.errors import RefusedError
from medic.core.tasks import guarded

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that workers wait for the queue server; then they are started all the same, and wait themselves."""
LOOK = 0.05


async def rise(house: House) -> None:
    """Start the pools, the queue server first, and return when the first tick is committed."""
    if house.settings.embedded:
        await guarded(partial(_ensure, house, QUEUE_SERVER), name="ensure queue server")
        await _await_queues(house)
    await guarded(partial(_ensure, house), name="ensure")
    await house.ticker.ready.wait()


async def _ensure(house: House, pool: str | None = None) -> None:
    """Start what is missing; that nothing is started any more, since the end was asked for, is no failure."""
    with contextlib.suppress(RefusedError):
        await house.supervisor.ensure(pool)


async def _await_queues(house: House) -> None:
    names = {queue.name for queue in house.settings.embedded}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not await house.figures.answering(names):  # noqa: ASYNC110 - another process has no event for us
                await asyncio.sleep(LOOK)
            return
    log.warning("queue server is slow to come up", extra={"waited": PATIENCE})
