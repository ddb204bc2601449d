from dataclasses import replace
from datetime import UTC, datetime, timedelta

from medic.core.runs import JobRecord, Run, RunState, Trigger
from rhythm.metrics import families
from rhythm.record import JobState, fold
from rhythm.spec import Every, JobSpec

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPEC = JobSpec("etl", Every(10 * MINUTE), ("true",))
FRESH = JobState(SPEC, JobRecord("etl", NOON), NOON + 10 * MINUTE)
DONE = Run(1, "etl", NOON, Trigger.EVERY, RunState.DONE, started_at=NOON, ended_at=NOON + 2 * MINUTE)


def values(*jobs, now=NOON):
    return {
        (sample.name.removeprefix("medic_job_"), *(value for _, value in sample.labels)): sample.value
        for family in families(jobs, now)
        for sample in family.samples
    }


def test_before_the_first_run_the_counts_are_0_and_the_rest_is_absent():
    assert values(FRESH) == {
        ("runs_total", "etl", "done"): 0,
        ("runs_total", "etl", "failed"): 0,
        ("runs_total", "etl", "skipped"): 0,
        ("runs_total", "etl", "missed"): 0,
        ("runs_total", "etl", "interrupted"): 0,
        ("lateness_seconds", "etl"): 0,
        ("interval_seconds", "etl"): 600,
    }


def test_a_success_is_counted_timed_and_dated():
    found = values(replace(FRESH, record=fold(FRESH.record, DONE)))
    assert found["runs_total", "etl", "done"] == 1
    assert found["duration_seconds", "etl"] == 120
    assert found["last_success_timestamp_seconds", "etl"] == (NOON + 2 * MINUTE).timestamp()


def test_a_failure_keeps_the_date_of_the_last_success():
    failed = replace(DONE, due=NOON + 10 * MINUTE, state=RunState.FAILED, ended_at=NOON + 11 * MINUTE)
    found = values(replace(FRESH, record=fold(fold(FRESH.record, DONE), failed)))
    assert found["last_success_timestamp_seconds", "etl"] == (NOON + 2 * MINUTE).timestamp()
    assert found["runs_total", "etl", "failed"] == 1


def test_lateness_grows_while_a_due_time_waits():
    late = replace(FRESH, waiting_since=NOON)
    assert values(late, now=NOON + MINUTE)["lateness_seconds", "etl"] == 60
    assert values(late, now=NOON + 2 * MINUTE)["lateness_seconds", "etl"] == 120


def test_a_disabled_job_can_be_neither_late_nor_missed():
    found = values(replace(FRESH, spec=replace(SPEC, enabled=False)))
    assert {name for name, *_ in found} == {"runs_total"}


def test_before_the_ledger_is_known_there_are_families_but_only_the_interval_has_samples():
    found = families([JobState(SPEC, None, NOON)], NOON)
    assert [family.name for family in found] == [
        "medic_job_runs_total",
        "medic_job_duration_seconds",
        "medic_job_last_success_timestamp_seconds",
        "medic_job_lateness_seconds",
        "medic_job_interval_seconds",
    ]
    assert [family.name for family in found if family.samples] == ["medic_job_interval_seconds"]
