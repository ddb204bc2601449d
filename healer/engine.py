"""The healer: it takes in what happens, deliberates, writes the journal, and then acts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Never

from healer import intake, metrics, orders, registry, sieve
from healer.acting import perform
from healer.action import Action, Order
from healer.alarm import Alarm
from healer.decide import Act
from healer.deliberate import Arrivals, Plan, recover
from healer.delivery import Delivery
from healer.doorstep import Doorstep
from healer.explain import Explanation, explain
from healer.faults import Faults
from healer.memory import Memory
from healer.notices import write
from healer.ports import Ports
from healer.posted import Posting
from healer.reception import Reception
from healer.record import Record, resolved
from healer.session import Session
from healer.settings import Policy
from healer.watch import Watch
from healer.world import Scene, World
from medic.core import tasks
from medic.core.alerts import Alert, AlertState
from medic.core.changes import Acted, Change, Told
from medic.core.clock import Clock
from medic.core.errors import RefusedError
from medic.core.healing import Episode, Pause
from medic.core.samples import Family
from medic.core.targets import Target
from medic.core.workers import Exit

_RETRY = timedelta(seconds=1)
"""After which a deliberation that could not be written is tried again."""


class Healer:
    """Heals; ``begin`` it once the pools are known, then ``run`` it."""

    def __init__(
        self,
        policy: Policy,
        ports: Ports,
        *,
        state: Path,
        clock: Clock,
        actions: Mapping[str, Action] | None = None,
    ) -> None:
        """Check the policy; raises MedicError with every mistake of its actions at once."""
        self._actions = registry.actions() if actions is None else actions
        self._policy = registry.checked(policy, self._actions)
        self._ports = ports
        self._state = state
        self._clock = clock
        self._memory = Memory(ports.journal)
        self._faults = Faults()
        self._watch = Watch(ports, state, clock, self._faults)
        self._record = Record()
        self._delivery = Delivery(self._memory, ports.notifier, clock)
        self._scene = Scene(started_at=self._watch.started_at)
        self._door = Doorstep()
        self._reception = Reception(ports.journal, self._door, clock)
        self._session = Session(
            self._memory, self._door, self._record, self._faults, look=self._look, settle=self._settle
        )
        self._alarm = Alarm(clock)

    # --- its life

    async def begin(self) -> None:
        """Remember what the journal holds; attempts that a dead Medic left half-done will be looked at."""
        async with self._memory.lock:
            await self._memory.load()
            await self._reception.begin(self._memory.history)
            await self._memory.commit(recover(self._world(), self._clock.now()))

    async def run(self) -> Never:
        """Deliberate whenever something arrives or a gate's time is up, act, and deliver notices, until cancelled."""
        async with asyncio.TaskGroup() as group:
            tasks.start(group, self._delivery.run(), name="notices")
            while True:
                await tasks.guarded(partial(self._turn, group), name="healer")
                await self._alarm.sleep()
        raise AssertionError("the loop ends only by an error")  # pragma: no cover

    async def step(self) -> tuple[Act, ...]:
        """Deliberate once on all that has arrived, write what follows, and return what is to be carried out."""
        self._alarm.set(self._clock.now() + _RETRY)
        async with self._memory.lock:
            self._alarm.hush()
            await self._reception.expire()
            now = self._clock.now()
            self._session.broken = frozenset()
            world = self._look(now)
            arrivals = self._door.look(self._watch, self._policy, world.history, now)
            await self._session.deal(world, arrivals, now)
            acts, self._session.acts = self._session.acts, []
        return tuple(acts)

    async def carry_out(self, act: Act) -> None:
        """Run the action of a reserved attempt; what came of it is taken in by the next step."""
        order = self._order_of(act)
        done = await perform(self._actions, order)
        self._door.acted.append(Acted(act.attempt.id, self._clock.now(), done.succeeded, done.detail))
        self._alarm.ring()

    # --- what happens

    def observe(self, alerts: Sequence[Alert]) -> None:
        """Take the embedded rules' alerts of a tick: all active ones and those just resolved."""
        self._watch.observe(alerts)
        self._door.ticked = True
        self._alarm.ring()

    def exited(self, exit_: Exit) -> None:
        """Take the exit of a worker; from here on ``held`` names its slot when nobody asked for it."""
        if not exit_.reason.unasked:
            return
        self._door.exits.append(exit_)
        self._alarm.ring()

    async def receive(self, alerts: Sequence[Alert]) -> None:
        """Take alerts from outside; they are on disk when this returns. Raises InboxFullError, having kept none."""
        await self._reception.receive(alerts)
        self._alarm.ring()

    async def post(self, postings: Sequence[Posting]) -> None:
        """Take alerts from who posts them again and again; what is new is on disk when this returns.

        One that is not posted again before its end counts as over. Raises InboxFullError, having kept none.
        """
        if await self._reception.post(postings):
            self._alarm.ring()

    def held(self) -> frozenset[Target]:
        """Name the slots that are the healer's to fill, so that nobody else starts a second process there."""
        return intake.unfilled(self._memory.history, self._door.exits)

    def replace(self, policy: Policy) -> None:
        """Go on under another policy; raises MedicError and keeps the old one when its actions are wrong."""
        self._policy = registry.checked(policy, self._actions)
        self._alarm.ring()

    # --- a person's orders

    async def heal(
        self, target: Target, remedy: str | None = None, *, by: str, dry_run: bool = False
    ) -> orders.Healing:
        """Heal now, as a person says; raises RefusedError with the gate that forbids it. A dry run only tells."""
        async with self._memory.lock:
            now = self._clock.now()
            healing = orders.heal(self._look(now), target, remedy, by, now)
            if dry_run:
                return healing
            if healing.refused:
                raise RefusedError(f"{target} is not healed now: {healing.refused}")
            if await self._memory.commit(healing.changes):
                raise RefusedError(f"{target} is not healed now: another attempt is under way")
            self._session.acts.append(healing.act)
        self._alarm.ring()
        return healing

    async def pause(self, target: Target | None, lasting: timedelta, *, why: str, by: str) -> None:
        """Forbid healing of a target, or of all, for a while; raises RefusedError for one that nobody declares."""
        if target is not None:
            self._check_declared(target)
        await self._order(orders.pause(target, self._clock.now(), lasting, why=why, by=by))

    async def resume(self, target: Target | None, *, by: str) -> None:
        """End a pause; raises RefusedError where there is none."""
        now = self._clock.now()
        await self._order(orders.resume(self._look(now), target, now, by))

    async def keep_down(self, stopped: frozenset[Target], *, by: str) -> None:
        """Leave down what a person has *stopped*: these targets and no others, as the owner of their processes says."""
        await self._order(orders.keep_down(self._memory.history.stopped, stopped, self._clock.now(), by))

    async def reset(self, target: Target, *, by: str) -> None:
        """Forget the failures of a target and of what it covers; raises RefusedError for one that nobody declares."""
        self._check_declared(target)
        await self._order(orders.reset(target, self._clock.now(), by))

    async def approve(self, episode: int, *, by: str) -> None:
        """Allow the action of an open episode; raises RefusedError for a number that is none."""
        now = self._clock.now()
        await self._order(orders.approve(self._world(), episode, now, by))

    async def tell(self, title: str, body: str, key: str) -> None:
        """Enqueue a notice; of the same *key* only the first is ever delivered."""
        async with self._memory.lock:
            notice = replace(write(title, body, key, self._clock.now()), id=self._memory.history.next_notice)
            await self._memory.commit([Told(notice)])
        self._delivery.hurry()

    # --- what can be asked

    def explain(self, of: str) -> Explanation:
        """Explain a target or an alert: all gates with their values. Raises MedicError for what nobody knows."""
        now = self._clock.now()
        posted = [each.alert for each in self.postings]
        return explain(self._look(now), of, self._record.unplaced.values(), now, posted=posted)

    def families(self) -> list[Family]:
        """Return the metrics of healing."""
        self._record.counts.notifications.update(self._delivery.outcomes)
        self._delivery.outcomes.clear()
        return metrics.families(self._world(), self._record.counts, self._clock.now())

    @property
    def postings(self) -> tuple[Posting, ...]:
        """The posted alerts that fire."""
        return tuple(self._reception.postings())

    @property
    def open_episodes(self) -> tuple[Episode, ...]:
        """The episodes that are open, oldest first."""
        return tuple(self._memory.history.episodes.values())

    @property
    def open_breakers(self) -> frozenset[Target]:
        """The targets that are left alone but for a rare probe."""
        return metrics.open_breakers(self._world(), self._clock.now())

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The pauses in force."""
        now = self._clock.now()
        return tuple(pause for pause in self._memory.history.pauses if pause.until is None or now < pause.until)

    # --- inside

    def _world(self) -> World:
        return World(self._policy, self._memory.history, self._scene)

    def _look(self, now: datetime) -> World:
        scene = self._watch.scene(self._policy, self._memory.history, self._door.exits, now)
        self._scene = sieve.left_alone(scene, self._memory.history, self._session.broken)
        return self._world()

    def _settle(self, plan: Plan, arrivals: Arrivals, refused: frozenset[int]) -> None:
        self._record.keep(plan, refused)
        self._record.forget(resolved([*arrivals.alerts, *(each.alert for each in arrivals.waiting)]))
        self._alarm.set(plan.wake)
        if self._door:
            self._alarm.ring()
        if any(isinstance(change, Told) for change in plan.changes):
            self._delivery.hurry()

    async def _turn(self, group: asyncio.TaskGroup) -> None:
        for act in await self.step():
            name = f"attempt {act.attempt.id}"
            tasks.start(group, tasks.guarded(partial(self.carry_out, act), name=name), name=name)

    def _check_declared(self, target: Target) -> None:
        if not self._policy.declares(target):
            raise RefusedError(f"{target} is declared nowhere in the configuration; look for a slip of the pen")

    async def _order(self, changes: Sequence[Change]) -> None:
        async with self._memory.lock:
            await self._memory.commit(changes)
        self._alarm.ring()

    def _order_of(self, act: Act) -> Order:
        attempt = act.attempt
        active = [alert for alert in act.episode.alerts if alert.state is not AlertState.INACTIVE]
        return Order(
            attempt=attempt,
            labels=(active or act.episode.alerts)[0].labels,
            options=act.action.options,
            pools=self._ports.pools,
            tell=partial(self.tell, key=f"attempt:{attempt.id}"),
            output=self._state / "log" / "heals" / f"{attempt.id}.log",
        )
