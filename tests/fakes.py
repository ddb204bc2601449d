"""Every fake that tests use; each passes the contract tests of the real thing."""

from datetime import UTC, datetime, timedelta

from healer.ports import Condition
from medic.core.errors import MedicError
from medic.core.targets import worker_target
from medic.core.workers import Exit, ExitReason, Pool, ProcessId, SlotState, Worker


class HandClock:
    """A clock that stands still until a test moves it; ``set`` moves the wall clock alone, as an operator does."""

    def __init__(self, start=datetime(2026, 1, 1, 12, 0, tzinfo=UTC)):
        self._now = start
        self._monotonic = 1000.0

    def now(self):
        return self._now

    def monotonic(self):
        return self._monotonic

    def pass_by(self, **by):
        step = timedelta(**by)
        self._now += step
        self._monotonic += step.total_seconds()

    def set(self, **by):
        self._now += timedelta(**by)


class FakePools:
    """Pools whose workers are numbers: what the healer knows of the supervisor (its ports Pools and Health)."""

    def __init__(self, clock, **counts):
        self.clock = clock
        self.asked = []
        """Every call, as (verb, target)."""
        self.fails = None
        """The text of the error that start and restart raise, None while they succeed."""
        self.gate = None
        """An event that start and restart wait for, None while they return at once."""
        self._pid = 100
        self._counts = counts
        self._slots = {}
        for name, count in counts.items():
            for slot in range(1, count + 1):
                self._fill(worker_target(name, slot))

    async def start(self, target):
        await self._ask("start", target)
        if self._slots[target].state is SlotState.RUNNING:
            return f"{target} runs already"
        self._fill(target)
        return f"started {target} as {self._pid}"

    async def restart(self, target):
        await self._ask("restart", target)
        for each in [each for each in self._slots if target.covers(each)]:
            self._fill(each)
        return f"restarted {target}"

    def pool(self, name):
        workers = tuple(worker for target, worker in sorted(self._slots.items()) if target.pool == name)
        return Pool(name, self._counts[name], workers) if name in self._counts else None

    def worker(self, target):
        return self._slots.get(target)

    def die(self, target, reason=ExitReason.CRASH, status="SIGKILL"):
        worker = self._slots[target]
        self._slots[target] = Worker(target.pool, target.slot, SlotState.EMPTY)
        return Exit(target.pool, target.slot, worker.process, reason, self.clock.now(), worker.since, status)

    def _fill(self, target):
        self._pid += 1
        process = ProcessId("boot", self._pid, self._pid)
        self._slots[target] = Worker(target.pool, target.slot, SlotState.RUNNING, process, self.clock.now())

    async def _ask(self, verb, target):
        self.asked.append((verb, str(target)))
        if self.gate is not None:
            await self.gate.wait()
        if self.fails is not None:
            raise MedicError(self.fails)
        if not any(target.covers(each) for each in self._slots):
            raise MedicError(f"there is no {target}")


class FakeConditions:
    """What the rules would say since a heal: set by the test, by alert name or by expression."""

    def __init__(self):
        self.holds = {}

    def condition(self, alert, since, now):
        return Condition(self.holds.get(alert.name), f"{alert.name} since {since:%H:%M:%S}")

    def condition_of(self, expr, since, now):
        return Condition(self.holds.get(expr), f"{expr} since {since:%H:%M:%S}")


class FakeNotifier:
    """A person who notes what they are told, unless they cannot be reached."""

    def __init__(self):
        self.told = []
        self.fails = None

    async def send(self, title, body):
        if self.fails is not None:
            raise MedicError(self.fails)
        self.told.append((title, body))
        return "delivered"
