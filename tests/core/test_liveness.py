from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.clock import to_ms
from medic.core.liveness import judge, judged
from medic.core.queue import Seen
from medic.core.workers import Life, Pool, ProcessId, SlotState, Worker

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RUNNING = Worker("rpa", 1, SlotState.RUNNING, ProcessId("boot", 42, 5000), NOON)
EMPTY = Worker("rpa", 1, SlotState.EMPTY, ended=NOON)
STOPPING = replace(RUNNING, state=SlotState.STOPPING)


def seen(moment, *, late=False, worker="rpa/1"):
    return Seen(worker, to_ms(moment), late)


def beating(silence, patience=30 * SECOND):
    return replace(RUNNING, silence=silence, patience=patience)


@pytest.mark.parametrize(
    ("worker", "witness", "life"),
    [
        (RUNNING, None, Life.UP),
        (RUNNING, seen(NOON + SECOND), Life.UP),
        (RUNNING, seen(NOON + SECOND, late=True), Life.UNKNOWN),
        (RUNNING, seen(NOON - SECOND, late=True), Life.UP),
        (beating(29 * SECOND), None, Life.UP),
        (beating(31 * SECOND), None, Life.UNKNOWN),
        (beating(31 * SECOND), seen(NOON + SECOND), Life.UNKNOWN),
        (beating(SECOND), seen(NOON + SECOND, late=True), Life.UNKNOWN),
        (STOPPING, seen(NOON + SECOND), Life.DOWN),
        (EMPTY, None, Life.DOWN),
        (EMPTY, seen(NOON - SECOND), Life.DOWN),
        (EMPTY, seen(NOON + SECOND), Life.UNKNOWN),
        (EMPTY, seen(NOON + SECOND, late=True), Life.DOWN),
        (replace(EMPTY, ended=None), seen(NOON + SECOND), Life.DOWN),
    ],
)
def test_all_witnesses_are_heard_and_nobody_knows_when_they_disagree(worker, witness, life):
    verdict = judge(worker, witness)
    assert verdict.life is life
    assert bool(verdict.doubt) is (life is Life.UNKNOWN)


def test_a_worker_that_was_adopted_is_not_late_before_it_could_be_heard():
    """Its process is old, and the listening has just begun."""
    assert judge(replace(beating(SECOND), since=NOON - timedelta(days=1), adopted=True), None).life is Life.UP


def test_each_worker_is_judged_by_its_own_witness_and_of_several_queues_the_last_counts():
    other = replace(RUNNING, slot=2)
    pool = Pool("rpa", 2, (RUNNING, other))
    told = [
        seen(NOON + SECOND, late=True),
        seen(NOON + 2 * SECOND),
        seen(NOON + SECOND, late=True, worker="rpa/2"),
        seen(NOON + 9 * SECOND, worker="host/77"),
    ]
    (found,) = judged([pool], told)
    assert [each.life for each in found.workers] == [Life.UP, Life.UNKNOWN]
    assert (found.name, found.expected, found.running) == ("rpa", 2, 2)


MOMENTS = st.integers(-100, 100).map(lambda seconds: NOON + seconds * SECOND)
SPANS = st.none() | st.integers(0, 100).map(lambda seconds: seconds * SECOND)
WORKERS = st.builds(
    Worker,
    st.just("rpa"),
    st.just(1),
    st.sampled_from(SlotState),
    since=st.none() | MOMENTS,
    ended=st.none() | MOMENTS,
    silence=SPANS,
    patience=SPANS,
)


@given(WORKERS, st.none() | st.builds(seen, MOMENTS, late=st.booleans()))
def test_what_has_a_process_is_never_down_and_what_has_none_never_up(worker, witness):
    life = judge(worker, witness).life
    assert life is not (Life.DOWN if worker.state is SlotState.RUNNING else Life.UP)


@given(WORKERS)
def test_without_another_witness_the_process_alone_decides(worker):
    alone = replace(worker, silence=None)
    assert judge(alone, None).life is (Life.UP if worker.state is SlotState.RUNNING else Life.DOWN)
