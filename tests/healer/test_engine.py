from datetime import timedelta
from itertools import pairwise

import pytest

from healer.settings import ActionSpec
from medic.core.alerts import AlertState, Source
from medic.core.errors import MedicError, RefusedError
from medic.core.healing import Ending, Mode, Outcome
from medic.core.targets import parse_target, pool_target, worker_target
from medic.core.workers import ExitReason
from tests.healer.house import POOL, QUICK, alert, gone, house, policy, remedy

WORKER = worker_target("rpa", 1)
STALLED = alert()


async def fire_until_it_acts(it, *alerts):
    """Let the alerts fire until start-up rest and grace are over."""
    await it.tick(*alerts)
    await it.tick(*alerts, seconds=181)


async def test_a_firing_alert_is_healed_once_and_verified(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = None
        await fire_until_it_acts(it, STALLED)
        assert it.pools.asked == [("restart", "pool:rpa")]
        it.conditions.holds["QueueStalled"] = False
        await it.tick(STALLED, seconds=15)
        assert (await it.last()).outcome is None
        await it.tick(STALLED, seconds=30)
        assert (await it.last()).outcome is Outcome.HEALED
        assert await it.endings() == [Ending.HEALED]
        await it.tick(STALLED, hours=2)
        assert len(it.pools.asked) == 1


async def test_after_its_heal_an_alert_opens_a_new_episode_only_once_it_was_seen_resolved(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = False
        await fire_until_it_acts(it, STALLED)
        await it.tick(STALLED, seconds=1)
        await it.tick(STALLED, seconds=31)
        assert await it.endings() == [Ending.HEALED]
        await it.tick(STALLED, hours=1)
        assert len(await it.healer.episodes()) == 1
        await it.tick(gone(STALLED, it.clock.now()), seconds=15)
        again = alert(at=it.clock.now())
        await it.tick(again, seconds=15)
        assert await it.endings() == [Ending.HEALED, None]


async def test_what_must_be_seen_resolved_is_still_known_after_a_restart(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = False
        await fire_until_it_acts(it, STALLED)
        await it.tick(STALLED, seconds=1)
        await it.tick(STALLED, seconds=31)
        clock = it.clock
    async with house(tmp_path, clock=clock) as it:
        await it.tick(STALLED, hours=2)
        assert it.healer.open_episodes == ()


async def test_two_senders_of_the_same_alert_lead_to_one_episode_and_one_attempt(tmp_path):
    async with house(tmp_path) as it:
        first = alert(source=Source.ALERTMANAGER)
        second = alert(source=Source.ALERTMANAGER, at=first.active_at + timedelta(seconds=20))
        await it.healer.receive([first])
        await it.healer.receive([second])
        await it.tick(seconds=300)
        assert len(it.healer.open_episodes) == 1
        assert it.pools.asked == [("restart", "pool:rpa")]


async def test_a_late_copy_of_a_resolved_alert_opens_nothing(tmp_path):
    async with house(tmp_path) as it:
        first = alert(source=Source.ALERTMANAGER)
        await it.healer.receive([first])
        await it.settle()
        await it.healer.receive([gone(first, first.active_at + timedelta(seconds=60))])
        await it.settle()
        assert await it.endings() == [Ending.RESOLVED]
        await it.healer.receive([alert(source=Source.ALERTMANAGER, at=first.active_at + timedelta(seconds=20))])
        await it.settle()
        assert len(await it.healer.episodes()) == 1
        await it.healer.receive([alert(source=Source.ALERTMANAGER, at=first.active_at + timedelta(seconds=90))])
        await it.settle()
        assert len(await it.healer.episodes()) == 2


async def test_received_alerts_survive_a_restart_before_they_were_looked_at(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.receive([alert(source=Source.ALERTMANAGER)])
    async with house(tmp_path) as it:
        await it.settle()
        assert len(it.healer.open_episodes) == 1
        assert await it.journal.waiting() == []


async def test_an_external_alert_is_healed_when_its_sender_resolves_it(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        external = alert(source=Source.ALERTMANAGER)
        await it.healer.receive([external])
        await it.tick(seconds=181)
        assert len(it.pools.asked) == 1
        await it.healer.receive([gone(external, it.clock.now())])
        await it.tick(seconds=5)
        await it.tick(seconds=31)
        assert await it.outcomes() == [Outcome.HEALED]


async def test_an_external_alert_that_nobody_resolves_is_unknown_and_a_person_hears_of_it_once(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await it.healer.receive([alert(source=Source.ALERTMANAGER)])
        await it.tick(seconds=181)
        await it.tick(minutes=5)
        assert await it.outcomes() == [Outcome.UNKNOWN]
        await it.tick(minutes=5)
        await it.tick(minutes=5)
        assert [notice.key for notice in await it.healer.notices()] == ["unknown:1"]


async def test_three_failures_open_the_breaker_call_a_person_and_leave_one_probe_an_hour(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = True
        for _ in range(120):
            await it.tick(STALLED, seconds=30)
        assert await it.outcomes() == [Outcome.FAILED] * 3
        assert it.healer.open_breakers == {POOL}
        assert [notice.key for notice in await it.healer.notices()] == ["breaker:1"]
        for _ in range(100):
            await it.tick(STALLED, seconds=30)
        attempts = await it.healer.attempts()
        assert [(each.number, each.probe) for each in reversed(attempts)] == [
            (1, False), (2, False), (3, False), (3, True),
        ]  # fmt: skip
        it.conditions.holds["QueueStalled"] = False
        await it.tick(gone(STALLED), seconds=30)
        assert await it.endings() == [Ending.GIVEN_UP]


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
        assert [notice.title for notice in await it.healer.notices()] == [
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
        await it.healer.stop(POOL, by="ann")
        await it.healer.pause(None, timedelta(minutes=5), why="deploy", by="bob")
        await it.die(WORKER)
        assert it.pools.asked == []
        assert it.healer.held() == {WORKER}
        await it.healer.start(POOL, by="ann")
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


async def test_a_pool_under_restart_keeps_other_attempts_away_but_dead_workers_are_replaced_once_it_acted(tmp_path):
    async with house(tmp_path, policy(remedy(), remedy("kick", match=('alertname="Slow"',)))) as it:
        slow = alert("Slow")
        await fire_until_it_acts(it, STALLED, slow)
        assert it.pools.asked == [("restart", "pool:rpa")]
        explained = it.healer.explain("Slow").episodes[0]
        assert explained.verdict.startswith("held by busy: attempt 1")
        await it.die(WORKER)
        assert it.pools.asked[-1] == ("start", "worker:rpa/1")


async def test_a_dry_run_does_nothing_spends_nothing_and_says_so(tmp_path):
    async with house(tmp_path, policy(remedy(mode=Mode.DRY_RUN))) as it:
        await fire_until_it_acts(it, STALLED)
        await it.tick(STALLED, hours=1)
        assert it.pools.asked == []
        assert await it.healer.attempts() == []
        assert (
            it.healer.explain("pool:rpa").episodes[0].verdict.startswith("would restart now, but its mode is dry-run")
        )


async def test_approval_is_asked_for_once_all_other_gates_are_open_and_allows_the_action(tmp_path):
    async with house(tmp_path, policy(remedy(mode=Mode.APPROVE))) as it:
        await it.tick(STALLED)
        assert await it.healer.notices() == []
        await it.tick(STALLED, seconds=181)
        assert [notice.title for notice in await it.healer.notices()] == ["May Medic restart pool:rpa?"]
        assert it.pools.asked == []
        with pytest.raises(RefusedError, match="open: 1"):
            await it.healer.approve(7, by="ann")
        await it.healer.approve(1, by="ann")
        await it.settle()
        assert it.pools.asked == [("restart", "pool:rpa")]


async def test_an_alert_without_a_target_is_counted_once_and_explained(tmp_path):
    async with house(tmp_path, policy(remedy(target="pool:{{ labels.pool }}"))) as it:
        await it.tick(STALLED)
        await it.tick(STALLED, seconds=15)
        await it.tick(STALLED, alert(pool="other"), seconds=15)
        assert it.healer.open_episodes == ()
        suppressed = next(f for f in it.healer.families() if f.name == "medic_heal_suppressed_total")
        counted = {dict(s.labels)["reason"]: s.value for s in suppressed.samples if s.value}
        assert counted == {"no-target": 2}
        text = it.healer.explain("QueueStalled").text
        assert "needs labels.pool" in text
        assert "pool:other is declared nowhere" in text


async def test_a_frozen_alert_is_not_acted_upon_until_its_data_is_back(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(alert(frozen="collector queue failed"))
        await it.tick(alert(frozen="collector queue failed"), hours=1)
        assert it.pools.asked == []
        assert (
            it.healer.explain("pool:rpa").episodes[0].verdict == "held by frozen: QueueStalled: collector queue failed"
        )
        await it.tick(STALLED, seconds=15)
        assert len(it.pools.asked) == 1


async def test_an_alert_that_ends_by_itself_ends_its_episode_without_an_attempt(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(STALLED)
        await it.tick(gone(STALLED), seconds=15)
        assert await it.endings() == [Ending.RESOLVED]
        assert it.pools.asked == []


async def test_an_alert_that_is_reported_no_longer_is_over(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(STALLED)
        await it.tick(seconds=15)
        assert await it.endings() == [Ending.RESOLVED]


async def test_after_a_restart_what_the_rules_do_not_report_yet_is_asked_for_not_taken_as_over(tmp_path):
    async with house(tmp_path) as it:
        await it.tick(STALLED)
        clock = it.clock
    async with house(tmp_path, clock=clock) as it:
        it.conditions.holds["QueueStalled"] = None
        await it.tick(seconds=15)
        assert await it.endings() == [None]
        assert "not evaluated since the start" in it.healer.explain("pool:rpa").episodes[0].gates[3].value
        it.conditions.holds["QueueStalled"] = False
        await it.tick(seconds=15)
        assert await it.endings() == [Ending.RESOLVED]


async def test_a_failed_action_is_verified_too_and_fails_at_once_when_nothing_got_better(tmp_path):
    async with house(tmp_path) as it:
        it.pools.fails = "no such command"
        it.conditions.holds["QueueStalled"] = True
        await fire_until_it_acts(it, STALLED)
        await it.tick(STALLED, seconds=1)
        last = await it.last()
        assert (last.succeeded, last.outcome) == (False, Outcome.FAILED)
        assert last.detail.startswith("no such command; the action failed; QueueStalled since")


async def test_a_persons_order_passes_grace_and_breaker_and_is_one_attempt(tmp_path):
    async with house(tmp_path) as it:
        proposal = await it.healer.heal(POOL, by="ann", dry_run=True)
        assert (proposal.attempt.action, proposal.refused) == ("restart", "")
        assert await it.healer.episodes() == []
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
        assert await it.healer.episodes() == []


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
        assert [each.episode for each in await it.healer.attempts()] == [1]
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


async def test_a_ladder_climbs_one_rung_after_the_attempts_of_the_one_before(tmp_path):
    ladder = (ActionSpec("restart"), ActionSpec("notify"))
    async with house(tmp_path, policy(remedy(do=ladder, attempts=2, verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = True
        for _ in range(150):
            await it.tick(STALLED, seconds=30)
        attempts = [each for each in reversed(await it.healer.attempts()) if not each.probe]
        assert [each.action for each in attempts] == ["restart", "restart", "notify", "notify"]


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


async def test_a_pending_alert_opens_nothing_and_its_time_counts_for_grace(tmp_path):
    async with house(tmp_path) as it:
        it.clock.pass_by(minutes=10)
        since = it.clock.now()
        await it.tick(alert(at=since, state=AlertState.PENDING))
        assert it.healer.open_episodes == ()
        await it.tick(alert(at=since), seconds=200)
        assert len(it.pools.asked) == 1


async def test_explaining_what_nobody_knows_is_an_error_and_a_quiet_target_is_not(tmp_path):
    async with house(tmp_path) as it:
        with pytest.raises(MedicError, match="declared nowhere"):
            it.healer.explain("pool:other")
        assert it.healer.explain("pool:rpa").text == "pool:rpa: no episode is open, nothing is held back"
        await it.healer.stop(POOL, by="ann")
        assert it.healer.explain("worker:rpa/1").text == "pool:rpa was stopped by a person"
