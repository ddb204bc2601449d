from datetime import timedelta
from itertools import pairwise

import pytest

from medic.core.healing import Ending, Mode, Outcome
from medic.core.targets import worker_target
from medic.core.workers import ExitReason
from tests.healer.house import POOL, alert, fire_until_it_acts, house, policy, remedy

WORKER = worker_target("rpa", 1)
STALLED = alert()


async def test_a_dead_worker_is_replaced_at_once_whatever_the_mode(tmp_path):
    async with house(tmp_path, policy(mode=Mode.OFF)) as it:
        await it.die(WORKER)
        assert it.pools.asked == [("start", "worker:rpa/1")]
        assert it.healer.held() == {WORKER}
        await it.tick(seconds=61)
        assert await it.outcomes() == [Outcome.HEALED]
        assert it.healer.held() == frozenset()


async def test_a_worker_that_dies_at_once_is_replaced_after_0_10_and_60_seconds_and_then_left_to_a_probe(tmp_path):
    async with house(tmp_path) as it:
        it.clock.pass_by(hours=1)
        starts = []
        for _ in range(600):
            before = len(it.pools.asked)
            if it.pools.worker(WORKER).process:
                await it.die(WORKER, status="exit 3")
            await it.tick(seconds=1)
            if len(it.pools.asked) > before:
                starts.append(it.clock.now())
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
        assert gaps[:3] == [pytest.approx(10, abs=2), pytest.approx(60, abs=2), pytest.approx(300, abs=2)]
        assert len(starts) == 4
        assert it.healer.open_breakers == {WORKER}
        assert [notice.title for notice in await it.journal.notices(100)] == [
            "worker:rpa/1 could not be healed by worker-exit"
        ]


async def test_a_command_that_dies_at_once_from_the_start_opens_the_breaker_with_its_third_exit(tmp_path):
    async with house(tmp_path) as it:
        await it.die(WORKER)
        await it.die(WORKER)
        await it.tick(seconds=10)
        await it.die(WORKER)
        assert it.pools.asked == [("start", "worker:rpa/1")] * 2
        assert it.healer.open_breakers == {WORKER}


async def test_ten_exits_in_an_hour_open_the_breaker_however_long_each_lived(tmp_path):
    async with house(tmp_path) as it:
        for _ in range(9):
            it.clock.pass_by(minutes=5)
            await it.die(WORKER)
            await it.tick(seconds=60)
            assert it.healer.open_breakers == frozenset()
        it.clock.pass_by(minutes=1)
        await it.die(WORKER)
        assert it.healer.open_breakers == {WORKER}
        assert len(it.pools.asked) == 9


async def test_a_stopped_or_paused_worker_is_not_replaced_until_that_ends(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.keep_down(frozenset({POOL}), by="ann")
        await it.healer.pause(None, timedelta(minutes=5), why="deploy", by="bob")
        await it.die(WORKER)
        assert it.pools.asked == []
        assert it.healer.held() == {WORKER}
        await it.healer.keep_down(frozenset(), by="ann")
        await it.settle()
        assert it.pools.asked == []
        await it.healer.resume(None, by="bob")
        await it.settle()
        assert it.pools.asked == [("start", "worker:rpa/1")]


async def test_an_exit_that_was_asked_for_is_nobodys_trouble(tmp_path):
    async with house(tmp_path) as it:
        await it.die(WORKER, reason=ExitReason.OPERATOR)
        assert it.healer.open_episodes == ()
        assert it.healer.held() == frozenset()


async def test_a_slot_that_somebody_else_filled_ends_the_episode(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.pause(WORKER, timedelta(minutes=5), why="looking", by="ann")
        await it.die(WORKER)
        await it.pools.start(WORKER)
        await it.tick(seconds=1)
        assert await it.endings() == [Ending.RESOLVED]
        assert it.healer.held() == frozenset()


async def test_a_pool_under_restart_keeps_other_attempts_away_but_dead_workers_are_replaced_once_it_acted(tmp_path):
    async with house(tmp_path, policy(remedy(), remedy("kick", match=('alertname="Slow"',)))) as it:
        slow = alert("Slow")
        await fire_until_it_acts(it, STALLED, slow)
        assert it.pools.asked == [("restart", "pool:rpa")]
        explained = it.healer.explain("Slow").episodes[0]
        assert explained.verdict.startswith("held by busy: attempt 1")
        await it.die(WORKER)
        assert it.pools.asked[-1] == ("start", "worker:rpa/1")


async def test_a_notice_of_an_open_breaker_says_what_happened_and_what_to_do(tmp_path):
    async with house(tmp_path) as it:
        await it.die(WORKER, status="exit 3")
        await it.die(WORKER, status="exit 3")
        await it.tick(seconds=10)
        await it.die(WORKER, status="exit 3")
        (notice,) = await it.journal.notices(100)
        assert notice.body.splitlines() == [
            "It keeps ending, the last time with exit 3. It is left alone but for a rare probe.",
            "Why: worker:rpa/1 ended: exit 3 (crash)",
            "Look: medic explain worker:rpa/1",
            "Once mended: medic heal reset worker:rpa/1",
        ]
