from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.errors import RefusedError
from medic.core.queue import Task, TaskState
from workers.queue import rules

MINUTE = timedelta(seconds=60)


def pending(**fields):
    return Task(
        **{"id": "t", "queue": "q", "type": "order", "payload": 1, "state": "pending", "submitted_at": 0} | fields
    )


def fresh(**fields):
    return pending(**{"state": TaskState.PENDING} | fields)


def held(by="rpa/1", at=1000, **fields):
    return rules.lease(fresh(**fields), by, at, MINUTE)


def test_a_lease_names_its_worker_and_runs_out():
    task = held(at=1000)
    assert (task.state, task.worker, task.lease_until, task.deliveries) == ("running", "rpa/1", 61_000, 1)
    assert task.started_at == 1000


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.COMPLETED, TaskState.FAILED])
def test_only_a_pending_task_can_be_leased(state):
    with pytest.raises(RefusedError, match=f"is {state}, only a pending one"):
        rules.lease(fresh(state=state), "rpa/1", 0, MINUTE)


def test_extending_prolongs_a_lease_from_now_on():
    assert rules.extend(held(at=0), "rpa/1", 50_000, MINUTE).lease_until == 110_000


def test_extending_never_shortens_a_lease():
    assert rules.extend(held(at=50_000), "rpa/1", 0, MINUTE).lease_until == 110_000


ENDS = [
    lambda task, worker, now: rules.extend(task, worker, now, MINUTE),
    lambda task, worker, now: rules.complete(task, worker, now, 7),
    lambda task, worker, now: rules.fail(task, worker, now, "broken"),
    rules.release,
]


@pytest.mark.parametrize("end", ENDS)
def test_what_another_worker_holds_is_refused_with_its_name(end):
    with pytest.raises(RefusedError, match="leased to rpa/1, not to rpa/2"):
        end(held(), "rpa/2", 2000)


@pytest.mark.parametrize("end", ENDS)
def test_a_lease_that_has_run_out_is_refused_at_the_very_millisecond(end):
    task = held(at=1000)
    end(task, "rpa/1", 60_999)
    with pytest.raises(RefusedError, match=r"ran out 0\.0 s ago"):
        end(task, "rpa/1", 61_000)


@pytest.mark.parametrize("end", ENDS)
def test_a_task_that_nobody_holds_is_refused(end):
    with pytest.raises(RefusedError, match="is pending, rpa/1 holds no lease on it"):
        end(fresh(), "rpa/1", 0)


def test_a_task_that_ended_otherwise_is_refused_with_who_ended_it():
    failed = rules.fail(held(), "rpa/1", 2000, "broken")
    with pytest.raises(RefusedError, match="is failed, rpa/1 holds no lease on it; it was ended by rpa/1"):
        rules.complete(failed, "rpa/1", 3000, 7)


def test_completing_twice_by_the_same_worker_changes_nothing():
    once = rules.complete(held(), "rpa/1", 2000, 7)
    assert rules.complete(once, "rpa/1", 900_000, 8) is once
    assert (once.state, once.result, once.ended_at, once.lease_until) == ("completed", 7, 2000, None)


def test_failing_twice_by_the_same_worker_changes_nothing():
    once = rules.fail(held(), "rpa/1", 2000, "broken")
    assert rules.fail(once, "rpa/1", 900_000, "again") is once
    assert (once.state, once.error) == ("failed", "broken")


def test_a_long_error_keeps_its_end():
    error = rules.fail(held(), "rpa/1", 2000, "x" * 20_000 + "the cause").error
    assert len(error) == rules.LONGEST_ERROR
    assert error.endswith("the cause")


def test_a_task_given_back_is_pending_and_that_delivery_does_not_count():
    back = rules.release(held(), "rpa/1", 2000)
    assert (back.state, back.deliveries, back.lease_until) == ("pending", 0, None)
    assert rules.release(back, "rpa/1", 3000) is back


def test_the_third_death_fails_a_task_and_names_the_last_worker():
    task = fresh()
    for worker in ("rpa/1", "rpa/2"):
        task = rules.lapse(rules.lease(task, worker, 0, MINUTE), 60_000, 3)
        assert task.state == "pending"
    task = rules.lapse(rules.lease(task, "rpa/3", 0, MINUTE), 60_000, 3)
    assert task.state == "failed"
    assert task.error.startswith("3 workers died")
    assert "rpa/3" in task.error


@pytest.mark.parametrize("task", [fresh(), rules.complete(held(), "rpa/1", 2, 0)], ids=["pending", "completed"])
def test_only_a_running_task_can_lapse(task):
    with pytest.raises(RefusedError, match="no lease that could run out"):
        rules.lapse(task, 0, 3)


def test_a_canary_that_nobody_took_in_time_has_failed():
    canary = rules.overdue(fresh(canary=True, submitted_at=1000), 61_000, MINUTE)
    assert (canary.state, canary.error) == ("failed", "no worker took this canary within 60 s")


@pytest.mark.parametrize("task", [fresh(), fresh(canary=True, submitted_at=1), held(canary=True)], ids=str)
def test_what_is_no_canary_that_waits_for_too_long_is_left_alone(task):
    with pytest.raises(RefusedError):
        rules.overdue(task, 60_000, MINUTE)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 20))
def test_whoever_holds_a_task_it_is_delivered_at_most_so_many_times_before_it_fails(most, deaths):
    task = fresh()
    for number in range(deaths):
        if task.state is not TaskState.PENDING:
            break
        task = rules.lapse(rules.lease(task, f"w/{number}", 0, MINUTE), 1, most)
    assert task.deliveries == min(deaths, most)
    assert (task.state is TaskState.FAILED) == (deaths >= most)
