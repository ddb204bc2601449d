"""What the tests of pools share: tiny workers, a bell that they ring, and the sweeping up afterwards."""

import asyncio
import os
import select
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from medic.core.clock import SystemClock
from medic.core.holders import holders
from medic.core.processes import adopt
from medic.core.targets import Target
from medic.core.workers import Exit, ExitReason
from workers.identity import parse
from workers.spec import PoolSpec
from workers.supervisor import Supervisor

PATIENCE = 20.0
"""Seconds that a test waits for an event before it fails; never how long it takes."""

SLEEPER = ("sleep", "600")


def spec(name="rpa", command=SLEEPER, count=1, **fields) -> PoolSpec:
    return PoolSpec(name, tuple(command), count, **{"stop_timeout": timedelta(seconds=10), **fields})


def shell(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


class Bell:
    """A FIFO that workers write lines to, and tests wait for."""

    def __init__(self, path: Path):
        os.mkfifo(path)
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""

    @property
    def env(self) -> Mapping[str, str]:
        return {"BELL": str(self.path)}

    async def heard(self) -> str:
        """Wait for one line."""
        async with asyncio.timeout(PATIENCE):
            while b"\n" not in self._rest:
                self._rest += await self._read()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def wait(self) -> None:
        """Block until there is something to hear, and leave it unheard."""
        select.select([self._descriptor], [], [], PATIENCE)

    async def pid(self) -> int:
        return int(await self.heard())

    def close(self):
        os.close(self._descriptor)

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self._descriptor, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(self._descriptor)
        return os.read(self._descriptor, 4096)


class Exits:
    """Collects exits in their order."""

    def __init__(self):
        self.all: list[Exit] = []
        self._queue: asyncio.Queue[Exit] = asyncio.Queue()

    def __call__(self, exit_: Exit) -> None:
        self.all.append(exit_)
        self._queue.put_nowait(exit_)

    async def next(self) -> Exit:
        async with asyncio.timeout(PATIENCE):
            return await self._queue.get()

    async def until(self, reason: ExitReason) -> Exit:
        """Wait for the next exit for this reason."""
        while (told := await self.next()).reason is not reason:
            pass
        return told


@asynccontextmanager
async def supervised(state: Path, *specs: PoolSpec, on_exit=lambda _exit: None, **options) -> AsyncIterator[Supervisor]:
    """Open a supervisor, ensure its pools, and stop everything at the end."""
    async with Supervisor(specs, state, SystemClock(), on_exit, **options) as supervisor:
        await supervisor.ensure()
        yield supervisor
        await supervisor.end()


def living(state: Path) -> dict[str, set[int]]:
    """Return, from outside, the workers in each slot: they hold its lock and, unlike their children, lead a session."""
    locks = sorted((state / "workers").glob("*.lock"))
    found = {lock.stem: {each.pid for each in holders(lock) if _leads(each.pid)} for lock in locks}
    return {slot: pids for slot, pids in found.items() if pids}


def _leads(pid: int) -> bool:
    with suppress(ProcessLookupError):
        return os.getsid(pid) == pid
    return False


def living_count(state: Path) -> int:
    return sum(len(pids) for pids in living(state).values())


def pid_of(supervisor: Supervisor, target: Target) -> int:
    return supervisor.worker(target).process.pid


def pids_of(supervisor: Supervisor) -> set[int]:
    return {worker.process.pid for pool in supervisor.pools() for worker in pool.workers if worker.process}


def restarts(supervisor: Supervisor, pool: str = "rpa") -> dict[str, int]:
    (found,) = (each for each in supervisor.pools() if each.name == pool)
    return {str(reason): count for reason, count in found.restarts if count}


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def swept(state: Path) -> Iterator[Path]:
    """Kill whatever a test left in its slots."""
    try:
        yield state
    finally:
        for lock in (state / "workers").glob("*.lock"):
            known = parse(lock.read_text())
            for identity in {*holders(lock), *([known.process] if known else [])}:
                if (process := adopt(identity)) is not None:
                    process.signal(signal.SIGKILL)
                    process.abandon()
