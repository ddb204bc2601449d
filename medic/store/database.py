"""One SQLite file: checked and migrated when it is opened, written by one thread with group commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from time import monotonic
from typing import Literal, TypeGuard, TypeVar, cast

from medic.core.errors import StoreError
from medic.core.failpoints import failpoint

T = TypeVar("T")
Connection = sqlite3.Connection
Row = sqlite3.Row
IntegrityError = sqlite3.IntegrityError
Sync = Literal["FULL", "NORMAL"]

APPLICATION_ID = 0x4D454449  # "MEDI", in the file's header: tells our files from anybody's
_PRIMARY = 0xFF
"""The bits of an error's code that say its kind."""
_OF_THE_DISK = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY))
_BUSY = 5.0
"""Seconds to wait for another connection's lock."""
CACHE = 512
"""KiB of pages that each connection keeps; SQLite's own 2,000 would come to 8 MB for the daemon's four."""


@dataclass(slots=True)
class _Job:
    name: str
    work: Callable[[Connection], object]
    settle: Callable[[object, BaseException | None], None]
    result: object = None
    error: BaseException | None = None


class Database:
    """An open file; ``write`` is durable when it returns, ``read`` sees what was committed."""

    def __init__(self, path: Path, sync: Sync) -> None:
        """Open *path*, which ``open_database`` has checked and migrated."""
        self.path = path
        self.on_commit: Callable[[float, str], None] = lambda _seconds, _error: None
        """Called in the writer's thread with the seconds of each commit, and the words of a disk that failed it."""
        self._writes: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        writer, reader = _connect(path, sync), _connect(path, sync)
        self._threads = [
            threading.Thread(target=self._write_loop, args=(writer,), name=f"{path.stem}-writer", daemon=True),
            threading.Thread(target=self._read_loop, args=(reader,), name=f"{path.stem}-reader", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, name: str, work: Callable[[Connection], T]) -> T:
        """Run *work* in a transaction and return its result once that is committed.

        Writes that wait together share one commit, in their order; what one raises undoes that one alone. The
        failpoints are ``FILE.NAME.before`` and ``FILE.NAME.after``. Raises StoreError when the disk is full or gone.
        """
        failpoint(f"{self.path.stem}.{name}.before")
        result = await _submit(self._writes, name, work)
        failpoint(f"{self.path.stem}.{name}.after")
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run *work* on a connection of its own, off the event loop."""
        return await _submit(self._reads, "read", work)

    def close(self, timeout: float = 3.0) -> None:
        """Finish what is queued and close; a thread that hangs on a dead disk is left behind."""
        for inbox in (self._writes, self._reads):
            inbox.put(None)
        for thread in self._threads:
            thread.join(timeout)

    def _write_loop(self, connection: Connection) -> None:
        with closing(connection):
            while (batch := _take_all(self._writes)) is not None:
                started = monotonic()
                _commit(connection, batch)
                self.on_commit(monotonic() - started, _failure(batch))
                for job in batch:
                    job.settle(job.result, job.error)

    def _read_loop(self, connection: Connection) -> None:
        with closing(connection):
            connection.execute("PRAGMA query_only = on")
            while (job := self._reads.get()) is not None:
                _run(connection, job)
                job.settle(job.result, job.error)


@asynccontextmanager
async def open_database(path: Path, *, schema: str, sync: Sync) -> AsyncIterator[Database]:
    """Open, check and migrate the file; *schema* names its folder under ``medic/store/migrations``.

    Raises StoreError, with what to do, for a file that is corrupt, foreign, or of a newer Medic; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prepare(path, load_migrations(schema), sync)
    try:
        database = Database(path, sync)
    except sqlite3.Error as error:
        raise _unwritable(error) from error
    try:
        yield database
    finally:
        database.close()


def load_migrations(schema: str) -> list[str]:
    """Return the SQL scripts of *schema* in the order of their numbers; the n-th makes version n."""
    folder = resources.files("medic.store") / "migrations" / schema
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def prepare(path: Path, migrations: list[str], sync: Sync) -> None:
    """Check the file and bring it to the newest version, each step in a transaction."""
    try:
        # Looked at before WAL is asked for: that alone would write into a file that is not ours.
        with closing(sqlite3.connect(path, timeout=_BUSY)) as connection:
            _check(path, connection, len(migrations))
        with closing(_connect(path, sync)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            version = _pragma(connection, "user_version")
            for number, script in enumerate(migrations[version:], version + 1):
                connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & _PRIMARY in _OF_THE_DISK:
            raise _unwritable(error) from error  # nothing is wrong with the file, which must not be moved away for it
        raise StoreError(_advice(path, str(error))) from error


def _check(path: Path, connection: Connection, newest: int) -> None:
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    used = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application not in {0, APPLICATION_ID} or (application == 0 and (version or used)):
        raise StoreError(f"{path} is a database of another program; give Medic a state folder of its own (--state)")
    if version > newest:
        raise StoreError(
            f"{path} was written by a newer Medic (schema {version}, this one knows {newest}); "
            "install that version, or start with another state folder (--state)"
        )
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(_advice(path, found))


def _advice(path: Path, found: str) -> str:
    return (
        f"{path} cannot be used ({found}); put a copy of it from your backup in its place, "
        f"or move it away (mv {path} {path}.broken) to begin anew: pools and queues are found again, history is lost"
    )


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _connect(path: Path, sync: Sync) -> Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {sync}")
    connection.execute("PRAGMA foreign_keys = on")
    connection.execute(f"PRAGMA cache_size = -{CACHE}")  # what is negative counts KiB
    return connection


async def _submit(inbox: "queue.SimpleQueue[_Job | None]", name: str, work: Callable[[Connection], T]) -> T:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[object] = loop.create_future()

    def settle(result: object, error: BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(partial(_deliver, future, result, error))
        except RuntimeError:  # the loop is closed: the work is done and nobody waits for it
            return

    inbox.put(_Job(name, work, settle))
    return cast("T", await future)


def _deliver(future: "asyncio.Future[object]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _take_all(inbox: "queue.SimpleQueue[_Job | None]") -> list[_Job] | None:
    """Wait for one job and take those that came with it; None when the end was asked for and nothing is left."""
    first = inbox.get()
    if first is None:
        return None
    batch = [first]
    while not inbox.empty():
        job = inbox.get()
        if job is None:
            inbox.put(None)
            break
        batch.append(job)
    return batch


def _commit(connection: Connection, batch: list[_Job]) -> None:
    """Run the jobs, each in its savepoint, and commit them together; a failed commit fails them all."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in batch:
            connection.execute("SAVEPOINT job")
            _run(connection, job)
            if job.error is not None:
                connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        failure = _unwritable(error)
        for job in batch:
            job.error = job.error or failure
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _failure(batch: list[_Job]) -> str:
    """Say what the disk refused; what a job did wrong by itself is no failure to write."""
    return next((str(job.error) for job in batch if isinstance(job.error, StoreError)), "")


def _unwritable(error: sqlite3.Error) -> StoreError:
    return StoreError(f"the database cannot be used: {error}; free disk space or check the state folder's disk")


def _run(connection: Connection, job: _Job) -> None:
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001 - it is handed to whoever waits for this job
        job.error = _unwritable(error) if _is_of_the_disk(error) else error


def _is_of_the_disk(error: Exception) -> TypeGuard[sqlite3.Error]:
    """Tell a disk that is full or gone, or a file that was damaged under us, from what the work did wrong."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
