"""The tasks of the embedded queues on disk; the store of the queue server, which alone opens the file."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from medic.core.errors import RefusedError, StoreError
from medic.core.locks import Lock, read_holder, wait_lock
from medic.core.queue import Json, QueueTally, Task, TaskState
from medic.core.tasks import in_thread
from medic.store.database import Connection, Database, Row, open_database
from medic.store.tallies import count_change, count_submitted, read_tally

Rule = Callable[[Task], Task]
CHUNK = 500
"""How many tasks one transaction may sweep up: others wait for it."""


class QueueStore:
    """Keeps tasks and counts what becomes of them; a rule runs inside of the transaction that it decides."""

    def __init__(self, database: Database) -> None:
        """Use *database*, which was opened with the schema ``queue`` and synchronous FULL."""
        self._database = database

    async def add(self, tasks: Sequence[Task]) -> None:
        """Keep pending *tasks*, all or none.

        One whose id is there already with the same type and payload is passed over, so that a submission can be
        repeated; raises RefusedError when an id stands for another task.
        """
        await self._database.write("submit", partial(_add, tasks))

    async def get(self, queue: str, task: str) -> Task | None:
        """Return a task, None when there is none of that id (any more)."""
        return await self._database.read(partial(_get, queue, task))

    async def take(self, queue: str, types: Sequence[str], rule: Rule) -> Task | None:
        """Apply *rule* to the pending task that was submitted first, of one of *types* if any are named."""
        return await self._database.write("lease", partial(_take, queue, types, rule))

    async def change(self, queue: str, task: str, rule: Rule) -> Task | None:
        """Apply *rule* to a task and return what became of it, None when there is none of that id."""
        return await self._database.write("change", partial(_change, queue, task, rule))

    async def lapse(self, queue: str, now: int, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to running tasks whose lease has run out at *now*, some hundreds at a time."""
        where = "queue = ? AND state = 'running' AND lease_until <= ? ORDER BY lease_until"
        return await self._database.write("lapse", partial(_sweep, where, (queue, now), rule))

    async def lapse_of(self, queue: str, worker: str, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to all running tasks that *worker* holds."""
        where = "queue = ? AND state = 'running' AND worker = ?"
        return await self._database.write("lapse", partial(_sweep, where, (queue, worker), rule))

    async def overdue(self, queue: str, before: int, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to pending canaries that were submitted at *before* or earlier, some hundreds at a time."""
        where = "queue = ? AND state = 'pending' AND canary = 1 AND submitted_at <= ? ORDER BY seq"
        return await self._database.write("lapse", partial(_sweep, where, (queue, before), rule))

    async def renew(self, queue: str, until: int) -> None:
        """Let all leases run out at *until*, whenever they would have."""
        await self._database.write("renew", partial(_renew, queue, until))

    async def prune(self, queue: str, before: int, keep: int) -> int:
        """Forget tasks that ended before *before*, and all but the last *keep*; returns how many were forgotten.

        Some hundreds at a time; what was counted stays counted.
        """
        return await self._database.write("prune", partial(_prune, queue, before, keep))

    async def tally(self, queue: str) -> QueueTally:
        """Return what was counted, all of one instant."""
        return await self._database.read(partial(read_tally, queue=queue))


@asynccontextmanager
async def open_queue(path: Path, *, patience: float = 5.0) -> AsyncIterator[QueueStore]:
    """Open the queues' file, which this process alone may then use.

    Raises StoreError when another process still has it open after *patience* seconds, in which one that is ending may
    end, and for a file that cannot be used.
    """
    lock = await _lock(path.with_name(f"{path.name}.lock"), patience)
    try:
        lock.write("queue server")
        async with open_database(path, schema="queue", sync="FULL") as database:
            yield QueueStore(database)
    finally:
        lock.close()


async def _lock(path: Path, patience: float) -> Lock:
    lock = await in_thread(partial(wait_lock, path, timeout=patience), timeout=patience + 5.0, name="queue-lock")
    if lock is None:
        raise StoreError(
            f"{path} is held by another process ({read_holder(path) or 'it did not say which'}): "
            "one queue server serves all queues of a state folder; stop that one, or give this one another --state"
        )
    return lock


def _add(tasks: Sequence[Task], connection: Connection) -> None:
    accepted = Counter(task.queue for task in tasks if _insert(connection, task) and not task.canary)
    for queue in {task.queue for task in tasks}:
        count_submitted(connection, queue, accepted[queue])


def _insert(connection: Connection, task: Task) -> bool:
    cursor = connection.execute(
        "INSERT INTO tasks (queue, id, type, payload, canary, state, submitted_at, deliveries, worker, result, error) "
        "VALUES (?, ?, ?, ?, ?, 'pending', ?, 0, '', 'null', '') ON CONFLICT (queue, id) DO NOTHING",
        (task.queue, task.id, task.type, _dump(task.payload), task.canary, task.submitted_at),
    )
    if cursor.rowcount:
        return True
    known = _get(task.queue, task.id, connection)
    if known is None or (known.type, known.payload, known.canary) != (task.type, task.payload, task.canary):
        raise RefusedError(f"task id {task.id!r} stands for another task already; submit yours with an id of its own")
    return False


def _get(queue: str, task: str, connection: Connection) -> Task | None:
    row = connection.execute("SELECT * FROM tasks WHERE queue = ? AND id = ?", (queue, task)).fetchone()
    return None if row is None else _task(row)


def _take(queue: str, types: Sequence[str], rule: Rule, connection: Connection) -> Task | None:
    row = _first_of(connection, queue, types) if types else _first(connection, queue)
    return None if row is None else _apply(connection, _task(row), rule)


def _first(connection: Connection, queue: str) -> Row | None:
    # By canary and then seq, as the index is: a task that waits behind others must not hide a canary that came before.
    rows = [
        connection.execute(
            "SELECT * FROM tasks WHERE queue = ? AND state = 'pending' AND canary = ? ORDER BY seq LIMIT 1",
            (queue, canary),
        ).fetchone()
        for canary in (0, 1)
    ]
    return _earliest(rows)


def _first_of(connection: Connection, queue: str, types: Sequence[str]) -> Row | None:
    rows = [
        connection.execute(
            "SELECT * FROM tasks WHERE queue = ? AND state = 'pending' AND type = ? ORDER BY seq LIMIT 1",
            (queue, task_type),
        ).fetchone()
        for task_type in types
    ]
    return _earliest(rows)


def _earliest(rows: Iterable[Row | None]) -> Row | None:
    return min((row for row in rows if row is not None), key=lambda row: int(row["seq"]), default=None)


def _change(queue: str, task: str, rule: Rule, connection: Connection) -> Task | None:
    before = _get(queue, task, connection)
    return None if before is None else _apply(connection, before, rule)


def _sweep(where: str, values: tuple[str | int, ...], rule: Rule, connection: Connection) -> Sequence[Task]:
    rows = connection.execute(f"SELECT * FROM tasks WHERE {where} LIMIT {CHUNK}", values).fetchall()
    return [_apply(connection, _task(row), rule) for row in rows]


def _apply(connection: Connection, before: Task, rule: Rule) -> Task:
    after = rule(before)
    if after != before:
        connection.execute(
            "UPDATE tasks SET state = ?, deliveries = ?, worker = ?, lease_until = ?, started_at = ?, ended_at = ?, "
            "result = ?, error = ? WHERE queue = ? AND id = ?",
            (
                *(after.state, after.deliveries, after.worker, after.lease_until, after.started_at, after.ended_at),
                *(_dump(after.result), after.error, after.queue, after.id),
            ),
        )
        count_change(connection, before, after)
    return after


def _renew(queue: str, until: int, connection: Connection) -> None:
    connection.execute("UPDATE tasks SET lease_until = ? WHERE queue = ? AND state = 'running'", (until, queue))


def _prune(queue: str, before: int, keep: int, connection: Connection) -> int:
    ended = "FROM tasks WHERE queue = ? AND ended_at IS NOT NULL"
    old = connection.execute(
        f"DELETE FROM tasks WHERE seq IN (SELECT seq {ended} AND ended_at < ? LIMIT {CHUNK})", (queue, before)
    ).rowcount
    surplus = int(connection.execute(f"SELECT count(*) {ended}", (queue,)).fetchone()[0]) - keep
    many = connection.execute(
        f"DELETE FROM tasks WHERE seq IN (SELECT seq {ended} ORDER BY ended_at, seq LIMIT ?)",
        (queue, max(0, min(surplus, CHUNK))),
    ).rowcount
    return old + many


def _task(row: Row) -> Task:
    payload: Json = json.loads(row["payload"])
    result: Json = json.loads(row["result"])
    return Task(
        id=row["id"],
        queue=row["queue"],
        type=row["type"],
        payload=payload,
        state=TaskState(row["state"]),
        submitted_at=row["submitted_at"],
        canary=bool(row["canary"]),
        deliveries=row["deliveries"],
        worker=row["worker"],
        lease_until=row["lease_until"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        result=result,
        error=row["error"],
    )


def _dump(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
