import math

from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.queue import Task, TaskState
from workers.keeper import Duty, Held, decide

TASK = Task("t", "default", "order", None, TaskState.RUNNING, 0)
HELD = Held(TASK, 60.0, since=100.0, extend_at=120.0)


def test_a_lease_is_extended_when_a_third_of_it_is_over():
    assert decide(HELD, None, 3600.0, 119.9) is Duty.WAIT
    assert decide(HELD, None, 3600.0, 120.0) is Duty.EXTEND


def test_a_task_may_run_to_its_end_within_the_grace():
    assert decide(HELD, 110.0, 3600.0, 109.9) is Duty.WAIT
    assert decide(HELD, 110.0, 3600.0, 110.0) is Duty.GIVE_BACK


def test_a_task_that_runs_for_too_long_is_given_up():
    assert decide(HELD, None, 15.0, 115.0) is Duty.GIVE_UP


def test_a_task_whose_end_is_only_to_be_told_never_runs_for_too_long():
    told = Held(TASK, 60.0, since=math.inf, extend_at=120.0)
    assert decide(told, None, 15.0, 1e9) is Duty.EXTEND


@settings(deadline=None)
@given(st.floats(0, 1e6), st.none() | st.floats(0, 1e6))
def test_an_idle_worker_waits_until_the_end_of_its_grace(now, end_by):
    ended = end_by is not None and now >= end_by
    assert decide(None, end_by, 1.0, now) is (Duty.GIVE_BACK if ended else Duty.WAIT)
