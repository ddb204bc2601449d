"""One bad thing, whatever it is, harms nothing beside it."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from healer.deliberate import Arrivals
from healer.settings import ActionSpec
from healer.sieve import joined, split
from medic.core.alerts import Source
from medic.core.changes import Acted
from medic.core.errors import StoreError
from medic.core.healing import Outcome
from medic.core.targets import pool_target, worker_target
from tests.fakes import FakePools, HandClock
from tests.healer.house import QUICK, alert, fire_until_it_acts, gone, house, policy, remedy

WORKER = worker_target("rpa", 1)
UNWRITABLE = "\udcff"
"""A lone surrogate, as a byte that is no UTF-8 leaves behind: no database takes it."""


class Cursed(str):
    """A label that breaks whoever compares it, as a bug of ours would."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, _other):
        raise ZeroDivisionError("a bug")


def suppressed(it):
    family = next(each for each in it.healer.families() if each.name == "medic_heal_suppressed_total")
    rows = [(dict(each.labels), each.value) for each in family.samples]
    return {labels["remedy"]: value for labels, value in rows if labels["reason"] == "error" and value}


def told(caplog):
    lines = [each for each in caplog.records if each.getMessage() == "set aside after a bug, all else goes on"]
    assert all(line.exc_info for line in lines)
    return [line.what for line in lines]


async def test_a_worker_whose_exit_cannot_be_written_is_replaced_without_its_words_like_any_other(tmp_path, caplog):
    async with house(tmp_path) as it:
        it.healer.exited(it.pools.die(WORKER, status=UNWRITABLE))
        await it.die(worker_target("rpa", 2))
        assert it.pools.asked == [("start", "worker:rpa/1"), ("start", "worker:rpa/2")]
        assert "could not be taken in" in (await it.journal.attempts(100))[1].reason
        assert not it.healer._door
        assert told(caplog) == ["an exit of worker:rpa/1"]
        assert suppressed(it) == {"worker-exit": 1}


async def test_alerts_from_outside_are_taken_but_for_the_one_that_breaks_and_none_comes_again(tmp_path, caplog):
    async with house(tmp_path, policy(remedy(target="pool:{{ labels.pool }}", grace=timedelta()))) as it:
        it.clock.pass_by(minutes=5)
        await it.healer.receive([alert(source=Source.ALERTMANAGER, pool="rpa", number=str(n)) for n in range(9)])
        fourth = it.healer._door.waiting[4]
        broken = replace(fourth.alert, annotations=(("summary", UNWRITABLE),))
        it.healer._door.waiting[4] = fourth._replace(alert=broken)
        await it.settle()
        assert len(it.healer.open_episodes[0].alerts) == 8
        assert it.pools.asked == [("restart", "pool:rpa")]
        assert await it.journal.waiting() == []
        assert [broken.fingerprint in what for what in told(caplog)] == [True]
        assert suppressed(it) == {"restart-workers": 1}


async def test_an_alert_of_the_rules_that_breaks_at_every_tick_is_told_once_and_the_others_are_healed(tmp_path, caplog):
    bad = alert("Bad", pool=Cursed("rpa"))
    good = remedy("good", match=('alertname="Good"',))
    rules = policy(remedy("bad", match=('alertname="Bad"', 'pool="x"')), good)
    async with house(tmp_path, rules) as it:
        await fire_until_it_acts(it, bad, alert("Good"))
        await it.tick(bad, alert("Good"), seconds=15)
        assert it.pools.asked == [("restart", "pool:rpa")]
        assert len(told(caplog)) == 1


async def test_an_episode_whose_gate_breaks_stays_as_it_is_and_stops_no_other(tmp_path, caplog):
    clock = HandClock()
    pools = FakePools(clock, rpa=1, etl=1)
    declared = (pool_target("rpa"), pool_target("etl"))
    bad = remedy("bad", match=('alertname="Bad"',), grace=timedelta(minutes=3))
    good = remedy("good", match=('alertname="Good"',), target="pool:etl", do=(ActionSpec("restart"),))
    async with house(tmp_path, policy(bad, good, declared=declared), clock=clock, pools=pools) as it:
        await it.tick(alert("Bad"), alert("Good"))
        it.healer.replace(policy(replace(bad, grace=None), good, declared=declared))
        await it.tick(alert("Bad"), alert("Good"), minutes=4)
        await it.tick(alert("Bad"), alert("Good"), seconds=15)
        assert pools.asked == [("restart", "pool:etl")]
        assert [episode.remedy for episode in it.healer.open_episodes] == ["bad", "good"]
        assert told(caplog) == ["episode 1"]
        assert suppressed(it) == {"bad": 1}
        assert "held by error" in it.healer.explain("pool:rpa").text
        assert "under way" in it.healer.explain("pool:etl").text
        it.healer.replace(policy(bad, good, declared=declared))
        await it.settle()
        assert pools.asked[1:] == [("restart", "pool:rpa")]


async def test_a_verification_that_breaks_is_unknown_in_its_time_and_stops_no_other(tmp_path, caplog):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await fire_until_it_acts(it, alert())

        def bug(*_):
            raise KeyError("a bug")

        it.conditions.condition = bug
        await it.die(WORKER)
        await it.tick(alert(), seconds=61)
        assert (await it.outcomes()) == [None, Outcome.HEALED]
        await it.tick(alert(), minutes=5)
        assert (await it.outcomes()) == [Outcome.UNKNOWN, Outcome.HEALED]
        assert told(caplog) == ["the verification of attempt 1"]


async def test_an_end_of_an_action_that_cannot_be_written_is_written_in_other_words(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await it.tick(alert())
        it.clock.pass_by(seconds=181)
        it.healer.observe([alert()])
        (act,) = await it.healer.step()
        it.healer._door.acted.append(Acted(act.attempt.id, it.clock.now(), succeeded=True, detail=UNWRITABLE))
        await it.settle()
        assert "could not be taken in" in (await it.last()).detail
        it.conditions.holds["QueueStalled"] = False
        await it.tick(alert())
        await it.tick(alert(), seconds=30)
        assert await it.outcomes() == [Outcome.HEALED]


async def test_while_a_bug_stands_in_the_way_of_all_nothing_that_arrived_is_lost(tmp_path):
    async with house(tmp_path) as it:
        it.healer.exited(it.pools.die(WORKER))
        it.healer._memory.history = replace(it.healer._memory.history, attempts=None)
        with pytest.raises(AttributeError):
            await it.healer.step()
        assert len(it.healer._door.exits) == 1


def test_arrivals_are_split_into_single_ones_and_put_together_again_in_their_order():
    clock = HandClock()
    pools = FakePools(clock, rpa=2)
    resolved = gone(alert("B"), clock.now())
    arrivals = Arrivals(
        acted=(Acted(1, clock.now(), True, ""), Acted(2, clock.now(), False, "")),
        exits=(pools.die(WORKER),),
        alerts=(alert("A"), resolved),
        missing=frozenset({"x", "y"}),
    )
    single = split(arrivals)
    assert len(single) == 7
    assert joined(single) == arrivals
    assert split(Arrivals()) == []


async def test_a_journal_that_cannot_be_written_is_told_once_until_it_can(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    async with house(tmp_path) as it:
        real, it.healer._memory.journal = it.healer._memory.journal, Full()
        it.healer.exited(it.pools.die(WORKER))
        for _ in range(3):
            assert await it.healer.step() == ()
        assert len(caplog.records) == 1
        it.healer._memory.journal = real
        await it.settle()
        it.healer._memory.journal = Full()
        it.healer.exited(it.pools.die(WORKER))
        await it.healer.step()
        assert len(caplog.records) == 2


class Full:
    """A journal on a full disk."""

    async def apply(self, _changes, _tallies):
        raise StoreError("the disk is full")
