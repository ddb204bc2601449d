"""A healer of its own process, to be killed at a failpoint: it hears of a worker's death and of an alert, and heals."""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from healer.engine import Healer
from healer.ports import Ports
from healer.settings import REPLACE_WORKERS, Verify
from medic.core.alerts import Source
from medic.core.clock import SystemClock
from medic.core.targets import worker_target
from medic.core.workers import Exit, ExitReason, Pool, ProcessId, SlotState, Worker
from medic.store.database import open_database
from medic.store.journal import Journal
from tests.fakes import FakeConditions, FakeNotifier
from tests.healer.house import alert, policy, remedy

WORKER = worker_target("rpa", 1)
SHORT = Verify(within=timedelta(seconds=5), stable=timedelta(milliseconds=50))
POLICY = policy(
    remedy(match=('alertname="Called"',), grace=timedelta(), verify=SHORT),
    rest=timedelta(),
    worker_exit=replace(REPLACE_WORKERS, verify=SHORT),
)


class FilePools:
    """A pool of one worker whose life is a file, so that it outlives the process that started it."""

    def __init__(self, state):
        self.acts = state / "acts"
        self.alive = state / "alive"
        self.clock = SystemClock()

    async def start(self, target):
        return self._act(f"start {target}")

    async def restart(self, target):
        return self._act(f"restart {target}")

    def pool(self, name):
        return Pool(name, 1, (self.worker(WORKER),))

    def worker(self, target):
        if not self.alive.exists():
            return Worker("rpa", 1, SlotState.EMPTY)
        return Worker("rpa", 1, SlotState.RUNNING, ProcessId("boot", 2, 2), self.clock.now() - timedelta(minutes=5))

    def count(self):
        return self.acts.read_text().splitlines() if self.acts.exists() else []

    def _act(self, words):
        with self.acts.open("a") as file:
            file.write(words + "\n")
        self.alive.touch()
        return words


async def live(state, trouble):
    """Heal one trouble and end once it is healed."""
    pools = FilePools(state)
    async with open_database(state / "journal.db", schema="journal", sync="FULL") as database:
        ports = Ports(Journal(database), pools, FakeConditions(), pools, FakeNotifier())
        healer = Healer(POLICY, ports, state=state, clock=SystemClock())
        await healer.begin()
        running = asyncio.ensure_future(healer.run())
        if trouble == "exit":
            now = SystemClock().now()
            process = ProcessId("boot", 1, 1)
            healer.exited(Exit("rpa", 1, process, ExitReason.CRASH, now, now - timedelta(hours=1), "SIGKILL"))
        else:
            await healer.receive([alert("Called", source=Source.ALERTMANAGER)])
        await asyncio.wait([running], timeout=3)
        running.cancel()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
