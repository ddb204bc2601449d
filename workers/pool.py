"""The keeper of one pool: one task with a mailbox, the only one that starts and stops the pool's processes."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import closing, suppress
from functools import partial
from typing import Never

from medic.core.errors import MedicError
from medic.core.failpoints import failpoint
from medic.core.locks import Lock
from medic.core.processes import ExitStatus, Process
from medic.core.tasks import guarded
from medic.core.workers import Exit, ExitReason, Pool, SlotState, Worker
from workers.changes import Change, changes
from workers.heartbeats import Listener
from workers.house import House, Slot
from workers.mail import Exited, Letter, Silent
from workers.plan import Do, Order, Scene, Seat, Step, plan
from workers.slots import Occupant, Place, claim, clear, last_words, launch, look
from workers.spec import PoolSpec
from workers.stops import slots_of

log = logging.getLogger(__name__)

KILLED_WITHIN = 5.0
"""Seconds that the kernel may take to end a process after KILL before we say that it hangs."""


class Keeper:
    """Keeps one pool; every change of it goes through the mailbox, so no two can cross."""

    def __init__(self, spec: PoolSpec, house: House) -> None:
        """Know the pool; nothing is looked at or started before ``adopt`` and ``run``."""
        self.spec = spec
        """May be replaced at any time; it counts from the next order on."""
        self._house = house
        self._inbox: asyncio.Queue[Letter] = asyncio.Queue()
        self._slots: dict[int, Slot] = {}
        self._restarts = dict.fromkeys(ExitReason, 0)

    def adopt(self, numbers: Iterable[int]) -> None:
        """Take hold of the workers that live in these slots; call it once, before ``run``."""
        for number in numbers:
            slot = self._slot(number)
            try:
                found = look(slot.place, self.spec, self._house.clock.now())
            except MedicError as error:  # all other slots are none the worse
                log.error("slot not looked at", extra={"worker": slot.place.name, "error": str(error)})  # noqa: TRY400 - a cause to mend, not a bug
                continue
            if isinstance(found, Lock):
                found.close()
            elif isinstance(found, Occupant):
                self._settle(slot, found)

    async def run(self) -> Never:
        """Answer the mailbox for ever, one letter after the other."""
        while True:
            letter = await self._inbox.get()
            await guarded(partial(self._read, letter), name=f"pool {self.spec.name}")

    async def order(self, order: Order) -> tuple[Change, ...]:
        """Obey *order*, wait until what it stops has ended and what it starts runs, and say what was done."""
        answer: asyncio.Future[tuple[Step, ...]] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(Letter(order, answer))
        steps = await answer
        if order.dry_run:
            return changes(self.spec.name, steps, {})
        errors = {step.slot: error for step in steps if (error := await self._outcome(step))}
        return changes(self.spec.name, steps, errors)

    def outdated(self) -> tuple[int, ...]:
        """Return the slots whose workers run what is no longer configured."""
        return tuple(
            number
            for number, slot in sorted(self._slots.items())
            if slot.state is SlotState.RUNNING and slot.occupant and slot.occupant.digest != self.spec.digest
        )

    async def survives(self, number: int, seconds: float) -> bool:
        """Tell whether the worker in a slot is still the same after so many seconds."""
        slot = self._slots.get(number)
        if slot is None or slot.occupant is None:
            return False
        try:
            async with asyncio.timeout(seconds):
                await slot.occupant.process.wait()
        except TimeoutError:
            return True
        return False

    def worker(self, number: int) -> Worker:
        """Return what is known of one slot."""
        slot = self._slots.get(number)
        if slot is None:
            return Worker(self.spec.name, number, SlotState.EMPTY)
        return slot.worker(self.spec.heartbeat, self._house.clock.now())

    def snapshot(self) -> Pool:
        """Return the pool as it stands; slots that an operator stopped are not expected to run."""
        numbers = range(1, self.spec.count + 1)
        extra = sorted(number for number, slot in self._slots.items() if number > self.spec.count and slot.occupant)
        expected = self.spec.count - len(slots_of(self._house.stopped(), self.spec.name, numbers))
        workers = tuple(self.worker(number) for number in (*numbers, *extra))
        return Pool(self.spec.name, expected, workers, tuple(self._restarts.items()))

    def abandon(self) -> None:
        """Let go of all workers without stopping them."""
        for slot in self._slots.values():
            if slot.listener is not None:
                slot.listener.close()
            if slot.occupant is not None:
                slot.occupant.process.abandon()
        self._slots.clear()

    def _slot(self, number: int) -> Slot:
        if number not in self._slots:
            self._slots[number] = slot = Slot(Place(self._house.state, self.spec.name, number))
            slot.calm.set()
        return self._slots[number]

    def _scene(self) -> Scene:
        seats = {number: Seat(slot.state, again=slot.again) for number, slot in self._slots.items()}
        numbers = frozenset({*seats, *range(1, self.spec.count + 1)})
        stopped, held = self._house.stopped(), self._house.held()
        name = self.spec.name
        return Scene(self.spec.count, seats, slots_of(stopped, name, numbers), slots_of(held, name, numbers))

    async def _read(self, letter: Letter) -> None:
        match letter.message:
            case Order() as order:
                await self._obey(order, letter.answer)
            case Exited() as exited:
                await self._exited(exited)
            case Silent() as silent:
                self._silent(silent)

    async def _obey(self, order: Order, answer: "asyncio.Future[tuple[Step, ...]] | None") -> None:
        try:
            steps = plan(order, self._scene())
            for step in () if order.dry_run else steps:
                await self._take(step, order.reason)
                await asyncio.sleep(0)  # a start costs a millisecond, and a pool may have hundreds of them
            if answer is not None and not answer.done():
                answer.set_result(steps)
        finally:
            if answer is not None and not answer.done():  # a bug: it is logged by `run`, and nobody waits for ever
                answer.set_exception(MedicError(f"pool {self.spec.name}: the order failed; the log says why"))

    async def _take(self, step: Step, reason: ExitReason) -> None:
        slot = self._slot(step.slot)
        if step.do is Do.START and slot.occupant is None:
            await self._start(slot)
        elif step.do in {Do.START, Do.RESTART}:
            slot.again = True
        elif step.do is Do.STOP:
            slot.again = False
        if step.do in {Do.STOP, Do.RESTART} and slot.occupant is not None and slot.ending is None:
            log.info("worker stopping", extra={"worker": slot.place.name, "why": step.why})
            grace = self.spec.stop_timeout.total_seconds()
            self._bring_down(slot, reason, partial(slot.occupant.process.stop, grace))

    async def _start(self, slot: Slot) -> None:
        """Fill an empty slot; a failure is kept in it, and told as an exit unless the healer has the slot already.

        Else nobody would fill it ever: an attempt on the whole pool looks after no slot once it is over.
        """
        slot.again = False
        try:
            await self._fill(slot)
        except MedicError as error:
            slot.error = str(error)
            log.error("worker not started", extra={"worker": slot.place.name, "error": slot.error})  # noqa: TRY400 - a cause to mend, not a bug
            if slot.place.target not in self._house.held():
                self._tell(slot, None, ExitReason.CRASH, slot.error)
            return
        if slot.replaces is not None:
            self._restarts[slot.replaces] += 1
        slot.error, slot.replaces = "", None

    async def _fill(self, slot: Slot) -> None:
        now = self._house.clock.now()
        failpoint("worker.lock.before")
        found = await claim(slot.place, self.spec, now)
        failpoint("worker.lock.after")
        if isinstance(found, Occupant):
            self._settle(slot, found)
            return
        with closing(found):
            self._listen(slot)
            try:
                occupant = launch(slot.place, found, self.spec, now=now, config=self._house.config)
            except MedicError:
                self._deafen(slot)
                raise
        self._settle(slot, occupant)

    def _settle(self, slot: Slot, occupant: Occupant) -> None:
        """Watch over a worker that was started or adopted."""
        process = occupant.process
        slot.occupant = occupant
        if slot.listener is None and occupant.digest == self.spec.digest:
            self._listen_again(slot)
        self._house.start(self._watch(slot.place.slot, process), f"worker {slot.place.name}")
        how = "worker adopted" if process.adopted else "worker started"
        log.info(how, extra={"worker": slot.place.name, "pid": process.id.pid})

    async def _watch(self, number: int, process: Process) -> None:
        status = await process.wait()
        self._inbox.put_nowait(Letter(Exited(number, status)))

    def _listen(self, slot: Slot) -> None:
        if self.spec.heartbeat is not None:
            patience = self.spec.heartbeat.total_seconds()
            slot.listener = Listener(slot.place.address, patience, partial(self._miss, slot))

    def _listen_again(self, slot: Slot) -> None:
        try:
            self._listen(slot)
        except MedicError as error:  # it runs: to be judged by its process alone harms it less than to be stopped
            log.error("heartbeat not heard", extra={"worker": slot.place.name, "error": str(error)})  # noqa: TRY400 - a cause to mend, not a bug

    def _deafen(self, slot: Slot) -> None:
        if slot.listener is not None:
            slot.listener.close()
            slot.listener = None

    def _miss(self, slot: Slot) -> None:
        if slot.occupant is not None:
            self._inbox.put_nowait(Letter(Silent(slot.place.slot, slot.occupant.process)))

    def _silent(self, silent: Silent) -> None:
        slot = self._slots.get(silent.slot)
        if slot is None or slot.occupant is None or slot.occupant.process is not silent.process or slot.ending:
            return
        log.warning("worker hung", extra={"worker": slot.place.name, "pid": silent.process.id.pid})
        self._bring_down(slot, ExitReason.HUNG, silent.process.kill)

    def _bring_down(
        self, slot: Slot, reason: ExitReason, work: Callable[[], Coroutine[object, object, ExitStatus]]
    ) -> None:
        slot.ending = reason
        slot.calm.clear()

        async def obey() -> None:
            failpoint("worker.stop.before")
            await work()
            failpoint("worker.stop.after")

        name = f"stop {slot.place.name}"
        self._house.start(guarded(obey, name=name), name)

    async def _exited(self, exited: Exited) -> None:
        slot = self._slots.get(exited.slot)
        if slot is None or slot.occupant is None:
            return
        occupant, again = slot.occupant, slot.again
        reason = slot.ending or self._house.oom.judge(exited.status)
        self._deafen(slot)
        slot.occupant, slot.ending, slot.ended = None, None, self._house.clock.now()
        slot.replaces = reason if reason.unasked or again else None
        status = exited.status
        words = last_words(slot.place, occupant, status, self._house.clock.now()) if reason.unasked else status.words
        self._tell(slot, occupant, reason, words)
        if again:
            await self._start(slot)
        else:
            with suppress(MedicError):  # without its lock's file nothing of it can be found
                await clear(slot.place)
        slot.calm.set()

    def _tell(self, slot: Slot, occupant: Occupant | None, reason: ExitReason, status: str) -> None:
        process, since = (occupant.process.id, occupant.since) if occupant else (None, None)
        now = self._house.clock.now()
        level = logging.WARNING if reason.unasked else logging.INFO
        fields = {"worker": slot.place.name, "reason": str(reason), "status": status}
        if reason.unasked:
            fields["output"] = str(slot.place.output)
        log.log(level, "worker ended", extra=fields)
        self._house.on_exit(Exit(self.spec.name, slot.place.slot, process, reason, now, since, status))

    async def _outcome(self, step: Step) -> str:
        """Wait until a step has come about; say why it did not."""
        slot = self._slots.get(step.slot)
        if slot is None:
            return ""
        try:
            async with asyncio.timeout(self.spec.stop_timeout.total_seconds() + KILLED_WITHIN):
                await slot.calm.wait()
        except TimeoutError:
            return "it did not end after KILL: it hangs in the kernel, look at its stack as root (/proc/PID/stack)"
        return slot.error if step.do in {Do.START, Do.RESTART} and slot.occupant is None else ""
