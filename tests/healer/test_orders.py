from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.history import fold
from healer.orders import keep_down
from healer.settings import ActionSpec
from medic.core.changes import History
from medic.core.errors import MedicError, RefusedError
from medic.core.healing import Ending, Mode, Outcome
from medic.core.targets import parse_target, pool_target, worker_target
from tests.healer.house import NOW, POOL, QUICK, alert, fire_until_it_acts, house, policy, remedy

WORKER = worker_target("rpa", 1)
STALLED = alert()
TARGETS = st.sampled_from([POOL, WORKER, worker_target("rpa", 2), pool_target("other"), worker_target("other", 1)])


async def test_a_reset_closes_the_breaker(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = True
        for _ in range(120):
            await it.tick(STALLED, seconds=30)
        await it.healer.reset(POOL, by="ann")
        await it.settle()
        assert it.healer.open_breakers == frozenset()
        assert (await it.last()).number == 1
        assert len(it.pools.asked) == 4


async def test_the_file_paused_stops_all_healing(tmp_path):
    async with house(tmp_path) as it:
        (tmp_path / "PAUSED").touch()
        await it.die(WORKER)
        await fire_until_it_acts(it, STALLED)
        assert it.pools.asked == []
        assert "paused" in it.healer.explain("worker:rpa/1").episodes[0].verdict
        (tmp_path / "PAUSED").unlink()
        await it.tick(STALLED, seconds=1)
        assert ("start", "worker:rpa/1") in it.pools.asked


async def test_a_dry_run_does_nothing_spends_nothing_and_says_so(tmp_path):
    async with house(tmp_path, policy(remedy(mode=Mode.DRY_RUN))) as it:
        await fire_until_it_acts(it, STALLED)
        await it.tick(STALLED, hours=1)
        assert it.pools.asked == []
        assert await it.journal.attempts(100) == []
        assert (
            it.healer.explain("pool:rpa").episodes[0].verdict.startswith("would restart now, but its mode is dry-run")
        )


async def test_approval_is_asked_for_once_all_other_gates_are_open_and_allows_the_action(tmp_path):
    async with house(tmp_path, policy(remedy(mode=Mode.APPROVE))) as it:
        await it.tick(STALLED)
        assert await it.journal.notices(100) == []
        await it.tick(STALLED, seconds=181)
        assert [notice.title for notice in await it.journal.notices(100)] == ["May Medic restart pool:rpa?"]
        assert it.pools.asked == []
        with pytest.raises(RefusedError, match="open: 1"):
            await it.healer.approve(7, by="ann")
        await it.healer.approve(1, by="ann")
        await it.settle()
        assert it.pools.asked == [("restart", "pool:rpa")]


async def test_a_persons_order_passes_grace_and_breaker_and_is_one_attempt(tmp_path):
    async with house(tmp_path) as it:
        proposal = await it.healer.heal(POOL, by="ann", dry_run=True)
        assert (proposal.attempt.action, proposal.refused) == ("restart", "")
        assert await it.journal.episodes(100) == []
        await it.healer.heal(POOL, by="ann")
        await it.settle()
        assert it.pools.asked == [("restart", "pool:rpa")]
        assert await it.outcomes() == [Outcome.HEALED]
        assert await it.endings() == [Ending.HEALED]


async def test_a_persons_order_that_leaves_a_pool_incomplete_fails_and_is_not_repeated(tmp_path):
    async with house(tmp_path) as it:
        it.pools.fails = "out of memory"
        it.pools.die(WORKER)
        await it.healer.heal(POOL, by="ann")
        await it.settle()
        assert await it.outcomes() == [Outcome.FAILED]
        assert await it.endings() == [Ending.GIVEN_UP]
        await it.tick(hours=1)
        assert len(it.pools.asked) == 1


async def test_a_persons_order_is_refused_with_the_gate_that_holds_it(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.pause(POOL, timedelta(minutes=5), why="deploy", by="bob")
        with pytest.raises(RefusedError, match="held by paused: by bob: deploy, until"):
            await it.healer.heal(POOL, by="ann")
        with pytest.raises(RefusedError, match="declared nowhere"):
            await it.healer.heal(pool_target("other"), by="ann")
        with pytest.raises(RefusedError, match="name a remedy for unit:nginx"):
            await it.healer.heal(parse_target("unit:nginx"), by="ann")
        with pytest.raises(RefusedError, match="no remedy 'x'; configured: restart-workers"):
            await it.healer.heal(POOL, "x", by="ann")
        assert await it.journal.episodes(100) == []


async def test_a_second_order_on_a_busy_target_is_refused(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.heal(POOL, by="ann")
        with pytest.raises(RefusedError, match="busy: attempt 1"):
            await it.healer.heal(WORKER, by="ann")
        await it.settle()
        assert len(it.pools.asked) == 1


async def test_a_persons_order_by_a_remedy_joins_its_open_episode(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(STALLED)
        await it.healer.heal(POOL, "restart-workers", by="ann")
        await it.settle()
        assert [each.episode for each in await it.journal.attempts(100)] == [1]
        assert len(it.healer.open_episodes) == 1


async def test_pauses_need_a_reason_and_an_end_and_run_out_by_themselves(tmp_path):
    async with house(tmp_path) as it:
        with pytest.raises(RefusedError, match="--why"):
            await it.healer.pause(None, timedelta(minutes=5), why=" ", by="ann")
        with pytest.raises(RefusedError, match="--for"):
            await it.healer.pause(None, timedelta(), why="deploy", by="ann")
        with pytest.raises(RefusedError, match="not paused; paused: nothing"):
            await it.healer.resume(None, by="ann")
        await it.healer.pause(None, timedelta(minutes=5), why="deploy", by="ann")
        assert [pause.why for pause in it.healer.pauses] == ["deploy"]
        await it.die(WORKER)
        assert it.pools.asked == []
        await it.tick(minutes=5)
        assert it.healer.pauses == ()
        assert len(it.pools.asked) == 1


async def test_a_remedy_that_the_configuration_lost_ends_its_episodes(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(STALLED)
        it.healer.replace(policy(remedy("other", match=('alertname="Other"',))))
        await it.tick(STALLED, seconds=15)
        assert await it.endings() == [Ending.SUPERSEDED]


async def test_a_policy_with_wrong_actions_is_refused_with_every_mistake_and_the_old_one_stays(tmp_path):
    async with house(tmp_path) as it:
        wrong = policy(remedy("a", do=(ActionSpec("dance"),)), remedy("b", do=(ActionSpec("restart", {"now": True}),)))
        with pytest.raises(MedicError, match=r"remedy a: no action 'dance'.*\nremedy b: restart: unknown option 'now'"):
            it.healer.replace(wrong)
        await fire_until_it_acts(it, STALLED)
        assert len(it.pools.asked) == 1


async def test_orders_about_what_nobody_declares_are_refused_instead_of_done_to_nothing(tmp_path):
    async with house(tmp_path) as it:
        typo = parse_target("pool:typo")
        with pytest.raises(RefusedError, match="declared nowhere"):
            await it.healer.reset(typo, by="ann")
        with pytest.raises(RefusedError, match="declared nowhere"):
            await it.healer.pause(typo, timedelta(minutes=5), why="deploy", by="ann")


async def test_explaining_what_nobody_knows_is_an_error_and_a_quiet_target_is_not(tmp_path):
    async with house(tmp_path) as it:
        with pytest.raises(MedicError, match="declared nowhere"):
            it.healer.explain("pool:other")
        assert it.healer.explain("pool:rpa").text == "pool:rpa: no episode is open, nothing is held back"
        await it.healer.keep_down(frozenset({POOL}), by="ann")
        assert it.healer.explain("worker:rpa/1").text == "pool:rpa was stopped by a person"


@given(known=st.frozensets(TARGETS), stopped=st.frozensets(TARGETS))
def test_what_is_kept_down_is_what_is_stopped_whatever_was_before(known, stopped):
    before = History(stopped=known)
    after = fold(before, keep_down(known, stopped, NOW, "ann"))
    assert after.stopped == stopped
    assert keep_down(stopped, stopped, NOW, "ann") == ()
