"""What the queue's store counts: totals, slices of time, histograms and the last canaries; none ever goes backwards."""

import math

from medic.core.queue import CanaryEnd, Histogram, Latest, QueueTally, Slice, Task, TaskState
from medic.core.samples import labels
from medic.store.database import Connection

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
SLICE = 30_000
"""Milliseconds: rolling windows are exact to this."""
REMEMBERED = 25 * 3_600_000
MOST_TYPES = 100
"""Each type is a label value: what comes beyond is counted as OTHER, so that no submitter can flood the metrics."""
OTHER = "other"
LATEST = 100
"""How many of the last tasks are looked at for one of each bucket to tell of."""


def count_submitted(connection: Connection, queue: str, tasks: int) -> None:
    """Count *tasks* that were accepted, canaries left out by the caller."""
    connection.execute(
        "INSERT INTO totals (queue, submitted) VALUES (?, ?) "
        "ON CONFLICT (queue) DO UPDATE SET submitted = submitted + excluded.submitted",
        (queue, tasks),
    )


def count_change(connection: Connection, before: Task, after: Task) -> None:
    """Count what a rule did to a task: its first lease, or its end."""
    if after.canary:
        if after.ended_at is not None and before.ended_at is None:
            _remember_canary(connection, after, after.ended_at)
        return
    if before.started_at is None and after.started_at is not None:
        _observe(connection, after.queue, ("wait", ""), (after.started_at - after.submitted_at) / 1000)
    if before.ended_at is None and after.ended_at is not None:
        _count_end(connection, after, after.ended_at)


def read_tally(connection: Connection, queue: str) -> QueueTally:
    """Read all that was counted of *queue* in one snapshot."""
    connection.execute("BEGIN")
    try:
        return _read(connection, queue)
    finally:
        connection.execute("COMMIT")


def _read(connection: Connection, queue: str) -> QueueTally:
    totals = connection.execute("SELECT submitted, completed, failed FROM totals WHERE queue = ?", (queue,)).fetchone()
    submitted, completed, failed = totals or (0, 0, 0)
    histograms = _read_histograms(connection, queue)
    return QueueTally(
        pending=_first(
            connection, "SELECT count(*) FROM tasks WHERE queue = ? AND state = 'pending' AND canary = 0", queue
        )
        or 0,
        running=_first(
            connection, "SELECT count(*) FROM tasks WHERE queue = ? AND state = 'running' AND canary = 0", queue
        )
        or 0,
        submitted=submitted,
        completed=completed,
        failed=failed,
        oldest_pending_at=_first(
            connection,
            "SELECT submitted_at FROM tasks WHERE queue = ? AND state = 'pending' AND canary = 0 ORDER BY seq LIMIT 1",
            queue,
        ),
        slices=tuple(
            Slice(*row)
            for row in connection.execute(
                "SELECT at, completed, failed FROM slices WHERE queue = ? ORDER BY at", (queue,)
            )
        ),
        durations=tuple(histogram for kind, histogram in histograms if kind == "duration"),
        waits=tuple(histogram for kind, histogram in histograms if kind == "wait"),
        canaries=tuple(
            CanaryEnd(row["task"], bool(row["succeeded"]), row["duration"], row["ended_at"])
            for row in connection.execute("SELECT * FROM canaries WHERE queue = ? ORDER BY task", (queue,))
        ),
    )


def _first(connection: Connection, query: str, queue: str) -> int | None:
    row = connection.execute(query, (queue,)).fetchone()
    return None if row is None else int(row[0])


def _count_end(connection: Connection, task: Task, ended_at: int) -> None:
    column = "completed" if task.state is TaskState.COMPLETED else "failed"
    connection.execute(f"UPDATE totals SET {column} = {column} + 1 WHERE queue = ?", (task.queue,))
    _count_slice(connection, task.queue, column, ended_at - ended_at % SLICE)
    if task.started_at is not None:
        kind = ("duration", _known(connection, task.queue, task.type))
        _observe(connection, task.queue, kind, (ended_at - task.started_at) / 1000)


def _count_slice(connection: Connection, queue: str, column: str, at: int) -> None:
    where = (queue, at)
    if connection.execute(f"UPDATE slices SET {column} = {column} + 1 WHERE queue = ? AND at = ?", where).rowcount:
        return
    connection.execute(
        "INSERT INTO slices (queue, at, completed, failed) VALUES (?, ?, ?, ?)",
        (*where, int(column == "completed"), int(column == "failed")),
    )
    connection.execute("DELETE FROM slices WHERE queue = ? AND at < ?", (queue, at - REMEMBERED))


def _known(connection: Connection, queue: str, task: str) -> str:
    row = connection.execute(
        "SELECT count(*), coalesce(max(task = ?), 0) FROM histograms WHERE queue = ? AND kind = 'duration'",
        (task, queue),
    ).fetchone()
    return task if row[1] or row[0] < MOST_TYPES else OTHER


def _observe(connection: Connection, queue: str, kind: tuple[str, str], seconds: float) -> None:
    """Add one observation; a clock that was set back in between makes it 0, never negative."""
    value = max(0.0, seconds)
    connection.execute(
        "INSERT INTO histograms (queue, kind, task, sum, count) VALUES (?, ?, ?, ?, 1) "
        "ON CONFLICT (queue, kind, task) DO UPDATE SET sum = sum + excluded.sum, count = count + 1",
        (queue, *kind, value),
    )
    bound = next((bound for bound in BOUNDS if value <= bound), None)
    if bound is None:
        return
    connection.execute(
        "INSERT INTO buckets (queue, kind, task, le, count) VALUES (?, ?, ?, ?, 1) "
        "ON CONFLICT (queue, kind, task, le) DO UPDATE SET count = count + 1",
        (queue, *kind, bound),
    )


def _read_histograms(connection: Connection, queue: str) -> list[tuple[str, Histogram]]:
    counted: dict[tuple[str, str], dict[float, int]] = {}
    for row in connection.execute("SELECT kind, task, le, count FROM buckets WHERE queue = ?", (queue,)):
        counted.setdefault((row["kind"], row["task"]), {})[row["le"]] = row["count"]
    latest = _read_latest(connection, queue)
    rows = connection.execute("SELECT * FROM histograms WHERE queue = ? ORDER BY kind, task", (queue,))
    return [
        (
            row["kind"],
            Histogram(
                labels(task=row["task"]),
                _accumulate(counted.get((row["kind"], row["task"]), {}), row["count"]),
                row["sum"],
                row["count"],
                tuple(latest.get(row["task"], {}).values()) if row["kind"] == "duration" else (),
            ),
        )
        for row in rows
    ]


def _read_latest(connection: Connection, queue: str) -> dict[str, dict[float, Latest]]:
    """Read the last tasks that ended, by type and bucket; canaries are not counted, and so not told of."""
    rows = connection.execute(
        "SELECT id, type, started_at, ended_at FROM tasks WHERE queue = ? AND ended_at IS NOT NULL AND canary = 0 "
        "AND started_at IS NOT NULL ORDER BY ended_at DESC, seq DESC LIMIT ?",
        (queue, LATEST),
    )
    found: dict[str, dict[float, Latest]] = {}
    for task, type_, started, ended in rows:
        seconds = max(0, ended - started) / 1000
        bound = next((bound for bound in BOUNDS if seconds <= bound), math.inf)
        found.setdefault(type_, {}).setdefault(bound, Latest(bound, task, seconds, ended))
    return found


def _accumulate(counts: dict[float, int], total: int) -> tuple[tuple[float, int], ...]:
    """Make cumulative buckets; a bound that an earlier version had still counts towards those above it."""
    cumulative = ((bound, sum(count for le, count in counts.items() if le <= bound)) for bound in BOUNDS)
    return (*cumulative, (math.inf, total))


def _remember_canary(connection: Connection, task: Task, ended_at: int) -> None:
    connection.execute("DELETE FROM canaries WHERE queue = ? AND ended_at < ?", (task.queue, ended_at - REMEMBERED))
    known = _first(connection, "SELECT count(*) FROM canaries WHERE queue = ?", task.queue) or 0
    end = (
        task.queue,
        task.type if known < MOST_TYPES else OTHER,
        int(task.state is TaskState.COMPLETED),
        max(0, ended_at - task.submitted_at) / 1000,
        ended_at,
    )
    connection.execute("INSERT OR REPLACE INTO canaries VALUES (?, ?, ?, ?, ?)", end)
