from datetime import timedelta

from healer.settings import ActionSpec
from medic.core.alerts import AlertState, Source
from medic.core.errors import StoreError
from medic.core.healing import Ending, Outcome
from medic.core.targets import worker_target
from tests.healer.house import POOL, QUICK, alert, fire_until_it_acts, gone, house, policy, remedy

WORKER = worker_target("rpa", 1)
STALLED = alert()


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
        assert len(await it.journal.episodes(100)) == 1
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
        assert len(await it.journal.episodes(100)) == 1
        await it.healer.receive([alert(source=Source.ALERTMANAGER, at=first.active_at + timedelta(seconds=90))])
        await it.settle()
        assert len(await it.journal.episodes(100)) == 2


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
        assert [notice.key for notice in await it.journal.notices(100)] == ["unknown:1"]


async def test_three_failures_open_the_breaker_call_a_person_and_leave_one_probe_an_hour(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = True
        for _ in range(120):
            await it.tick(STALLED, seconds=30)
        assert await it.outcomes() == [Outcome.FAILED] * 3
        assert it.healer.open_breakers == {POOL}
        assert [notice.key for notice in await it.journal.notices(100)] == ["breaker:1"]
        for _ in range(100):
            await it.tick(STALLED, seconds=30)
        attempts = await it.journal.attempts(100)
        assert [(each.number, each.probe) for each in reversed(attempts)] == [
            (1, False), (2, False), (3, False), (3, True),
        ]  # fmt: skip
        it.conditions.holds["QueueStalled"] = False
        await it.tick(gone(STALLED), seconds=30)
        assert await it.endings() == [Ending.GIVEN_UP]


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
        await it.tick(gone(STALLED), seconds=15)
        assert "needs labels.pool" not in it.healer.explain("QueueStalled").text


async def test_a_resolved_message_of_a_sender_clears_an_alert_without_a_target(tmp_path):
    async with house(tmp_path, policy(remedy(target="pool:{{ labels.pool }}"))) as it:
        external = alert(source=Source.ALERTMANAGER)
        await it.healer.receive([external])
        await it.settle()
        assert "needs labels.pool" in it.healer.explain("QueueStalled").text
        await it.healer.receive([gone(external, it.clock.now())])
        await it.settle()
        assert "nothing is held back" in it.healer.explain("QueueStalled").text


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


async def test_a_ladder_climbs_one_rung_after_the_attempts_of_the_one_before(tmp_path):
    ladder = (ActionSpec("restart"), ActionSpec("notify"))
    async with house(tmp_path, policy(remedy(do=ladder, attempts=2, verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = True
        for _ in range(150):
            await it.tick(STALLED, seconds=30)
        attempts = [each for each in reversed(await it.journal.attempts(100)) if not each.probe]
        assert [each.action for each in attempts] == ["restart", "restart", "notify", "notify"]


async def test_a_pending_alert_opens_nothing_and_its_time_counts_for_grace(tmp_path):
    async with house(tmp_path) as it:
        it.clock.pass_by(minutes=10)
        since = it.clock.now()
        await it.tick(alert(at=since, state=AlertState.PENDING))
        assert it.healer.open_episodes == ()
        await it.tick(alert(at=since), seconds=200)
        assert len(it.pools.asked) == 1


async def test_nothing_is_done_while_the_journal_cannot_be_written_and_all_of_it_once_it_can(tmp_path):
    async with house(tmp_path) as it:
        real, full = it.healer._memory.journal, FullDisk()
        it.healer._memory.journal = full
        it.healer.exited(it.pools.die(WORKER))
        assert await it.healer.step() == ()
        assert it.pools.asked == []
        assert it.healer.held() == {WORKER}
        it.healer._memory.journal = real
        await it.settle()
        assert it.pools.asked == [("start", "worker:rpa/1")]


class FullDisk:
    """A journal on a disk without room."""

    async def apply(self, changes, tallies):
        raise StoreError("the database cannot be used: database or disk is full")
