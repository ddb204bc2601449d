"""Posted alerts in the healer: news heals once, repetition costs nothing, silence is an end that proves nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from healer.book import EXPIRED
from healer.posted import Posting
from healer.reception import INBOX
from healer.settings import Verify
from medic.core.alerts import AlertState, Source
from medic.core.errors import InboxFullError, StoreError
from medic.core.healing import Ending, Outcome
from tests.healer.house import alert, house, policy, remedy

SHORT = Verify(within=timedelta(minutes=2), stable=timedelta(0))
AT_ONCE = policy(remedy(grace=timedelta(0), verify=SHORT), rest=timedelta(0))


def posting(it, name="QueueStalled", *, minutes=4, since=None, **pairs):
    """Make what Prometheus posts now; with *minutes* 0 it is over."""
    now = it.clock.now()
    ends = now + timedelta(minutes=minutes)
    state = AlertState.FIRING if minutes else AlertState.INACTIVE
    over = None if minutes else ends
    told = alert(name, at=since or now, source=Source.PROMETHEUS, state=state, resolved=over, **pairs)
    return Posting(told, ends, now)


async def post(it, *postings):
    await it.healer.post(postings)
    await it.settle()


async def receipts(it):
    """Count how often something was put into the inbox."""
    return await it.journal._database.read(
        lambda connection: connection.execute("SELECT count(*) FROM audit WHERE kind = 'received'").fetchone()[0]
    )


async def test_an_alert_that_is_posted_is_healed_and_its_end_verifies_that(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        await post(it, posting(it))
        assert it.pools.asked == [("restart", "pool:rpa")]
        it.clock.pass_by(seconds=15)
        await post(it, posting(it, minutes=0))
        assert await it.outcomes() == [Outcome.HEALED]
        assert await it.endings() == [Ending.HEALED]


async def test_a_posted_alert_that_no_remedy_matches_is_known_until_it_is_over(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        await post(it, posting(it, "Other", disk="sda"))
        words = "Other on disk=sda is firing; no remedy matches it, or its episode is over until it is seen resolved"
        assert it.healer.explain("Other").text == words
        await post(it, posting(it, "Other", minutes=0, disk="sda"))
        assert it.healer.explain("Other").text.startswith("Other: no alert of this name is active")


async def test_posting_again_each_minute_writes_nothing_and_heals_nothing_twice(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        began = it.clock.now()
        await post(it, posting(it))
        for _ in range(60):
            it.clock.pass_by(minutes=1)
            await post(it, posting(it, since=began))
            await it.tick()
        assert await receipts(it) == 1
        assert len(await it.journal.episodes(100)) == 1
        for _ in range(15):
            it.clock.pass_by(minutes=1)
            await post(it, posting(it, minutes=0))
            await it.tick()
        assert await receipts(it) == 2


async def test_an_alert_that_is_not_posted_again_is_over_which_tells_nothing_of_the_heal(tmp_path):
    async with house(tmp_path, replace(AT_ONCE, remedies=(remedy(grace=timedelta(0), verify=Verify()),))) as it:
        await post(it, posting(it))
        await it.tick(minutes=4)
        [episode] = it.healer.open_episodes
        assert [each.why_resolved for each in episode.alerts] == [EXPIRED]
        await it.tick(minutes=5)
        assert await it.outcomes() == [None]  # it may come again, and is waited for
        await it.tick(minutes=2)
        assert await it.outcomes() == [Outcome.UNKNOWN]
        assert EXPIRED in (await it.last()).detail
        assert await it.endings() == [Ending.RESOLVED]


async def test_silence_ends_an_episode_that_waits_for_its_grace(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(minutes=10)))) as it:
        await post(it, posting(it))
        await it.tick(minutes=4)
        assert it.healer.open_episodes == ()
        assert await it.endings() == [Ending.RESOLVED]
        assert it.pools.asked == []


async def test_one_that_ran_out_and_comes_again_opens_a_new_episode(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(minutes=10)))) as it:
        began = it.clock.now()
        await post(it, posting(it))
        await it.tick(minutes=4)
        it.clock.pass_by(minutes=1)
        await post(it, posting(it, since=began))
        [episode] = it.healer.open_episodes
        assert episode.active_at == began + timedelta(minutes=4)


async def test_a_late_copy_of_one_that_was_resolved_opens_nothing(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(minutes=10)))) as it:
        began = it.clock.now()
        await post(it, posting(it))
        it.clock.pass_by(minutes=1)
        await post(it, posting(it, minutes=0))
        await post(it, posting(it, since=began))
        assert it.healer.open_episodes == ()


async def test_after_a_restart_an_alert_that_nobody_posts_again_runs_out_too(tmp_path):
    slow = policy(remedy(grace=timedelta(hours=1)))
    async with house(tmp_path, slow) as it:
        await post(it, posting(it))
        clock = it.clock
    async with house(tmp_path, slow, clock=clock) as it:
        await it.tick(minutes=4, seconds=59)
        assert len(it.healer.open_episodes) == 1
        await it.tick(seconds=2)
        assert it.healer.open_episodes == ()


async def test_after_a_restart_an_alert_that_is_posted_again_is_no_news(tmp_path):
    slow = policy(remedy(grace=timedelta(hours=1)))
    async with house(tmp_path, slow) as it:
        await post(it, posting(it))
        clock, before = it.clock, it.healer.open_episodes
    async with house(tmp_path, slow, clock=clock) as it:
        for _ in range(10):
            it.clock.pass_by(minutes=1)
            await post(it, posting(it, since=before[0].active_at))
            await it.tick()
        assert it.healer.open_episodes == before
        assert await receipts(it) == 1


async def test_what_waited_in_the_inbox_at_a_kill_is_healed_after_the_start_and_runs_out(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        await it.healer.post([posting(it)])
        clock = it.clock
    async with house(tmp_path, AT_ONCE, clock=clock) as it:
        await it.settle()
        assert it.pools.asked == [("restart", "pool:rpa")]
        await it.tick(minutes=5)
        assert it.healer.postings == ()


async def test_a_spent_alert_of_which_nothing_more_was_heard_since_a_restart_may_come_anew(tmp_path):
    healed = policy(remedy(grace=timedelta(0), verify=replace(SHORT, expr="x")), rest=timedelta(0))
    async with house(tmp_path, healed) as it:
        it.conditions.holds["x"] = False
        await post(it, posting(it))
        await it.tick(seconds=15)
        assert await it.endings() == [Ending.HEALED]  # while its sender says that it fires
        clock = it.clock
    async with house(tmp_path, healed, clock=clock) as it:
        await it.tick(minutes=6)
        await post(it, posting(it))
        assert len(it.healer.open_episodes) == 1


async def test_medics_own_rules_know_better_than_a_sender_that_says_it_is_over(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(hours=1)))) as it:
        own = alert(at=it.clock.now())
        await it.tick(own)
        await post(it, posting(it))
        await it.tick(own, minutes=4)
        await post(it, posting(it, minutes=0))
        [episode] = it.healer.open_episodes
        assert [each.state for each in episode.alerts] == [AlertState.FIRING]


async def test_the_same_alert_of_the_rules_and_of_a_sender_is_healed_once(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        own = alert(at=it.clock.now())
        await it.tick(own)
        for _ in range(5):
            await post(it, posting(it), posting(it, host="web1"))
            await it.tick(own, seconds=15)
        assert it.pools.asked == [("restart", "pool:rpa")]
        assert len(await it.journal.episodes(100)) == 1


async def test_while_the_disk_is_full_nothing_runs_out_and_afterwards_it_does(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(hours=1)))) as it:
        await post(it, posting(it))
        whole = it.journal.receive

        async def full(*_):
            raise StoreError("disk full")

        it.healer._reception._journal = replaced = type("Full", (), {"receive": staticmethod(full)})()
        await it.tick(minutes=4)
        assert len(it.healer.open_episodes) == 1
        with pytest.raises(StoreError):
            await it.healer.post([posting(it, "Other")])
        replaced.receive = whole
        await it.tick(seconds=15)
        assert it.healer.open_episodes == ()


async def test_more_alerts_than_can_be_kept_are_refused_whole(tmp_path):
    async with house(tmp_path) as it:
        await post(it, *(posting(it, n=str(n)) for n in range(INBOX)))
        with pytest.raises(InboxFullError):
            await it.healer.post([posting(it, n="one more"), posting(it, n="0")])
        await post(it, posting(it, n="0"))
        assert len(it.healer.postings) == INBOX
        await it.healer.post([posting(it, n="0", minutes=0), posting(it, n="1", minutes=0)])
        await it.healer.post([posting(it, n="one more")])
        assert len(it.healer.postings) == INBOX - 1


async def test_an_end_that_overtakes_its_beginning_on_the_way_to_the_disk_still_counts(tmp_path):
    async with house(tmp_path, policy(remedy(grace=timedelta(hours=1)))) as it:
        await asyncio.gather(it.healer.post([posting(it)]), it.healer.post([posting(it, minutes=0)]))
        await it.settle()
        assert it.healer.postings == ()
        assert await it.endings() == [Ending.RESOLVED]


async def test_alerts_that_run_out_all_at_once_are_all_over_though_the_inbox_is_no_larger(tmp_path):
    async with house(tmp_path) as it:
        await post(it, *(posting(it, n=str(n)) for n in range(INBOX)))
        await it.healer.receive([alert("Waiting", at=it.clock.now(), source=Source.ALERTMANAGER)])
        it.clock.pass_by(minutes=5)
        await it.settle()
        await it.settle()
        assert it.healer.postings == ()


async def test_5000_alerts_that_are_posted_each_minute_are_written_once(tmp_path):
    async with house(tmp_path, AT_ONCE) as it:
        began = it.clock.now()
        for _ in range(3):
            flood = [posting(it, since=began, n=str(n)) for n in range(5000)]
            for start in range(0, 5000, 64):
                await it.healer.post(flood[start : start + 64])
            await it.tick(minutes=1)
        assert await receipts(it) == -(-5000 // 64)
        assert len(await it.journal.episodes(100)) == 1
        assert it.pools.asked == [("restart", "pool:rpa")]
