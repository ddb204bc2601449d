import asyncio
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healer.history import fold, tallies_changed
from medic.core.alerts import AlertState, Source
from medic.core.changes import (
    Acted,
    Approved,
    Closed,
    Delivered,
    Ended,
    Exited,
    History,
    Joined,
    Opened,
    Paused,
    Released,
    Reserved,
    Reset,
    Resumed,
    SeenResolved,
    Stopped,
    Told,
)
from medic.core.errors import InboxFullError
from medic.core.healing import Attempt, Ending, Episode, Notice, Outcome, Pause
from medic.core.targets import HOST, Target, TargetKind, pool_target, worker_target
from medic.core.workers import Exit, ExitReason, ProcessId
from medic.store.database import open_database
from medic.store.journal import Journal
from tests.healer.house import NOW, alert, gone

POOL, WORKER, OTHER = pool_target("rpa"), worker_target("rpa", 1), worker_target("rpa", 2)
SLASHED = Target(TargetKind.WORKER, "rpa/eu/1")  # of the pool rpa/eu, which pool:rpa does not cover
TARGETS = st.sampled_from([POOL, WORKER, OTHER, SLASHED, HOST])


def open_journal(tmp_path):
    return open_database(tmp_path / "journal.db", schema="journal", sync="FULL")


def attempt(number, target=POOL, episode=1, **more):
    return Attempt(number, episode, "r", target, "restart", 1, False, "why", NOW, **more)


def episode(number, target=POOL, name="r", *alerts):
    return Episode(number, name, target, alerts or (alert(),), NOW, NOW)


@pytest.fixture
async def journal(tmp_path):
    async with open_journal(tmp_path) as database:
        yield Journal(database)


async def test_a_pool_and_its_workers_are_reserved_one_at_a_time_and_a_refusal_undoes_nothing_else(journal):
    opened = [Opened(episode(1)), Opened(episode(2, WORKER)), Opened(episode(3, OTHER)), Opened(episode(4, SLASHED))]
    assert await journal.apply([*opened, Reserved(attempt(1))], {}) == frozenset()
    assert await journal.apply([Reserved(attempt(2, WORKER, 2)), Stopped(POOL, "ann", NOW)], {}) == {2}
    assert await journal.apply([Reserved(attempt(3, POOL))], {}) == {3}
    assert await journal.apply([Reserved(attempt(4, SLASHED, 4))], {}) == frozenset()
    history = await journal.load()
    assert set(history.attempts) == {1, 4}
    assert history.stopped == {POOL}


async def test_what_is_dead_may_be_replaced_beside_a_pool_that_has_acted_but_not_beside_one_that_acts(journal):
    await journal.apply([Opened(episode(1)), Opened(episode(2, WORKER)), Reserved(attempt(1))], {})
    assert await journal.apply([Reserved(attempt(2, WORKER, 2), dead=True)], {}) == {2}
    await journal.apply([Acted(1, NOW, True, "")], {})
    assert await journal.apply([Reserved(attempt(2, WORKER, 2))], {}) == {2}
    assert await journal.apply([Reserved(attempt(2, WORKER, 2), dead=True)], {}) == frozenset()
    assert await journal.apply([Reserved(attempt(3, WORKER, 2), dead=True)], {}) == {3}


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.5, None])
async def test_an_alert_of_any_value_is_kept_and_its_episode_can_end(journal, value):
    infinite = replace(alert(), value=value)
    await journal.apply([Opened(episode(1, POOL, "r", infinite)), Ended(1, NOW, Ending.RESOLVED, "")], {})
    (found,) = await journal.episodes(1)
    assert found.alerts == (infinite,)


async def test_an_alert_whose_value_is_no_number_is_kept_and_its_episode_can_end(journal):
    wordless = replace(alert(), value=math.nan)
    await journal.apply([Opened(episode(1, POOL, "r", wordless)), Ended(1, NOW, Ending.RESOLVED, "")], {})
    (found,) = await journal.episodes(1)
    assert math.isnan(found.alerts[0].value)


async def test_a_second_open_episode_of_the_same_remedy_and_target_cannot_be_written(journal):
    await journal.apply([Opened(episode(1))], {})
    with pytest.raises(Exception, match="UNIQUE"):
        await journal.apply([Opened(episode(2)), Stopped(POOL, "ann", NOW)], {})
    assert (await journal.load()).stopped == frozenset()


async def test_the_inbox_takes_all_or_none_and_refuses_beyond_its_limit(journal):
    first = await journal.receive([alert(n="1"), alert(n="2")], NOW, 3)
    with pytest.raises(InboxFullError, match="holds 2 alerts and may hold 3"):
        await journal.receive([alert(n="3"), alert(n="4")], NOW, 3)
    assert await journal.waiting() == first
    assert [each.alert for each in first] == [alert(n="1"), alert(n="2")]


async def test_lists_come_newest_first_and_only_as_long_as_asked(journal):
    changes = []
    for number in range(1, 6):
        changes += [Opened(episode(number)), Reserved(attempt(number, episode=number)), Acted(number, NOW, True, "did")]
        changes += [Closed(number, NOW, Outcome.HEALED, "well"), Ended(number, NOW, Ending.HEALED, "well")]
        changes += [Told(Notice(number, NOW, "title", "body", f"key{number}"))]
    await journal.apply(changes, {})
    assert [each.id for each in await journal.attempts(2)] == [5, 4]
    assert (await journal.attempts(1))[0].detail == "did; well"
    assert [each.id for each in await journal.notices(2)] == [5, 4]
    (newest,) = await journal.episodes(1)
    assert (newest.id, newest.ending, newest.alerts) == (5, Ending.HEALED, (alert(),))


async def test_every_change_leaves_a_line_of_audit_in_the_same_transaction(tmp_path):
    async with open_journal(tmp_path) as database:
        journal = Journal(database)
        await journal.apply([Opened(episode(1)), Reserved(attempt(1)), Stopped(HOST, "ann", NOW)], {})
        await journal.apply([Reserved(attempt(2))], {})
        await journal.receive([alert(n="1"), alert(n="2")], NOW, 9)
        rows = await database.read(lambda c: c.execute("SELECT kind, body FROM audit ORDER BY seq").fetchall())
    assert [row["kind"] for row in rows] == ["opened", "reserved", "stopped", "received"]
    assert '"target":"host"' in rows[2]["body"]


class Story:
    """Changes as they could follow each other, drawn step by step."""

    def __init__(self, draw):
        self.draw = draw
        self.history = History()
        self.changes = []
        self.now = NOW

    def add(self, *changes):
        self.changes += changes
        self.history = fold(self.history, changes)

    def step(self):
        self.now += timedelta(milliseconds=self.draw(st.integers(1, 7_200_000)))
        getattr(
            self, self.draw(st.sampled_from(["open", "join", "leave", "order", "act", "close", "end", "exit", "tell"]))
        )()

    def pick(self, options):
        return self.draw(st.sampled_from(sorted(options))) if options else None

    def open(self):
        target, name = self.draw(TARGETS), self.draw(st.sampled_from(["r", "s"]))
        if all((each.target, each.remedy) != (target, name) for each in self.history.episodes.values()):
            source = self.draw(st.sampled_from([Source.RULES, Source.ALERTMANAGER, Source.WORKER]))
            first = alert(at=self.now, source=source, n=str(self.draw(st.integers(0, 2))))
            new = Episode(self.history.next_episode, name, target, (first,), self.now, first.active_at)
            self.add(Opened(new))

    def join(self):
        if number := self.pick(self.history.episodes):
            late = alert(at=self.now - timedelta(minutes=5), n=str(self.draw(st.integers(0, 2))))
            self.add(Joined(number, late, self.now), Approved(number, "ann", self.now))

    def leave(self):
        if number := self.pick(self.history.episodes):
            first = self.history.episodes[number].alerts[0]
            self.add(Joined(number, gone(first, self.now), self.now))
        if mine := self.pick(self.history.spent):
            self.add(SeenResolved(mine, self.now))

    def order(self):
        target = self.draw(TARGETS)
        until = self.draw(st.sampled_from([None, self.now + timedelta(hours=1)]))
        everything = [
            Paused(Pause(target, until, "why", "ann", self.now)),
            Paused(Pause(None, until, "why", "ann", self.now)),
            Resumed(None, "ann", self.now),
            Resumed(target, "ann", self.now),
            Stopped(target, "ann", self.now),
            Released(target, "ann", self.now),
            Reset(target, "ann", self.now),
        ]
        self.add(self.draw(st.sampled_from(everything)))

    def act(self):
        number = self.pick(self.history.episodes)
        busy = {each.target for each in self.history.attempts.values()}
        if number is None:
            return
        chosen = self.history.episodes[number]
        if any(each.covers(chosen.target) or chosen.target.covers(each) for each in busy):
            return
        new = replace(
            attempt(self.history.next_attempt, chosen.target, number),
            reserved_at=self.now,
            remedy=chosen.remedy,
            probe=self.draw(st.booleans()),
        )
        self.add(Reserved(new))

    def close(self):
        if number := self.pick(self.history.attempts):
            self.add(Acted(number, self.now, self.draw(st.sampled_from([True, False, None])), "did"))
            if self.draw(st.booleans()):
                self.add(Closed(number, self.now, self.draw(st.sampled_from(list(Outcome))), "why"))

    def end(self):
        open_ = {each.episode for each in self.history.attempts.values()}
        if number := self.pick(set(self.history.episodes) - open_):
            self.add(Ended(number, self.now, self.draw(st.sampled_from(list(Ending))), "why"))

    def exit(self):
        process = self.draw(st.sampled_from([None, ProcessId("boot", 1, 2)]))
        slot = self.draw(st.integers(1, 2))
        self.add(Exited(Exit("rpa", slot, process, ExitReason.OOM, self.now, self.now - timedelta(hours=1), "SIGKILL")))

    def tell(self):
        key = self.draw(st.sampled_from(["a", "b", "c"]))
        self.add(Told(Notice(self.history.next_notice, self.now, "title", "body", key)))
        if number := self.pick(self.history.notices):
            self.add(Delivered(number, self.now, self.draw(st.sampled_from(["", "no route"]))))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_happens_the_journal_remembers_what_the_healer_does(tmp_path_factory, data):
    story = Story(data.draw)
    for _ in range(data.draw(st.integers(1, 40))):
        story.step()

    async def tell():
        async with open_journal(tmp_path_factory.mktemp("journal")) as database:
            journal = Journal(database)
            half = len(story.changes) // 2
            early, late = fold(History(), story.changes[:half]), story.history
            assert not await journal.apply(story.changes[:half], tallies_changed(History(), early))
            assert not await journal.apply(story.changes[half:], tallies_changed(early, late))
            return await journal.load()

    loaded = asyncio.run(tell())
    for name in ("episodes", "attempts", "tallies", "healed_at", "spent", "exits", "stopped", "notices", "told"):
        assert getattr(loaded, name) == getattr(story.history, name), name
    assert set(loaded.pauses) == set(story.history.pauses)
    assert loaded.next_episode == story.history.next_episode
    assert loaded.next_attempt == story.history.next_attempt


async def test_an_alert_comes_back_as_it_was(journal):
    full = replace(
        alert("A", pool='é"\n', state=AlertState.FIRING), value=1.5, collectors=frozenset({"a", "b"}), frozen="x"
    )
    (back,) = await journal.receive([full], NOW, 9)
    assert (await journal.waiting())[0] == back
    assert (await journal.waiting())[0].alert == full
