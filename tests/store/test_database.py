import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from medic.core.errors import StoreError
from medic.store.database import APPLICATION_ID, CACHE, Database, load_migrations, open_database, prepare

TABLE = "CREATE TABLE t (x INTEGER UNIQUE)"
PAGES = [(number,) for number in range(20_000)]


@pytest.fixture
async def database(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    database = Database(path, "FULL")
    yield database
    database.close()


def insert(value):
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (value,)).rowcount


def values(connection):
    return [row["x"] for row in connection.execute("SELECT x FROM t ORDER BY x")]


async def test_what_is_written_is_read_by_others_at_once(database):
    assert await database.write("add", insert(1)) == 1
    assert await database.read(values) == [1]
    with closing(sqlite3.connect(database.path)) as other:
        assert other.execute("SELECT x FROM t").fetchall() == [(1,)]


async def test_writes_that_wait_together_share_a_commit(database):
    commits = []
    database.on_commit = lambda _seconds, error: commits.append(error)
    async with asyncio.TaskGroup() as group:
        for value in range(200):
            group.create_task(database.write("add", insert(value)))
    assert await database.read(values) == list(range(200))
    assert len(commits) < 200
    assert set(commits) == {""}


async def test_an_error_of_one_write_undoes_that_one_alone(database):
    def half(connection):
        insert(10)(connection)
        raise ValueError("no")

    outcomes = await asyncio.gather(
        *(database.write("add", work) for work in (insert(1), half, insert(1), insert(2))), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [int, ValueError, sqlite3.IntegrityError, int]
    assert await database.read(values) == [1, 2]


async def test_a_write_of_a_cancelled_caller_is_done_all_the_same_and_harms_no_other(database):
    task = asyncio.create_task(database.write("add", insert(1)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.write("add", insert(2))
    assert await database.read(values) == [1, 2]


async def test_reading_cannot_write(database):
    with pytest.raises(StoreError, match="readonly"):
        await database.read(insert(1))


async def test_its_connections_keep_few_pages(database):
    def kept(connection):
        return connection.execute("PRAGMA cache_size").fetchone()[0]

    assert [await database.read(kept), await database.write("look", kept)] == [-CACHE, -CACHE]


async def test_closing_finishes_what_is_queued(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    database = Database(path, "FULL")
    tasks = [asyncio.create_task(database.write("add", insert(value))) for value in range(20)]
    await asyncio.sleep(0)
    database.close()
    await asyncio.gather(*tasks)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (20,)


def test_migrations_are_made_in_order_and_only_once(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    prepare(path, [TABLE, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"], "FULL")
    prepare(path, [TABLE, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"], "FULL")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (2,)
        assert other.execute("PRAGMA user_version").fetchone() == (2,)
        assert other.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_migration_that_fails_leaves_the_version_before(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    with pytest.raises(StoreError):
        prepare(path, [TABLE, "INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (2)"], "FULL")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (1,)
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_migrations_of_a_schema_come_by_their_numbers():
    scripts = load_migrations("journal")
    assert "CREATE TABLE episodes" in scripts[0]


def test_a_newer_a_foreign_and_a_corrupt_file_are_refused_with_advice_and_left_alone(tmp_path):
    newer, foreign, corrupt = tmp_path / "newer.db", tmp_path / "foreign.db", tmp_path / "corrupt.db"
    unmarked = tmp_path / "unmarked.db"
    with closing(sqlite3.connect(unmarked)) as other:
        other.execute(TABLE)
    prepare(newer, [TABLE, "CREATE TABLE u (x)"], "FULL")
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("PRAGMA application_id = 4711")
        other.execute(TABLE)
        other.commit()
    corrupt.write_bytes(b"this is no database at all, and long enough to be looked at" * 100)
    cases = (
        (newer, "newer Medic"),
        (foreign, "another program"),
        (unmarked, "another program"),
        (corrupt, "cannot be used"),
    )
    for path, advice in cases:
        before = path.read_bytes()
        with pytest.raises(StoreError, match=advice):
            prepare(path, [TABLE], "FULL")
        assert path.read_bytes() == before


def test_a_page_that_was_damaged_is_found_when_the_file_is_opened(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    with closing(sqlite3.connect(path)) as other:
        other.executemany("INSERT INTO t VALUES (?)", [(value,) for value in range(5000)])
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 4] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(StoreError, match="from your backup"):
        prepare(path, [TABLE], "FULL")


def test_a_disk_that_takes_nothing_is_not_taken_for_a_damaged_file(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    program = (
        "import resource, signal, sys; from pathlib import Path; from medic.store.database import prepare\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "prepare(Path(sys.argv[1]), ['', 'CREATE TABLE u (x)'], 'FULL')"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    assert "StoreError: the database cannot be used: disk I/O error; free disk space" in done.stderr
    assert "mv " not in done.stderr


async def test_a_file_that_is_damaged_under_us_is_an_error_with_advice_and_no_end(tmp_path):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    database = Database(path, "FULL")
    await database.write("add", lambda connection: connection.executemany("INSERT INTO t VALUES (?)", PAGES))
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(b"\x5a" * path.stat().st_size)
    for _ in range(2):
        with pytest.raises(StoreError, match="check the state folder's disk"):
            await database.read(values)
        with pytest.raises(StoreError, match="check the state folder's disk"):
            await database.write("add", insert(1))
    database.close()


async def test_what_the_work_does_wrong_is_not_taken_for_a_broken_disk(database):
    await database.write("add", insert(1))
    with pytest.raises(sqlite3.IntegrityError):
        await database.write("add", insert(1))


async def test_a_full_disk_is_an_error_with_advice_and_writing_goes_on_when_there_is_room(tmp_path):
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        await database.write("make", lambda connection: connection.execute("CREATE TABLE big (x)").rowcount)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        failures = []
        database.on_commit = lambda _seconds, error: failures.append(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
        try:
            with pytest.raises(StoreError, match="free disk space"):
                await database.write("fill", lambda c: c.execute("INSERT INTO big VALUES (zeroblob(2000000))").rowcount)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        assert await database.write("add", lambda c: c.execute("INSERT INTO big VALUES (1)").rowcount) == 1
        count = await database.read(lambda c: c.execute("SELECT count(*) FROM big").fetchone()[0])
        assert count == 1
        assert ["free disk space" in failure for failure in failures] == [True, False]


@pytest.mark.parametrize(("side", "kept"), [("before", []), ("after", [1])])
def test_the_failpoints_stand_before_and_after_the_commit(tmp_path, side, kept):
    path = tmp_path / "some.db"
    prepare(path, [TABLE], "FULL")
    script = (
        "import asyncio, sys; from pathlib import Path; from medic.store.database import Database\n"
        "database = Database(Path(sys.argv[1]), 'FULL')\n"
        "asyncio.run(database.write('add', lambda c: c.execute('INSERT INTO t VALUES (1)').rowcount))\n"
    )
    environment = {**os.environ, "MEDIC_FAILPOINT": f"some.add.{side}"}
    ended = subprocess.run([sys.executable, "-c", script, str(path)], env=environment, check=False, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(path)) as other:
        assert [row[0] for row in other.execute("SELECT x FROM t")] == kept
