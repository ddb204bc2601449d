"""The daemon: the lock, the rooms, the loops, the signals, and the end."""

import asyncio
import logging
import os
import platform
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Never
from urllib.parse import urlsplit

from medic.app import allocator, garbage, neighbours, reload
from medic.app import log as logging_
from medic.app.house import House
from medic.app.rising import rise
from medic.app.settings import HostPort, Settings
from medic.app.state import DAEMON, Holder, State, hold, prepare, sign, token
from medic.app.web import application
from medic.app.web.site import serve
from medic.app.web.toolkit.front import LOOK, Front
from medic.app.wiring import furnish
from medic.core.clock import Clock, SystemClock
from medic.core.errors import StoreError
from medic.core.locks import Lock
from medic.core.loopback import is_loopback
from medic.core.notify import ALIVE, READY, STOPPING, Notify, take_notify, take_watchdog
from medic.core.tasks import every, guarded, run_main, start

log = logging.getLogger(__name__)

SWITCH = 0.0005
"""Seconds after which a busy thread must let the loop in; Python's default delays it by 37 ms in the median."""
DAY = 86_400.0
HISTORY_KEPT = timedelta(days=90)
AUDIT = 1.0
"""Seconds by which the audit may lag behind the journal, which alone counts."""

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses to listen on that are none to ask, and what to ask instead within the machine."""

GUARD = 0.5
"""Seconds between two looks at whether the state folder is still ours."""


@dataclass(slots=True)
class Asked:
    """What signals have asked for; they may do so before there is anything to end or to reload."""

    end: asyncio.Event = field(default_factory=asyncio.Event)
    keep: bool = False
    """Whether workers are left running for the next Medic to adopt."""
    lost: bool = False
    """Whether it ends because its state folder is gone."""
    reload: asyncio.Event = field(default_factory=asyncio.Event)

    def to_end(self, *, keep: bool) -> None:
        """Ask for the end; of several ways to ask, the last one counts."""
        self.keep = keep
        self.end.set()


def run(settings: Settings) -> int:
    """Run until a signal asks for the end, and return the exit code; raises MedicError when it cannot run at all."""
    front = Front(settings.web.config_file)
    state = State(settings.state)
    prepare(state)
    lock = hold(state, DAEMON)
    try:
        logging_.configure(state.log)
        os.chdir(settings.folder)  # what jobs and actions run finds its files beside the configuration
        sys.setswitchinterval(SWITCH)
        allocator.tighten()
        return run_main(_run(settings, front, lock, SystemClock()))
    finally:
        lock.write("")
        lock.close()


async def _run(settings: Settings, front: Front, lock: Lock, clock: Clock) -> int:
    asked, notify, watchdog = _listen_to_signals(), take_notify(), take_watchdog()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(furnish(settings, clock))
        house.front = front
        stack.push_async_callback(_write_the_rest, house)
        url = await stack.enter_async_context(_listening(house, token(house.state)))
        house.alertmanagers.url = _for_others(house, url)
        house.engine.locate(house.alertmanagers.address)
        sign(lock, Holder(os.getpid(), DAEMON, url))
        async with _loops(house, notify, url, asked, watchdog), _guarding(lock, asked):
            await asked.end.wait()
            log.info("ending", extra={"keeps_workers": asked.keep})
            notify(STOPPING)
        async with asyncio.TaskGroup() as group:
            start(group, guarded(house.alertmanagers.drain, name="last alerts"), name="last alerts")
            await house.supervisor.end(keep=asked.keep)  # last: a healer that still looked would see workers die
    log.info("ended")
    return 1 if asked.lost else 0


@asynccontextmanager
async def _listening(house: House, secret: str) -> AsyncIterator[str]:
    """Serve the web, and yield its address; within the machine, that of a wildcard is the loopback's."""
    listen = house.settings.listen
    site = application.build(house, secret, loopback=is_loopback(listen.host))
    door = house.state.door if house.front.terms.tls else None
    async with serve(site, listen.host, listen.port, front=house.front, door=door) as port:
        reachable = WILDCARDS.get(listen.host, listen.host)
        yield f"{house.front.scheme}://{HostPort(reachable, port)}"


def _for_others(house: House, url: str) -> str:
    """Return the address under which other hosts reach the web, as far as this one can know."""
    listen = house.settings.listen
    if listen.host not in WILDCARDS:
        return url
    return f"{house.front.scheme}://{HostPort(platform.node(), urlsplit(url).port or 0)}"


@asynccontextmanager
async def _loops(house: House, notify: Notify, url: str, asked: Asked, watchdog: float | None) -> AsyncIterator[None]:
    """Run everything that goes on for ever; leaving the context cancels it."""
    interval = house.settings.interval.total_seconds()
    async with asyncio.TaskGroup() as group:
        tasks = [
            start(group, every(interval, partial(_beat, house, notify), name="tick"), name="tick"),
            start(group, house.healer.run(), name="healer"),
            start(group, house.alertmanagers.run(), name="alertmanagers"),
            start(group, house.keeper.run(), name="series"),
            start(group, _recur(house, notify, url), name="rhythm"),
            start(group, every(AUDIT, partial(_audit, house), name="audit"), name="audit"),
            start(group, every(DAY, partial(_forget, house), name="forget"), name="forget"),
            start(group, _reload(house, asked), name="reload"),
        ]
        if house.settings.web.config_file is not None:
            looking = every(LOOK, house.front.look, name="web configuration")
            tasks.append(start(group, looking, name="web configuration"))
        if watchdog is not None:
            vouching = every(watchdog / 2, partial(_vouch, house, notify), name="watchdog")
            tasks.append(start(group, vouching, name="watchdog"))
        yield
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def _guarding(lock: Lock, asked: Asked) -> AsyncIterator[None]:
    """End with all workers when the state folder was deleted: the next Medic would not find them, and double them."""

    async def look() -> None:
        if not lock.stands() and not asked.lost:
            log.error("the state folder was deleted or replaced; Medic ends", extra={"state": str(lock.path.parent)})
            asked.lost = True
            asked.to_end(keep=False)

    async with asyncio.TaskGroup() as group:
        watch = start(group, every(GUARD, look, name="guard"), name="guard")
        yield
        watch.cancel()


async def _beat(house: House, notify: Notify) -> None:
    await house.ticker.tick()
    notify(ALIVE)


async def _vouch(house: House, notify: Notify) -> None:
    """Tell a supervisor that is less patient than ticks are far apart that all is well, as long as they come."""
    if house.ticker.alive:
        notify(ALIVE)


async def _recur(house: House, notify: Notify, url: str) -> None:
    """Bring everything up, say that we are ready, and then let the slow collectors and the jobs run."""
    await rise(house)
    garbage.settle()
    allocator.trim()
    log.info("ready", extra={"status_page": f"{url}/", "state": str(house.state.folder)})
    notify(f"{READY}\nSTATUS=status page at {url}/")
    async with asyncio.TaskGroup() as group:
        start(group, guarded(partial(neighbours.tell, house.settings), name="neighbours"), name="neighbours")
        start(group, house.runner.run(), name="collectors")
        start(group, house.scheduler.run(), name="scheduler")


async def _audit(house: House) -> None:
    """Write what the journal has beyond the audit; a disk that is full now may not be the next time."""
    try:
        await house.audit.catch_up()
    except StoreError as error:
        if house.audited:
            log.error("audit not written", extra={"why": str(error)})  # noqa: TRY400 - expected
        house.audited = False
    else:
        house.audited = True


async def _forget(house: House) -> None:
    await house.history.prune(house.clock.now() - HISTORY_KEPT)


async def _write_the_rest(house: House) -> None:
    """Write what was gathered since it was last written, now that nothing more comes."""
    await guarded(house.recorder.flush, name="history")
    await guarded(house.keeper.end, name="series")
    await _audit(house)


async def _reload(house: House, asked: Asked) -> Never:
    while True:
        await asked.reload.wait()
        asked.reload.clear()
        await guarded(partial(reload.on_signal, house), name="reload")


def _listen_to_signals() -> Asked:
    """Hear signals from the first moment on, so that none of them ends us in the middle of coming up."""
    asked, loop = Asked(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(asked.to_end, keep=False))
    loop.add_signal_handler(signal.SIGUSR2, partial(asked.to_end, keep=True))
    loop.add_signal_handler(signal.SIGHUP, asked.reload.set)
    return asked
