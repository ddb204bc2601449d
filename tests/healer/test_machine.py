from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from healer.decide import next_wake
from healer.deliberate import Arrivals, deliberate, recover
from healer.history import HEALTHY, fold
from healer.ports import Condition
from healer.settings import WORKER_EXIT
from healer.world import Evidence, Scene, World
from medic.core.alerts import Source
from medic.core.changes import (
    Acted,
    Closed,
    Ended,
    History,
    Opened,
    Paused,
    Released,
    Reserved,
    Reset,
    Resumed,
    Stopped,
    Waiting,
)
from medic.core.healing import Outcome, Pause
from medic.core.targets import pool_target, worker_target
from medic.core.workers import Exit, ExitReason, ProcessId, SlotState, Worker
from tests.healer.house import NOW, POOL, QUICK, alert, gone, policy, remedy

WORKER = worker_target("rpa", 1)
OTHER = pool_target("etl")
TARGETS = (POOL, OTHER, WORKER)
POLICY = policy(
    remedy(verify=QUICK),
    remedy("second", match=('alertname="Slow"',), target="pool:{{ labels.pool }}", verify=QUICK),
    remedy("one-worker", match=('alertname="Leak"',), target="worker:rpa/1", verify=QUICK),
    declared=(POOL, OTHER),
)
ALERTS = (
    alert(),
    alert("Slow", pool="rpa"),
    alert("Slow", pool="etl"),
    alert("Slow", pool="etl", queue="x"),
    alert("Leak"),
)


class Healing(RuleBasedStateMachine):
    """All that can happen, in any order; after each happening the healer deliberates once."""

    def __init__(self):
        super().__init__()
        self.now = NOW
        self.history = History()
        self.firing = {}
        self.holds = {}
        self.evidence = {}
        self.worker = self.process(1)
        self.pid = 1
        self.endings = Counter()
        self.outcomes = Counter()
        self.rows = Counter()

    def process(self, pid):
        return Worker("rpa", 1, SlotState.RUNNING, ProcessId("boot", pid, pid), self.now)

    def scene(self):
        for attempt in self.history.attempts.values():
            holds = self.holds.get(attempt.id)
            before = self.evidence.get(attempt.id)
            if before is None or before.condition.holds is not holds:
                self.evidence[attempt.id] = Evidence(Condition(holds, "as drawn"), self.now)
        return Scene(NOW, alerts=dict(self.firing), evidence=dict(self.evidence), workers={WORKER: self.worker})

    def happen(self, **arrivals):
        arrivals.setdefault("alerts", tuple(self.firing.values()))
        world = World(POLICY, self.history, self.scene())
        plan = deliberate(world, Arrivals(**arrivals), self.now)
        self.check(plan)
        assert fold(self.history, plan.changes) == plan.after.history
        self.history = plan.after.history

    def check(self, plan):
        history = self.history
        for change in plan.changes:
            if isinstance(change, Reserved):
                self.check_reservation(history, change)
            if isinstance(change, Ended):
                assert change.episode in history.episodes
                self.endings[change.episode] += 1
            if isinstance(change, Closed):
                attempt = history.attempts[change.attempt]
                assert attempt.acted_at is not None
                self.outcomes[change.attempt] += 1
                if change.outcome is Outcome.HEALED:
                    del self.rows[attempt.remedy, attempt.target]
            if isinstance(change, Opened):
                self.forget_after_a_healthy_hour(history, change.episode)
            history = fold(history, [change])

    def check_reservation(self, history, change):
        attempt = change.attempt
        assert attempt.episode in history.episodes
        assert all(other.target != attempt.target for other in history.attempts.values())
        touching = [
            o for o in history.attempts.values() if o.target.covers(attempt.target) or attempt.target.covers(o.target)
        ]
        assert all(attempt.remedy == WORKER_EXIT and other.acted_at is not None for other in touching)
        assert not any(stop.covers(attempt.target) for stop in history.stopped)
        assert not any(
            (pause.target is None or pause.target.covers(attempt.target)) and self.now < pause.until
            for pause in history.pauses
        )
        if not attempt.probe:
            self.rows[attempt.remedy, attempt.target] += 1
            assert self.rows[attempt.remedy, attempt.target] <= 3

    def forget_after_a_healthy_hour(self, history, episode):
        tally = history.tallies.get((episode.remedy, episode.target))
        if tally is None or (tally.ended_at and episode.opened_at - tally.ended_at >= HEALTHY):
            del self.rows[episode.remedy, episode.target]

    @rule(seconds=st.sampled_from([1, 10, 31, 61, 181, 301, 601, 3600, 7200]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.happen()

    @rule(which=st.sampled_from(ALERTS), source=st.sampled_from([Source.RULES, Source.ALERTMANAGER]))
    def an_alert_fires(self, which, source):
        fresh = replace(which, active_at=self.now, source=source)
        if source is Source.RULES:
            self.firing.setdefault(which.fingerprint, fresh)
            self.happen()
        else:
            self.happen(waiting=(Waiting(1, fresh),))

    @rule(which=st.sampled_from(ALERTS))
    def an_alert_is_resolved(self, which):
        known = self.firing.pop(which.fingerprint, which)
        self.happen(alerts=(*self.firing.values(), gone(known, self.now)))

    @rule()
    def an_alert_vanishes(self):
        missing = frozenset(list(self.firing)[:1])
        self.firing = {mine: each for mine, each in self.firing.items() if mine not in missing}
        self.happen(missing=missing)

    @precondition(lambda self: self.worker.state is SlotState.RUNNING)
    @rule(reason=st.sampled_from([ExitReason.CRASH, ExitReason.OOM, ExitReason.HUNG, ExitReason.OPERATOR]))
    def the_worker_dies(self, reason):
        died = Exit("rpa", 1, self.worker.process, reason, self.now, self.worker.since, "SIGKILL")
        self.worker = Worker("rpa", 1, SlotState.EMPTY)
        self.happen(exits=(died,))

    @rule(works=st.booleans(), which=st.integers(0, 3))
    def an_action_returns(self, works, which):
        acting = [attempt for attempt in self.history.attempts.values() if attempt.acted_at is None]
        if not acting:
            return
        attempt = acting[which % len(acting)]
        if attempt.target == WORKER and works and self.worker.state is SlotState.EMPTY:
            self.pid += 1
            self.worker = self.process(self.pid)
        self.happen(acted=(Acted(attempt.id, self.now, works, ""),))

    @rule(holds=st.sampled_from([True, False, None]))
    def the_evidence_changes(self, holds):
        self.holds = dict.fromkeys(self.history.attempts, holds)
        self.happen()

    @rule(what=st.sampled_from([None, *TARGETS]), minutes=st.integers(1, 90))
    def a_person_pauses(self, what, minutes):
        until = self.now + timedelta(minutes=minutes)
        self.history = fold(self.history, [Paused(Pause(what, until, "why", "ann", self.now))])
        self.happen()

    @rule(what=st.sampled_from([None, *TARGETS]))
    def a_person_resumes(self, what):
        self.history = fold(self.history, [Resumed(what, "ann", self.now)])
        self.happen()

    @rule(what=st.sampled_from(TARGETS), stops=st.booleans())
    def a_person_stops_or_starts(self, what, stops):
        change = Stopped(what, "ann", self.now) if stops else Released(what, "ann", self.now)
        self.history = fold(self.history, [change])
        self.happen()

    @rule(what=st.sampled_from(TARGETS))
    def a_person_resets(self, what):
        self.history = fold(self.history, [Reset(what, "ann", self.now)])
        self.rows = Counter({key: n for key, n in self.rows.items() if not what.covers(key[1])})
        self.happen()

    @rule()
    def medic_dies_and_comes_back(self):
        before = set(self.history.attempts)
        self.history = fold(self.history, recover(World(POLICY, self.history, self.scene()), self.now))
        self.happen()
        assert all(attempt.acted_at is not None for n, attempt in self.history.attempts.items() if n in before)

    @invariant()
    def every_episode_ends_once(self):
        assert all(count == 1 for count in self.endings.values())
        assert all(count == 1 for count in self.outcomes.values())
        assert not self.endings.keys() & self.history.episodes.keys()

    @invariant()
    def one_episode_is_open_per_remedy_and_target(self):
        keys = [(episode.remedy, episode.target) for episode in self.history.episodes.values()]
        assert len(keys) == len(set(keys))

    @invariant()
    def the_next_wake_lies_ahead(self):
        wake = next_wake(World(POLICY, self.history, self.scene()), self.now)
        assert wake is None or wake > self.now


Healing.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHealing = Healing.TestCase
