import logging
from datetime import UTC, datetime, timedelta

from medic.core.runs import Run, RunState, Trigger
from rhythm.notes import note_end, note_unrun

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def run(job="etl", state=RunState.MISSED, reason="Medic was not running", minutes=0):
    return Run(0, job, NOW + timedelta(minutes=minutes), Trigger.EVERY, state, reason=reason)


def test_many_due_times_that_went_by_are_one_line_for_each_job_and_reason(caplog):
    caplog.set_level(logging.DEBUG, "rhythm")
    note_unrun([run(minutes=minute) for minute in range(500)] + [run("backup"), run(reason="too late", minutes=501)])
    assert [(line.message, line.job, line.reason) for line in caplog.records] == [
        ("runs not made", "etl", "Medic was not running"),
        ("run ended", "backup", "Medic was not running"),
        ("run ended", "etl", "too late"),
    ]
    many = caplog.records[0]
    assert (many.count, many.due, many.until) == (500, "2026-01-02T03:04:05+00:00", "2026-01-02T11:23:05+00:00")


def test_the_level_says_how_much_it_matters(caplog):
    caplog.set_level(logging.DEBUG, "rhythm")
    for state in (RunState.DONE, RunState.SKIPPED, RunState.FAILED):
        note_end(run(state=state))
    assert [line.levelno for line in caplog.records] == [logging.DEBUG, logging.INFO, logging.WARNING]
