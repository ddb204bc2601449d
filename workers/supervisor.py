"""The supervisor: every pool of the host, and the door through which all others reach them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from medic.core.clock import Clock, SystemClock
from medic.core.errors import MedicError, RefusedError
from medic.core.targets import Target, TargetKind
from medic.core.tasks import guarded, start
from medic.core.workers import Exit, ExitReason, Pool, Worker
from workers import stops
from workers.changes import Change, Ensured
from workers.house import House
from workers.oom import OomWatch
from workers.plan import Order, Verb
from workers.pool import Keeper
from workers.ports import Held, OnExit, hold_nothing, ignore_exit
from workers.renewal import renew
from workers.slots import places
from workers.spec import End, PoolSpec, by_name, check_target, find_pool, tiers


class Supervisor:
    """Supervises the pools of one state folder; an async context manager that adopts on entry and lets go on exit.

    Open it only while holding ``medic.lock``. Leaving the context stops no worker: `end` does, when it is called first.
    """

    def __init__(
        self,
        specs: Sequence[PoolSpec],
        state: Path,
        clock: Clock,
        on_exit: OnExit,
        *,
        held: Held = hold_nothing,
        config: Path | None = None,
        settle: timedelta | None = timedelta(seconds=1),
    ) -> None:
        """Know the pools; raises MedicError when they wait for each other in a circle.

        *config* becomes the workers' MEDIC_CONFIG. When a command has changed, a worker that was given the new one
        must live for *settle* before the next is; None leaves the old ones running.
        """
        self._specs = by_name(specs)
        self._state = state
        self._settle = settle
        self._stops = state / "workers" / "stopped"
        self._stopped: frozenset[Target] = frozenset()
        self._on_exit = on_exit
        self._keepers: dict[str, Keeper] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._group = asyncio.TaskGroup()
        self._ending = False
        self._renewing = False
        self._house = House(
            state, config, clock, self._hear, held, stopped=self.stopped, oom=OomWatch(), start=self._start_task
        )

    async def __aenter__(self) -> Self:
        self._stopped = stops.read(self._stops)
        await self._group.__aenter__()
        found = places(self._state)
        for name in {*self._specs, *(place.pool for place in found)}:
            self._open(name, (place.slot for place in found if place.pool == name))
        self._renew()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        for task in self._tasks:
            task.cancel()
        cancelled = isinstance(error, asyncio.CancelledError)
        try:  # the group would wrap the body's own error into one of its own
            await self._group.__aexit__(*((kind, error, trace) if cancelled else (None, None, None)))
        finally:
            for keeper in self._keepers.values():
                keeper.abandon()

    def pools(self) -> tuple[Pool, ...]:
        """Return the pools as they stand, by name; those that are configured no more show while they live."""
        pools = (self._keepers[name].snapshot() for name in sorted(self._keepers))
        return tuple(pool for pool in pools if pool.name in self._specs or pool.workers)

    def worker(self, target: Target) -> Worker | None:
        """Return the worker of a slot, None when there is no such slot."""
        keeper = self._keepers.get(target.pool)
        if keeper is None or target.kind is not TargetKind.WORKER or target.slot > keeper.spec.count:
            return None
        return keeper.worker(target.slot)

    def stopped(self) -> frozenset[Target]:
        """Return the pools and workers that an operator stopped; they stay so over restarts, until they are started."""
        return self._stopped

    async def ensure(self, pool: str | None = None, *, dry_run: bool = False) -> Ensured:
        """Start what is missing and stop what is too many, of one pool or of all; failures stand in the answer.

        Slots that an operator stopped, or that the healer owns, are left alone. Any number may call this at once.
        Raises RefusedError once the end has begun.
        """
        order = Order(Verb.ENSURE, dry_run=dry_run)
        names = self._in_order() if pool is None else [find_pool(self._specs, pool).name]
        return Ensured(tuple([change for name in names for change in await self._ensure(name, order)]))

    async def restart(self, target: Target, reason: ExitReason, *, dry_run: bool = False) -> Ensured:
        """Restart a pool or a worker, and start what is missing of it; returns when the new processes are there.

        All workers of a pool are restarted at once. Only for an operator does it start what an operator stopped.
        Raises MedicError for what is not declared and what could not be started, RefusedError when nothing was done.
        """
        return await self._command(Verb.RESTART, target, reason, dry_run=dry_run)

    async def start(self, target: Target, reason: ExitReason, *, dry_run: bool = False) -> Ensured:
        """Start what is missing of a pool or a worker; otherwise as `restart`."""
        return await self._command(Verb.START, target, reason, dry_run=dry_run)

    async def stop(self, target: Target, *, dry_run: bool = False) -> Ensured:
        """Stop a pool or a worker for an operator, until `start` or `restart` by an operator; returns when it ended."""
        check_target(self._specs, target)
        if not dry_run:  # first written down, so that nobody starts it again if we die between the two
            self._remember(stops.add(self._stopped, target))
        return await self._obey(Verb.STOP, target, ExitReason.OPERATOR, dry_run=dry_run)

    async def scale(self, pool: str, count: int, *, dry_run: bool = False) -> Ensured:
        """Change how many workers a pool has, until the next reload or start, where the configuration counts again."""
        if count < 0:
            raise MedicError(f"a pool cannot have {count} workers: write 0 or more")
        changed = replace(find_pool(self._specs, pool), count=count)
        keeper = self._keepers[pool]
        if dry_run:
            return Ensured(await keeper.order(Order(Verb.ENSURE, count=count, dry_run=True)))
        self._specs[pool] = keeper.spec = changed
        return await self.ensure(pool)

    async def replace(self, specs: Sequence[PoolSpec]) -> Ensured:
        """Take over another configuration: pools that came are started, those that went and workers too many stopped.

        Workers whose command changed are restarted one after the other in the background, and only as long as the new
        command lives; the others keep running the old one when it does not.
        """
        self._specs = by_name(specs)
        for name, keeper in self._keepers.items():
            keeper.spec = self._specs.get(name) or replace(keeper.spec, count=0, after=())
        for name in self._specs.keys() - self._keepers.keys():
            self._open(name, ())
        ensured = await self.ensure()
        self._renew()
        return ensured

    async def end(self, *, keep: bool = False) -> None:
        """Stop the workers, each pool before those it is ``after``; *keep*, or ``on_exit: keep``, lets them run on.

        From here on nothing is started and no exit is told. It takes the longest ``stop_timeout`` of a tier at most.
        """
        self._ending = True
        for tier in reversed(tiers([keeper.spec for keeper in self._keepers.values()])):
            stopping = [self._keepers[name] for name in tier if not keep]
            order = Order(Verb.STOP, reason=ExitReason.DEPLOY)
            await asyncio.gather(*(each.order(order) for each in stopping if each.spec.on_exit is End.STOP))

    async def _ensure(self, pool: str, order: Order) -> tuple[Change, ...]:
        """Give the order to one pool; between two pools the end may have begun, which then stays the last word."""
        self._refuse_at_end("nothing is")
        return await self._keepers[pool].order(order)

    async def _command(self, verb: Verb, target: Target, reason: ExitReason, *, dry_run: bool) -> Ensured:
        check_target(self._specs, target)
        self._refuse_at_end(f"{target} is not")
        if reason is ExitReason.OPERATOR and not dry_run:
            self._remember(stops.remove(self._stopped, target, self._keepers[target.pool].spec.count))
        done = await self._obey(verb, target, reason, dry_run=dry_run)
        if done.failed:
            raise MedicError("; ".join(f"worker {change.worker}: {change.error}" for change in done.failed))
        if done.changes and len(done.held) == len(done.changes):
            raise RefusedError(f"{target} was stopped by an operator: `medic workers start {target}` lets it run again")
        return done

    async def _obey(self, verb: Verb, target: Target, reason: ExitReason, *, dry_run: bool) -> Ensured:
        order = Order(verb, target.slot or None, reason, dry_run=dry_run)
        return Ensured(await self._keepers[target.pool].order(order))

    def _refuse_at_end(self, what: str) -> None:
        if self._ending:
            raise RefusedError(f"{what} started: Medic is ending; try again when it runs")

    def _in_order(self) -> tuple[str, ...]:
        specs = [keeper.spec for keeper in self._keepers.values()]
        return tuple(name for tier in tiers(specs) for name in tier)

    def _remember(self, stopped: frozenset[Target]) -> None:
        if stopped != self._stopped:
            stops.write(self._stops, stopped)
            self._stopped = stopped

    def _open(self, name: str, slots: Iterable[int]) -> None:
        spec = self._specs.get(name) or PoolSpec(name, (), count=0)  # configured no more: its workers are too many
        keeper = Keeper(spec, self._house)
        self._keepers[name] = keeper
        keeper.adopt({*slots, *range(1, spec.count + 1)})
        self._start_task(keeper.run(), f"pool {name}")

    def _start_task(self, work: Coroutine[object, object, object], name: str) -> None:
        task = start(self._group, work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, exit_: Exit) -> None:
        if not self._ending:
            self._on_exit(exit_)

    def _renew(self) -> None:
        if self._settle is not None and not self._renewing:
            self._renewing = True
            work = partial(renew, self._keepers, self._settle.total_seconds())
            self._start_task(self._renewed(work), "deploy")

    async def _renewed(self, work: Callable[[], Coroutine[object, object, None]]) -> None:
        try:
            await guarded(work, name="deploy")
        finally:
            self._renewing = False


async def ensure_once(
    specs: Sequence[PoolSpec],
    state: Path,
    pool: str | None = None,
    *,
    dry_run: bool = False,
    clock: Clock | None = None,
    config: Path | None = None,
) -> Ensured:
    """Start what is missing, stop what is too many, and leave the workers to whoever adopts them.

    For commands without a daemon; the caller holds ``medic.lock`` meanwhile.
    """
    clock = clock or SystemClock()
    async with Supervisor(specs, state, clock, ignore_exit, config=config, settle=None) as supervisor:
        return await supervisor.ensure(pool, dry_run=dry_run)
