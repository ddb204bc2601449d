"""The ledger of runs: every due time of every job, with its one ending; in journal.db."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from medic.core.clock import from_ms, to_ms
from medic.core.runs import JobRecord, Run, RunState, Trigger
from medic.store.database import Connection, Database, Row

_SELECT = """
SELECT dues.id, dues.job, dues.due_ms, "trigger", state, reason, dues.ended_ms, attempt, started_ms, output
FROM dues LEFT JOIN runs ON runs.job = dues.job AND runs.due_ms = dues.due_ms
    AND attempt = (SELECT max(attempt) FROM runs AS r WHERE r.job = dues.job AND r.due_ms = dues.due_ms)
"""
_ENDED = "state NOT IN ('due', 'running')"


class LedgerStore:
    """The ledger in an open journal; each method that changes it is one transaction."""

    def __init__(self, database: Database) -> None:
        """Use *database*, which was opened with the schema ``journal``."""
        self._database = database

    async def interrupt(self, now: datetime) -> tuple[Run, ...]:
        """End each run that is still running as interrupted, and return them; for the start, when nothing can run."""
        return await self._database.write("interrupt", lambda connection: _interrupt(connection, now))

    async def register(self, rhythms: Sequence[tuple[str, str]], now: datetime) -> tuple[JobRecord, ...]:
        """Make (job, text of its rhythm) the jobs there are, and return what is known of each, in their order."""
        return await self._database.write("register", lambda connection: _register(connection, rhythms, now))

    async def reset(self, jobs: Sequence[str], now: datetime) -> tuple[JobRecord, ...]:
        """Let the rhythms of these jobs go on from *now*, and return what is known of each, in their order.

        Of due times later than *now*, those that ended unrun are forgotten; those that were run stay, marked.
        """
        return await self._database.write("reset", lambda connection: _reset(connection, jobs, to_ms(now)))

    async def claim(self, run: Run) -> Run | None:
        """Begin a run; None when this due time of the job is known already, whoever asked."""
        return await self._database.write("claim", lambda connection: _claim(connection, run))

    async def finish(self, run: Run) -> None:
        """End a claimed run with its final state."""
        await self._database.write("finish", lambda connection: _finish(connection, run))

    async def close(self, runs: Sequence[Run]) -> None:
        """End due times without a run; those that are known already stay as they are."""
        await self._database.write("close", lambda connection: _close(connection, runs))

    async def record(self, job: str) -> JobRecord:
        """Return what is known of a registered job."""
        return await self._database.read(lambda connection: _record(connection, job))

    async def history(self, job: str, limit: int) -> tuple[Run, ...]:
        """Return the latest due times of a job, the newest first."""
        query = f"{_SELECT} WHERE dues.job = ? ORDER BY dues.due_ms DESC LIMIT ?"
        return await self._database.read(lambda connection: _runs(connection, query, job, limit))

    async def between(self, start: datetime, end: datetime) -> tuple[Run, ...]:
        """Return what was due from *start* until before *end*, of all jobs, in the order of due times."""
        query = f"{_SELECT} WHERE dues.due_ms >= ? AND dues.due_ms < ? ORDER BY dues.due_ms, dues.job"
        return await self._database.read(lambda connection: _runs(connection, query, to_ms(start), to_ms(end)))

    async def prune(self, before: datetime) -> int:
        """Forget ended due times before *before*, and return how many; the latest of each job stays."""
        return await self._database.write("prune", lambda connection: _prune(connection, to_ms(before)))


def _register(connection: Connection, rhythms: Sequence[tuple[str, str]], now: datetime) -> tuple[JobRecord, ...]:
    """Begin a changed rhythm anew: what was due by the old one is settled, or none of the new one's business."""
    names = json.dumps([name for name, _ in rhythms])
    connection.execute("UPDATE jobs SET rhythm = '' WHERE name NOT IN (SELECT value FROM json_each(?))", (names,))
    connection.executemany(
        """
        INSERT INTO jobs (name, rhythm, since_ms) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET rhythm = excluded.rhythm, since_ms = excluded.since_ms, answered_ms = NULL
        WHERE rhythm != excluded.rhythm
        """,
        [(name, rhythm, to_ms(now)) for name, rhythm in rhythms],
    )
    return tuple(_record(connection, name) for name, _ in rhythms)


def _reset(connection: Connection, jobs: Sequence[str], now: int) -> tuple[JobRecord, ...]:
    later = [(name, now) for name in jobs]
    connection.executemany(
        f"""
        DELETE FROM dues WHERE job = ?1 AND due_ms > ?2 AND {_ENDED}
            AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = dues.job AND runs.due_ms = dues.due_ms)
        """,
        later,
    )
    connection.executemany("UPDATE dues SET ahead = 1 WHERE job = ? AND due_ms > ?", later)
    connection.executemany(
        """
        UPDATE jobs SET resets = resets + 1, since_ms = ?2, answered_ms = NULL,
            last_success_ms = min(last_success_ms, ?2)
        WHERE name = ?1
        """,
        later,
    )
    return tuple(_record(connection, name) for name in jobs)


def _interrupt(connection: Connection, now: datetime) -> tuple[Run, ...]:
    found = _runs(connection, f"{_SELECT} WHERE state = 'running' ORDER BY dues.id")
    ended = [replace(run, state=RunState.INTERRUPTED, ended_at=now, reason="Medic ended while it ran") for run in found]
    for run in ended:
        _finish(connection, run)
    return tuple(ended)


def _claim(connection: Connection, run: Run) -> Run | None:
    added = _add_due(connection, run)
    if added is None or run.started_at is None:
        return None
    connection.execute(
        "INSERT INTO runs (job, due_ms, attempt, started_ms, output) VALUES (?, ?, ?, ?, ?)",
        (run.job, to_ms(run.due), run.attempt, to_ms(run.started_at), run.output),
    )
    return replace(run, id=added)


def _finish(connection: Connection, run: Run) -> None:
    """Only a run that is running can end; so a second end changes nothing and is not counted."""
    ended = None if run.ended_at is None else to_ms(run.ended_at)
    changed = connection.execute(
        "UPDATE dues SET state = ?, reason = ?, ended_ms = ? WHERE job = ? AND due_ms = ? AND state = 'running'",
        (run.state, run.reason, ended, run.job, to_ms(run.due)),
    ).rowcount
    if not changed:
        return
    connection.execute(
        "UPDATE runs SET ended_ms = ?, output = ? WHERE job = ? AND due_ms = ? AND attempt = ?",
        (ended, run.output, run.job, to_ms(run.due), run.attempt),
    )
    _count(connection, run)


def _close(connection: Connection, runs: Sequence[Run]) -> None:
    for run in runs:
        if _add_due(connection, run) is not None:
            _count(connection, run)


def _add_due(connection: Connection, run: Run) -> int | None:
    """Insert the due time and move ``answered``; None when the due time is there already."""
    due = to_ms(run.due)
    if run.trigger in {Trigger.EVERY, Trigger.AT, Trigger.CRON}:
        connection.execute(
            "UPDATE jobs SET answered_ms = max(coalesce(answered_ms, ?1), ?1) WHERE name = ?2", (due, run.job)
        )
    cursor = connection.execute(
        'INSERT OR IGNORE INTO dues (job, due_ms, "trigger", state, reason, ended_ms) VALUES (?, ?, ?, ?, ?, ?)',
        (run.job, due, run.trigger, run.state, run.reason, None if run.ended_at is None else to_ms(run.ended_at)),
    )
    return cursor.lastrowid if cursor.rowcount else None


def _count(connection: Connection, run: Run) -> None:
    connection.execute(
        """
        INSERT INTO job_outcomes (job, outcome, count) VALUES (?, ?, 1)
        ON CONFLICT (job, outcome) DO UPDATE SET count = count + 1
        """,
        (run.job, run.state),
    )
    if run.state is RunState.DONE and run.ended_at is not None:
        connection.execute("UPDATE jobs SET last_success_ms = ? WHERE name = ?", (to_ms(run.ended_at), run.job))


def _prune(connection: Connection, before: int) -> int:
    """Keep the latest, and the latest that was run: gates, and `medic jobs list`, lean on them."""
    return connection.execute(
        f"""
        DELETE FROM dues WHERE due_ms < ? AND {_ENDED}
            AND (ahead OR due_ms < (SELECT max(due_ms) FROM dues AS d WHERE d.job = dues.job AND NOT ahead))
            AND due_ms != coalesce(
                (SELECT max(due_ms) FROM runs JOIN dues AS d USING (job, due_ms)
                WHERE job = dues.job AND runs.ended_ms IS NOT NULL AND NOT d.ahead), -1)
        """,
        (before,),
    ).rowcount


def _record(connection: Connection, job: str) -> JobRecord:
    row = connection.execute(
        "SELECT since_ms, answered_ms, last_success_ms, resets FROM jobs WHERE name = ?", (job,)
    ).fetchone()
    where = f"{_SELECT} WHERE dues.job = ? AND"
    counts = connection.execute("SELECT outcome, count FROM job_outcomes WHERE job = ? ORDER BY outcome", (job,))
    return JobRecord(
        job=job,
        since=from_ms(row["since_ms"]),
        answered=_moment(row["answered_ms"]),
        running=_first(connection, f"{where} state = 'running'", job),
        last=_first(connection, f"{where} {_ENDED} AND NOT ahead ORDER BY dues.due_ms DESC LIMIT 1", job),
        ran=_first(
            connection, f"{where} {_ENDED} AND NOT ahead AND attempt NOTNULL ORDER BY dues.due_ms DESC LIMIT 1", job
        ),
        last_success=_moment(row["last_success_ms"]),
        outcomes=tuple((RunState(outcome), count) for outcome, count in counts),
        resets=row["resets"],
    )


def _runs(connection: Connection, query: str, *values: str | int) -> tuple[Run, ...]:
    return tuple(_run(row) for row in connection.execute(query, values))


def _first(connection: Connection, query: str, job: str) -> Run | None:
    return next(iter(_runs(connection, query, job)), None)


def _run(row: Row) -> Run:
    return Run(
        id=row["id"],
        job=row["job"],
        due=from_ms(row["due_ms"]),
        trigger=Trigger(row["trigger"]),
        state=RunState(row["state"]),
        attempt=row["attempt"] or 1,
        started_at=_moment(row["started_ms"]),
        ended_at=_moment(row["ended_ms"]),
        reason=row["reason"],
        output=row["output"] or "",
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)
