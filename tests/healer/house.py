"""What the healer's tests share: alerts, remedies, and a healer over the real journal with faked processes."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from healer.engine import Healer
from healer.matchers import parse_matcher
from healer.ports import Ports
from healer.settings import ActionSpec, Policy, Remedy, Verify
from healer.templates import parse_template
from medic.core.alerts import Alert, AlertState, Source
from medic.core.healing import Mode
from medic.core.samples import labels
from medic.core.targets import pool_target
from medic.store.database import open_database
from medic.store.journal import Journal
from tests.fakes import FakeConditions, FakeNotifier, FakePools, HandClock

NOW = HandClock().now()
POOL = pool_target("rpa")


def alert(
    name="QueueStalled", *, at=NOW, state=AlertState.FIRING, source=Source.RULES, frozen="", resolved=None, **pairs
):
    named = labels(pairs, alertname=name)
    why = "resolved" if state is AlertState.INACTIVE else ""
    return Alert(named, (), state, at, source, resolved_at=resolved, why_resolved=why, frozen=frozen)


def gone(of, at=None):
    return alert(of.name, at=of.active_at, state=AlertState.INACTIVE, source=of.source, resolved=at)


def remedy(name="restart-workers", *, match=('alertname="QueueStalled"',), target="pool:rpa", do=None, **more):
    more.setdefault("mode", Mode.AUTO)
    ladder = do or (ActionSpec("restart"),)
    return Remedy(name, tuple(parse_matcher(text) for text in match), parse_template(target), ladder, **more)


def policy(*remedies, declared=(POOL,), **more):
    return Policy(remedies or (remedy(),), declared=frozenset(declared), **more)


QUICK = Verify(within=timedelta(minutes=5), stable=timedelta(seconds=30))


@dataclass
class House:
    healer: Healer
    clock: HandClock
    pools: FakePools
    conditions: FakeConditions
    notifier: FakeNotifier
    journal: Journal
    state: Path

    async def settle(self):
        """Let the healer turn until nothing more follows without new arrivals or time."""
        for _ in range(20):
            acts = await self.healer.step()
            for act in acts:
                await self.healer.carry_out(act)
            if not acts and not self.healer._door:
                return
        raise AssertionError("the healer does not come to rest")

    async def tick(self, *alerts, **passing):
        """Let time pass, the rules speak, and the healer act."""
        self.clock.pass_by(**passing)
        self.healer.observe(alerts)
        await self.settle()

    async def die(self, target, **more):
        """Kill a worker and let the healer act."""
        self.healer.exited(self.pools.die(target, **more))
        await self.settle()

    async def last(self):
        return (await self.journal.attempts(1))[0]

    async def outcomes(self):
        return [attempt.outcome for attempt in reversed(await self.journal.attempts(100))]

    async def endings(self):
        return [episode.ending for episode in reversed(await self.journal.episodes(100))]


@asynccontextmanager
async def house(state, policy_=None, *, clock=None, pools=None, begin=True, actions=None):
    """Open the journal in *state* and a healer over it; opening it again is a restart."""
    clock = clock or HandClock()
    pools = pools or FakePools(clock, rpa=2)
    conditions, notifier = FakeConditions(), FakeNotifier()
    async with open_database(state / "journal.db", schema="journal", sync="FULL") as database:
        journal = Journal(database)
        ports = Ports(journal, pools, conditions, pools, notifier)
        healer = Healer(policy_ or policy(), ports, state=state, clock=clock, actions=actions)
        if begin:
            await healer.begin()
        yield House(healer, clock, pools, conditions, notifier, journal, state)


async def fire_until_it_acts(it, *alerts):
    """Let the alerts fire until start-up rest and grace are over."""
    await it.tick(*alerts)
    await it.tick(*alerts, seconds=181)
