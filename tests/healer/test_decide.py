from dataclasses import replace
from datetime import timedelta

import pytest

from healer.decide import Act, DryRun, Held, decide
from healer.deliberate import Arrivals, deliberate
from healer.gates import GATES, report
from healer.history import fold, tallies_changed
from healer.intake import take_alerts, take_exit
from healer.orders import heal
from healer.world import Scene, World
from medic.core.alerts import AlertState
from medic.core.changes import (
    Acted,
    Closed,
    Ended,
    History,
    Opened,
    Paused,
    Reserved,
    Stopped,
    Tally,
)
from medic.core.healing import Ending, Episode, Mode, Outcome, Pause
from medic.core.targets import parse_target, pool_target, worker_target
from medic.core.workers import Exit, ExitReason, ProcessId, SlotState, Worker
from tests.healer.house import NOW, POOL, QUICK, alert, policy, remedy

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


def world(*changes, policy_=POLICY, started=NOW - timedelta(hours=1), **scene):
    return World(policy_, fold(History(), changes), Scene(started, **scene))


def firing(which, now=NOW, **more):
    at = world(alerts={which.fingerprint: which}, **more)
    return take_alerts(at, [which], now).world


def test_of_two_episodes_on_one_target_the_older_acts_and_the_other_is_held_in_the_same_decision():
    both = take_alerts(world(alerts={a.fingerprint: a for a in ALERTS[:2]}), ALERTS[:2], NOW).world
    first, second = decide(both, NOW + timedelta(minutes=4))
    assert isinstance(first, Act)
    assert isinstance(second, Held)
    assert second.gate == "busy"


def test_the_gates_are_asked_in_their_order_and_the_first_that_says_no_is_the_verdict():
    at = firing(alert(), started=NOW)
    at = at.after([Paused(Pause(None, None, "deploy", "ann", NOW))])
    (verdict,) = decide(at, NOW)
    assert isinstance(verdict, Held)
    assert (verdict.gate, verdict.until) == ("start-up", NOW + timedelta(seconds=180))


def test_explain_reads_all_gates_and_not_only_the_first_that_says_no():
    at = firing(alert(), started=NOW)
    at = at.after([Paused(Pause(None, NOW + timedelta(minutes=1), "deploy", "ann", NOW)), Stopped(POOL, "ann", NOW)])
    (episode,) = at.history.episodes.values()
    lines = {line.name: line for line in report(at.case(episode), NOW + timedelta(seconds=30))}
    assert list(lines) == [gate.name for gate in GATES]
    assert {name for name, line in lines.items() if not line.open} == {"start-up", "grace", "paused", "stopped"}
    assert (lines["grace"].seconds_left, lines["paused"].seconds_left, lines["stopped"].seconds_left) == (150, 30, None)
    assert lines["paused"].value == "by ann: deploy"


def test_the_stricter_of_two_modes_counts():
    at = firing(alert())
    for mode, kind in ((Mode.AUTO, Act), (Mode.DRY_RUN, DryRun), (Mode.APPROVE, Held), (Mode.OFF, Held)):
        strict = replace(at, policy=replace(POLICY, mode=mode))
        (verdict,) = decide(strict, NOW + timedelta(minutes=4))
        assert isinstance(verdict, kind)


def test_backoff_doubles_to_ten_minutes_with_a_jitter_of_a_fifth_that_a_restart_repeats():
    at, now, waits = firing(alert()), NOW + timedelta(minutes=4), []
    at = replace(at, policy=replace(POLICY, remedies=(replace(POLICY.remedies[0], attempts=9),)))
    for _ in range(6):
        (act,) = decide(at, now)
        at = at.after(
            [
                Reserved(act.attempt),
                Acted(act.attempt.id, now, True, ""),
                Closed(act.attempt.id, now, Outcome.FAILED, ""),
            ]
        )
        (held,) = decide(at, now)
        assert held.gate == "backoff"
        assert decide(at, now) == (held,)
        waits.append((held.until - now).total_seconds())
        now = held.until
    for wait, base in zip(waits, (60, 120, 240, 480, 600, 600), strict=True):
        assert 0.8 * base <= wait <= 1.2 * base
    assert len({round(wait / base, 6) for wait, base in zip(waits, (60, 120, 240, 480, 600, 600), strict=True)}) > 3


@pytest.mark.parametrize("hours", [0, 5])
def test_a_clock_that_was_set_back_holds_nothing_longer_than_one_that_was_not(hours):
    """What was noted five hours ahead is no reason to wait for five hours; see ``healer.gates.LEAP``."""
    ahead = NOW + timedelta(hours=hours)
    at = firing(alert(), started=ahead)
    failed = Tally(failures=1, last_at=ahead)
    at = replace(at, history=replace(at.history, tallies={("restart-workers", POOL): failed}, healed_at={POOL: ahead}))
    (verdict,) = decide(at, NOW + timedelta(minutes=4))
    assert isinstance(verdict, Act)


def test_after_a_heal_the_target_rests():
    at = firing(alert())
    now = NOW + timedelta(minutes=4)
    (act,) = decide(at, now)
    at = at.after(
        [
            Reserved(act.attempt),
            Acted(1, now, True, ""),
            Closed(1, now, Outcome.HEALED, ""),
            Ended(1, now, Ending.HEALED, ""),
        ]
    )
    again = alert("Slow", pool="rpa")
    at = replace(at, scene=replace(at.scene, alerts={again.fingerprint: again}))
    at = take_alerts(at, [again], now).world
    (held,) = decide(at, now)
    assert (held.gate, held.until) == ("rest", now + timedelta(seconds=180))


def test_a_healthy_hour_forgets_the_failures_and_a_shorter_one_does_not():
    at = firing(alert()).after([Ended(1, NOW, Ending.RESOLVED, "")])
    for minutes, failures in ((59, 2), (60, 0)):
        spent = replace(
            at,
            history=replace(
                at.history, tallies={("restart-workers", POOL): replace(_tally(), failures=2, ended_at=NOW)}
            ),
        )
        later = NOW + timedelta(minutes=minutes)
        opened = spent.after([Opened(_episode(spent, later))])
        assert opened.case(opened.history.episodes[2]).tally.failures == failures


def _tally():
    return Tally(last_at=NOW)


def _episode(at, now):
    return Episode(at.history.next_episode, "restart-workers", POOL, (alert(),), now, now)


def test_a_dead_worker_is_replaced_at_once_in_the_deliberation_that_hears_of_its_exit():
    died = Exit("rpa", 1, ProcessId("boot", 1, 1), ExitReason.CRASH, NOW, NOW - timedelta(hours=1), "SIGKILL")
    at = world(started=NOW, workers={WORKER: Worker("rpa", 1, SlotState.EMPTY)})
    plan = deliberate(at, Arrivals(exits=(died,)), NOW)
    assert [type(change).__name__ for change in plan.changes] == ["Exited", "Opened", "Reserved"]
    (act,) = plan.verdicts
    assert act.dead
    assert act.attempt.reason == "WorkerExited; SIGKILL; attempt 1 of 3"


def test_a_slot_that_is_gone_ends_its_episode():
    died = Exit("rpa", 1, None, ExitReason.CRASH, NOW, None, "unknown")
    at = take_exit(world(), died, NOW).world
    at = replace(at, scene=replace(at.scene, workers={WORKER: None}))
    (end,) = decide(at, NOW)
    assert end.ending is Ending.SUPERSEDED


def test_thousands_of_alerts_of_one_remedy_join_one_episode_that_keeps_a_hundred():
    many = [alert(instance=str(number)) for number in range(3000)]
    taken = take_alerts(world(), many, NOW)
    (episode,) = taken.world.history.episodes.values()
    assert len(episode.alerts) == 100


def test_a_target_that_left_the_configuration_is_refused_at_its_gate():
    at = firing(alert())
    at = replace(at, policy=replace(POLICY, declared=frozenset()))
    (held,) = decide(at, NOW)
    assert held.gate == "no-target"


def test_a_person_may_probe_an_open_breaker():
    at = firing(alert())
    at = replace(at, history=replace(at.history, tallies={("restart-workers", POOL): replace(_tally(), failures=3)}))
    ordered = heal(at, POOL, "restart-workers", "ann", NOW)
    assert ordered.refused == ""
    assert (ordered.attempt.probe, ordered.attempt.number) == (True, 3)


def test_tallies_changed_names_what_is_new_other_or_gone():
    key, other = ("a", POOL), ("b", parse_target("host"))
    before, after = History(tallies={key: _tally()}), History(tallies={other: _tally()})
    assert tallies_changed(before, after) == {key: None, other: _tally()}
    assert tallies_changed(before, before) == {}


def test_only_an_alert_that_fires_opens_an_episode():
    for state in (AlertState.PENDING, AlertState.INACTIVE):
        assert take_alerts(world(), [alert(state=state)], NOW).changes == ()
