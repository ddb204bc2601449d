from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.runs import JobRecord, Run, RunState, Trigger
from rhythm.due import upcoming
from rhythm.plan import LIMIT, Action, judge_asked, plan
from rhythm.record import fold
from rhythm.spec import At, Every, JobSpec, Missed

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECK = JobSpec("check", Every(10 * MINUTE), ("true",))
CHILD = JobSpec("child", Every(30 * MINUTE), ("true",), after=("check",))


def record(spec, since=NOON - timedelta(days=1), **more):
    return JobRecord(spec.name, since, **more)


def ended(spec, due, state=RunState.DONE, reason=""):
    return Run(
        1, spec.name, due, Trigger.EVERY, state, started_at=due, ended_at=due + timedelta(seconds=1), reason=reason
    )


def after(spec, due, state=RunState.DONE, reason=""):
    return fold(record(spec), ended(spec, due, state, reason))


def verdicts(now, *pairs, up_since=NOON - timedelta(days=2)):
    specs = [spec for spec, _ in pairs]
    found = plan(specs, {spec.name: known for spec, known in pairs}, now, up_since=up_since)
    return [(v.spec.name, v.due, v.action) for v in found]


def only(now, *pairs, name="child"):
    specs = [spec for spec, _ in pairs]
    found = plan(specs, {spec.name: known for spec, known in pairs}, now, up_since=NOON - timedelta(days=2))
    verdict = max((v for v in found if v.spec.name == name), key=lambda v: v.due)
    return verdict.action, verdict.reason


def test_a_due_time_that_has_come_is_run():
    assert verdicts(NOON, (CHECK, after(CHECK, NOON - 10 * MINUTE))) == [("check", NOON, Action.RUN)]


def test_nothing_is_due_between_two_due_times():
    assert verdicts(NOON + MINUTE, (CHECK, after(CHECK, NOON))) == []


def test_what_was_due_before_the_job_was_known_is_none_of_its_business():
    assert verdicts(NOON + MINUTE, (CHECK, record(CHECK, since=NOON))) == []


def test_a_disabled_job_is_never_due():
    assert verdicts(NOON, (replace(CHECK, enabled=False), record(CHECK))) == []


def test_a_job_that_still_runs_is_waited_for():
    running = fold(after(CHECK, NOON - 20 * MINUTE), replace(ended(CHECK, NOON - 10 * MINUTE), state=RunState.RUNNING))
    assert verdicts(NOON, (CHECK, running)) == [("check", NOON, Action.WAIT)]


def test_priority_goes_before_due_time_and_due_time_before_name():
    jobs = [
        JobSpec(name, Every(period * MINUTE), ("true",), priority=priority)
        for name, period, priority in [("d", 10, 50), ("c", 20, 50), ("b", 10, 50), ("a", 10, 60)]
    ]
    found = verdicts(NOON + 10 * MINUTE, *((job, record(job, since=NOON - MINUTE)) for job in jobs))
    assert [name for name, _, action in found if action is Action.RUN] == ["a", "c", "b", "d"]


def test_of_what_came_while_its_lane_was_busy_only_the_latest_is_run():
    found = verdicts(NOON + 25 * MINUTE, (CHECK, after(CHECK, NOON - 10 * MINUTE)))
    assert found == [
        ("check", NOON, Action.SKIP),
        ("check", NOON + 10 * MINUTE, Action.SKIP),
        ("check", NOON + 20 * MINUTE, Action.RUN),
    ]


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        (Missed.LATEST, [Action.MISS, Action.MISS, Action.RUN]),
        (Missed.NONE, [Action.MISS, Action.MISS, Action.MISS]),
        (Missed.ALL, [Action.RUN]),
    ],
)
def test_what_was_missed_while_medic_was_down_follows_the_jobs_policy(missed, expected):
    known = after(CHECK, NOON - 10 * MINUTE)
    found = verdicts(NOON + 26 * MINUTE, (replace(CHECK, missed=missed), known), up_since=NOON + 25 * MINUTE)
    assert [action for _, _, action in found] == expected
    assert found[0][1] == NOON


def test_all_that_was_missed_is_run_in_its_order_and_then_what_is_late():
    spec, known, seen = replace(CHECK, missed=Missed.ALL), after(CHECK, NOON - 10 * MINUTE), []
    for _ in range(20):
        found = plan([spec], {"check": known}, NOON + 45 * MINUTE, up_since=NOON + 25 * MINUTE)
        if not found:
            break
        seen += [(v.action, (v.due - NOON) // MINUTE) for v in found]
        for verdict in found:
            known = fold(known, ended(spec, verdict.due))
    assert seen == [
        (Action.RUN, 0),
        (Action.RUN, 10),
        (Action.RUN, 20),
        (Action.SKIP, 30),
        (Action.RUN, 40),
    ]


def test_a_missed_one_gives_way_to_one_that_came_since():
    found = verdicts(NOON + 31 * MINUTE, (CHECK, after(CHECK, NOON)), up_since=NOON + 25 * MINUTE)
    assert found == [
        ("check", NOON + 10 * MINUTE, Action.MISS),
        ("check", NOON + 20 * MINUTE, Action.MISS),
        ("check", NOON + 30 * MINUTE, Action.RUN),
    ]


def test_a_long_absence_is_no_stampede_of_rows():
    spec = JobSpec("canary", Every(timedelta(seconds=5)), ("true",))
    now = NOON + timedelta(days=365, seconds=1)
    found = plan([spec], {"canary": record(spec)}, now, up_since=now)
    assert len(found) == LIMIT + 1
    assert found[0].due == NOON - timedelta(days=1) + timedelta(seconds=5)
    assert "stands for" in found[0].reason
    assert found[-1].action is Action.RUN


def test_a_child_runs_on_a_fresh_success():
    assert only(NOON, (CHECK, after(CHECK, NOON)), (CHILD, after(CHILD, NOON - 30 * MINUTE))) == (Action.RUN, "")


def test_a_child_waits_for_a_parent_that_is_due_as_well():
    found = only(NOON, (CHECK, after(CHECK, NOON - 10 * MINUTE)), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.WAIT, "waits for check")


def test_a_child_does_not_wait_for_a_due_time_of_its_parent_that_is_later_than_its_own():
    now = NOON + 10 * MINUTE
    found = only(now, (CHECK, after(CHECK, NOON)), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found[0] is Action.RUN


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.INTERRUPTED])
def test_a_failed_parent_has_its_child_skipped_by_name(state):
    found = only(NOON, (CHECK, after(CHECK, NOON, state, "exit 1")), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.SKIP, f"check {state}")


def test_a_grandchild_names_the_root():
    grandchild = JobSpec("grandchild", Every(30 * MINUTE), ("true",), after=("child",))
    found = only(
        NOON,
        (CHECK, after(CHECK, NOON, RunState.FAILED)),
        (CHILD, after(CHILD, NOON, RunState.SKIPPED, "check failed")),
        (grandchild, after(grandchild, NOON - 30 * MINUTE)),
        name="grandchild",
    )
    assert found == (Action.SKIP, "check failed")


def test_a_stale_success_is_waited_for():
    stale = after(CHECK, NOON - 20 * MINUTE)
    stale = replace(stale, answered=NOON)
    found = only(NOON, (CHECK, stale), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.WAIT, "waits for a success of check within 0:15:00")


def test_a_parent_that_never_ran_is_waited_for():
    found = only(NOON, (CHECK, record(CHECK, since=NOON)), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.WAIT, "waits for the first success of check")


def test_a_disabled_parent_has_its_child_skipped():
    off = replace(CHECK, enabled=False)
    found = only(NOON, (off, after(CHECK, NOON)), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.SKIP, "check is disabled")


def test_after_a_long_absence_the_parent_comes_first_even_if_it_had_failed():
    found = only(
        NOON + 8 * MINUTE,
        (CHECK, after(CHECK, NOON - timedelta(hours=8), RunState.FAILED)),
        (CHILD, after(CHILD, NOON - timedelta(hours=8))),
    )
    assert found == (Action.WAIT, "waits for check")


def test_a_parent_whose_failure_is_old_and_that_is_about_to_try_again_is_waited_for():
    failed = after(CHECK, NOON - 10 * MINUTE, RunState.FAILED)
    now = NOON + 31 * MINUTE
    found = only(now, (CHECK, failed), (CHILD, after(CHILD, NOON)))
    assert found == (Action.WAIT, "waits for check")


def test_a_parent_that_failed_before_and_tries_again_later_is_waited_for():
    check = replace(CHECK, trigger=Every(10 * MINUTE, NOON - 5 * MINUTE))
    failed = after(check, NOON - 5 * MINUTE, RunState.FAILED)
    found = only(NOON + 6 * MINUTE, (check, failed), (CHILD, after(CHILD, NOON - 30 * MINUTE)))
    assert found == (Action.WAIT, "check failed")


@pytest.mark.parametrize(("age", "action"), [(899, Action.RUN), (900, Action.WAIT)])
def test_a_success_is_fresh_for_one_and_a_half_intervals(age, action):
    known = replace(after(CHECK, NOON), last_success=NOON - timedelta(seconds=age))
    assert only(NOON, (CHECK, known), (CHILD, after(CHILD, NOON - 30 * MINUTE)))[0] is action


def test_one_final_reason_outweighs_one_to_wait():
    other = JobSpec("other", Every(10 * MINUTE), ("true",))
    both = replace(CHILD, after=("check", "other"))
    found = only(
        NOON,
        (CHECK, after(CHECK, NOON - 10 * MINUTE)),
        (other, after(other, NOON, RunState.FAILED)),
        (both, after(CHILD, NOON - 30 * MINUTE)),
    )
    assert found == (Action.SKIP, "other failed")


def test_a_start_makes_a_job_due_that_wants_it():
    spec = replace(CHECK, at_start=True)
    found = plan([spec], {"check": record(spec, since=NOON + MINUTE)}, NOON + 2 * MINUTE, up_since=NOON + MINUTE)
    assert [(v.due, v.trigger, v.action) for v in found] == [(NOON + MINUTE, Trigger.START, Action.RUN)]


def test_a_due_time_at_the_very_start_is_not_missed_and_needs_no_other():
    spec = replace(CHECK, at_start=True, missed=Missed.NONE)
    found = plan([spec], {"check": after(spec, NOON - 10 * MINUTE)}, NOON, up_since=NOON)
    assert [(v.due, v.trigger, v.action) for v in found] == [(NOON, Trigger.EVERY, Action.RUN)]


def test_a_clock_that_was_set_back_to_before_the_start_has_nothing_due_then():
    spec = replace(CHECK, at_start=True)
    assert plan([spec], {"check": record(spec, since=NOON)}, NOON - MINUTE, up_since=NOON) == ()


def test_a_restart_within_the_interval_makes_no_second_run():
    spec = replace(CHECK, at_start=True)
    assert plan([spec], {"check": after(spec, NOON)}, NOON + 2 * MINUTE, up_since=NOON + MINUTE) == ()


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED, RunState.SKIPPED])
def test_a_start_is_answered_once(state):
    spec = replace(CHECK, at_start=True)
    up = NOON + MINUTE
    began = Run(1, "check", up, Trigger.START, state, ended_at=up)
    assert plan([spec], {"check": fold(record(spec, since=up), began)}, up + MINUTE, up_since=up) == ()


def test_a_person_is_held_by_the_same_gates():
    records = {"check": after(CHECK, NOON, RunState.FAILED), "child": record(CHILD)}
    verdict = judge_asked(CHILD, [CHECK, CHILD], records, NOON + MINUTE)
    assert (verdict.action, verdict.reason, verdict.trigger) == (Action.SKIP, "check failed", Trigger.PERSON)


def test_a_person_may_run_a_job_that_is_not_due():
    assert judge_asked(CHECK, [CHECK], {"check": after(CHECK, NOON)}, NOON + MINUTE).action is Action.RUN


# A machine of random jobs, restarts, failures and overloads; the ledger is the set of what was written.

GRAPH = [("a", ()), ("b", ("a",)), ("c", ("a", "b")), ("d", ())]
triggers = st.integers(1, 30).map(lambda minutes: Every(minutes * MINUTE)) | st.just(At(time(12, 7), "Europe/Berlin"))
jobs_ = st.tuples(
    *(
        st.builds(
            JobSpec,
            st.just(name),
            triggers,
            st.just(("true",)),
            st.just(parents),
            priority=st.integers(0, 100),
            missed=st.sampled_from(Missed),
            at_start=st.booleans(),
        )
        for name, parents in GRAPH
    )
)
steps = st.lists(
    st.tuples(st.sampled_from(["run", "run", "run", "fail", "pass", "restart", "crash"]), st.integers(-20, 45)),
    max_size=20,
)


class World:
    """What a scheduler with one lane does, without waiting; each due time may be written only once."""

    def __init__(self, jobs):
        self.jobs, self.now, self.up_since = jobs, NOON, NOON
        self.written = {}
        self.records = {job.name: record(job, since=NOON) for job in jobs}

    def write(self, run):
        key = (run.job, run.due)
        assert key not in self.written, f"{key} twice"
        self.written[key] = run.state
        self.records[run.job] = fold(self.records[run.job], run)

    def settle(self):
        for _ in range(100):
            found = plan(self.jobs, self.records, self.now, up_since=self.up_since)
            final = [v for v in found if v.final]
            if not final:
                return found
            for v in final:
                assert v.reason
                state = RunState.SKIPPED if v.action is Action.SKIP else RunState.MISSED
                self.write(Run(0, v.spec.name, v.due, v.trigger, state, ended_at=self.now, reason=v.reason))
        raise AssertionError("the plan does not come to rest")

    def run(self, state):
        verdict = next((v for v in self.settle() if v.action is Action.RUN), None)
        if verdict is None:
            return False
        self.never_on_a_stale_parent(verdict)
        self.write(
            Run(0, verdict.spec.name, verdict.due, verdict.trigger, state, started_at=self.now, ended_at=self.now)
        )
        return True

    def never_on_a_stale_parent(self, verdict):
        for parent in verdict.spec.after:
            known = self.records[parent]
            assert known.last_success is not None
            assert known.last is None or known.last.state in {RunState.DONE, RunState.MISSED}

    def finish(self):
        """Let all succeed until nothing can be run; a parent with a long rhythm may keep its children waiting."""
        while self.run(RunState.DONE):
            pass

    def due_so_far(self, spec):
        return set(takewhile(lambda due: due <= self.now, upcoming(spec.trigger, NOON)))


@settings(max_examples=150, deadline=None)
@given(jobs_, steps)
def test_every_due_time_ends_in_exactly_one_state_or_still_has_its_turn(jobs, plan_of_steps):
    world = World(jobs)
    for what, minutes in plan_of_steps:
        if what in {"run", "fail", "crash"}:
            state = {"run": RunState.DONE, "fail": RunState.FAILED, "crash": RunState.INTERRUPTED}[what]
            world.run(state)
        world.now += minutes * MINUTE
        if what in {"restart", "crash"}:
            world.up_since = world.now
    world.finish()
    left = world.settle()
    assert {v.action for v in left} <= {Action.WAIT}
    waiting = {v.spec.name: v.due for v in left if v.trigger is not Trigger.START}
    for spec in jobs:
        dues = world.due_so_far(spec)
        unwritten = {due for due in dues if (spec.name, due) not in world.written}
        if spec.name in waiting:
            assert min(unwritten) == waiting[spec.name]
            assert spec.missed is Missed.ALL or unwritten == {waiting[spec.name]}
        else:
            assert unwritten == set()
