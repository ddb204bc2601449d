from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medic.core.runs import JobRecord, Run, RunState, Trigger
from rhythm.record import fold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EMPTY = JobRecord("etl", NOON)
ENDS = [RunState.DONE, RunState.FAILED, RunState.INTERRUPTED]


def run(minute, state=RunState.DONE, trigger=Trigger.EVERY, **more):
    due = NOON + minute * MINUTE
    return Run(0, "etl", due, trigger, state, started_at=due, ended_at=due + MINUTE, **more)


def test_a_claim_answers_its_due_time_and_is_running():
    claimed = run(10, RunState.RUNNING)
    assert fold(EMPTY, claimed) == replace(EMPTY, answered=claimed.due, running=claimed)


def test_an_end_is_the_last_and_no_longer_running():
    found = fold(fold(EMPTY, run(10, RunState.RUNNING)), run(10))
    assert (found.running, found.last, found.ran) == (None, run(10), run(10))
    assert found.last_success == run(10).ended_at
    assert found.outcomes == ((RunState.DONE, 1),)


def test_what_a_person_asked_for_answers_no_due_time():
    assert fold(EMPTY, run(10, trigger=Trigger.PERSON)).answered is None


def test_an_end_without_a_run_does_not_end_another_run():
    running = fold(EMPTY, run(10, RunState.RUNNING, Trigger.PERSON))
    found = fold(running, replace(run(5, RunState.SKIPPED), started_at=None))
    assert found.running == running.running
    assert found.ran is None


def test_an_older_due_time_that_ends_later_is_not_the_last():
    assert fold(fold(EMPTY, run(10)), run(5, RunState.SKIPPED)).last == run(10)


histories = st.lists(
    st.tuples(
        st.sampled_from([*ENDS, RunState.SKIPPED, RunState.MISSED]),
        st.sampled_from([Trigger.EVERY, Trigger.PERSON, Trigger.START]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
async def test_the_fold_knows_what_the_ledger_knows(ledger, history):
    (known,) = await ledger.register([("etl", str(history))], NOON)
    minute = int((await ledger.history("etl", 1))[0].due.timestamp() - NOON.timestamp()) // 60 if known.last else 0
    for state, trigger, gap in history:
        minute += gap + 1
        wanted = run(minute, RunState.RUNNING, trigger)
        if state in ENDS:
            known = fold(known, await ledger.claim(replace(wanted, ended_at=None)))
            end = replace(known.running, state=state, ended_at=wanted.ended_at, reason="why")
            await ledger.finish(end)
        else:
            end = replace(wanted, state=state, started_at=None, reason="why")
            await ledger.close([end])
        known = fold(known, end)
        assert without_ids(known) == without_ids(await ledger.record("etl"))


def without_ids(record):
    def blank(one):
        return one and replace(one, id=0)

    return replace(record, running=blank(record.running), last=blank(record.last), ran=blank(record.ran))
