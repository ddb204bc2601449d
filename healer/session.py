"""From what has arrived to what is written and is to be done: all at once, one by one only where a bug forbids that."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from healer import sieve
from healer.decide import Act
from healer.deliberate import Arrivals, Plan, deliberate
from healer.doorstep import Doorstep
from healer.faults import Faults
from healer.memory import Memory
from healer.record import Record
from healer.world import World
from medic.core.changes import Taken
from medic.core.errors import StoreError
from medic.core.tasks import spared

Take = Callable[[Arrivals], Awaitable[None]]

log = logging.getLogger(__name__)


class Session:
    """Deals with arrivals; the memory's lock must be held meanwhile."""

    def __init__(
        self,
        memory: Memory,
        door: Doorstep,
        record: Record,
        faults: Faults,
        *,
        look: Callable[[datetime], World],
        settle: Callable[[Plan, Arrivals, frozenset[int]], None],
    ) -> None:
        """Judge what *look* shows, and hand to *settle* what was written."""
        self._memory = memory
        self._door = door
        self._record = record
        self._faults = faults
        self._look = look
        self._settle = settle
        self._written = True
        self.acts: list[Act] = []
        """What is reserved and is to be carried out; whoever carries it out takes it away."""
        self.broken: frozenset[int] = frozenset()
        """The episodes that a bug kept from being judged the last time; *look* is to mark them so."""

    async def deal(self, world: World, arrivals: Arrivals, now: datetime) -> None:
        """Deal with what arrived but for what a bug sets aside; what cannot be written yet waits, and is told once."""
        try:
            await self._deal(world, arrivals, now)
        except StoreError as error:
            self._door.ticked = True
            if self._written:
                log.error("journal not written, nothing is done", extra={"error": str(error)})  # noqa: TRY400 - expected
            self._written = False
        else:
            self._written = True

    async def _deal(self, world: World, arrivals: Arrivals, now: datetime) -> None:
        with spared(but=StoreError) as raised:
            await self._take(world, now, arrivals)
        if raised:
            await self._deal_one_by_one(arrivals, now)

    async def _deal_one_by_one(self, arrivals: Arrivals, now: datetime) -> None:
        faulty = sieve.broken(self._look(now), now)
        for number, error in faulty.items():
            self._faults.tell(f"episode {number}", error)
        self.broken = frozenset(faulty)
        take = partial(self._take, self._look(now), now)
        await take(Arrivals())  # where even this raises, no arrival is to blame
        await sieve.sift(arrivals, take, partial(self._set_aside, take, now))

    async def _take(self, seen: World, now: datetime, arrivals: Arrivals) -> None:
        """Deliberate on arrivals, write what follows, and let go of them; what came during the write stays."""
        world = World(seen.policy, self._memory.history, seen.scene)
        plan = deliberate(world, arrivals, now)
        refused = await self._memory.commit(plan.changes)
        self._door.drop(arrivals)
        self.acts += [each for each in plan.verdicts if isinstance(each, Act) and each.attempt.id not in refused]
        with spared() as raised:  # what is written must not be taken in again
            self._settle(plan, arrivals, refused)
        if raised:
            self._faults.tell("taking down a decision", raised[0])

    async def _set_aside(self, take: Take, now: datetime, one: Arrivals, error: Exception) -> None:
        remedy = sieve.remedy_of(one, self._look(now))
        if self._faults.tell(sieve.name(one), error) and remedy:
            self._record.counts.suppressed[remedy, "error"] += 1
        with spared(but=StoreError) as raised:
            if one.acted or one.exits:
                await take(sieve.plain(one))
            elif one.waiting:
                await self._memory.commit([Taken(tuple(each.row for each in one.waiting), now)])
        if raised or not (one.acted or one.exits):
            self._door.drop(one)
