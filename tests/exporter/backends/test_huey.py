import contextlib
import uuid

import huey as library
import pytest

from exporter.backends.source import BackendError
from tests.exporter.backends import jobs
from tests.exporter.backends.asking import program, reader
from tests.harness import until


@contextlib.contextmanager
def made(kind, name, **where):
    made = kind(name, **where)
    add = made.task(name="add")(jobs.add)
    try:
        yield made, add
    finally:
        made.storage.close()


def name():
    return f"Mail-{uuid.uuid4().hex[:8]}"  # huey leaves out the dash in its keys


@pytest.mark.needs("redis")
@pytest.mark.parametrize(
    "kind", [library.RedisHuey, library.RedisExpireHuey, library.PriorityRedisHuey, library.PriorityRedisExpireHuey]
)
def test_what_waits_in_redis_is_counted_whatever_its_class(redis, kind):
    queue = name()
    with made(kind, queue, url=redis.url) as (_, add):
        for number in range(3):
            add(1, number)
        add.schedule((1, 2), delay=3600)
        found = reader("huey", redis.url, queue=queue).read()
    assert (found.up, found.pending) == (True, 3 + 1)  # a scheduled task waits in the queue until a consumer sees it
    assert (found.running, found.completed, found.failed, found.oldest_pending_at) == (None, None, None, None)


@pytest.mark.needs("redis")
def test_a_real_consumer_empties_the_queue_and_schedules_what_is_for_later(redis, tmp_path):
    queue = name()
    asked = reader("huey", redis.url, queue=queue)
    with made(library.RedisHuey, queue, url=redis.url) as (_, add):
        for number in range(3):
            add(1, number)
        add.schedule((1, 2), delay=3600)
        with consumer(tmp_path, HUEY_NAME=queue, HUEY_REDIS=redis.url):
            found = until(lambda: (seen := asked.read()).pending == 0 and seen, what="the consumer took all")
    assert found.delayed == 1


def test_a_file_of_huey_is_read_beside_its_consumer(tmp_path):
    file = tmp_path / "h uey.db"
    asked = reader("huey", f"sqlite://{file}".replace(" ", "%20"), queue="mail")
    with made(library.SqliteHuey, "mail", filename=str(file)) as (_, add):
        add(1, 2)
        add(1, 3)
        assert asked.read().pending == 2
        add.schedule((1, 2), delay=3600)
        with consumer(tmp_path, HUEY_NAME="mail", HUEY_FILE=str(file), HUEY_KIND="SqliteHuey"):
            until(lambda: (seen := asked.read()).pending == 0 and seen.delayed == 1, what="the consumer took all")
    assert reader("huey", f"sqlite://{file}".replace(" ", "%20"), queue="other").read().pending == 0


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(BackendError, match="name the file that SqliteHuey writes"):
        reader("huey", f"sqlite://{tmp_path}/none.db").read()
    assert not (tmp_path / "none.db").exists()


def test_a_file_of_another_kind_is_told(tmp_path):
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(BackendError, match="cannot be read as a file of huey"):
        reader("huey", f"sqlite://{tmp_path}/text").read()


def test_a_file_that_somebody_holds_locked_is_given_up_in_time(tmp_path):
    import sqlite3

    file = tmp_path / "huey.db"
    with made(library.SqliteHuey, "mail", filename=str(file), journal_mode="delete"):
        pass
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BackendError, match="locked"):
            reader("huey", f"sqlite://{file}", timeout=0.1).read()


def consumer(folder, **env):
    return program(folder, "-m", "huey.bin.huey_consumer", "tests.exporter.backends.huey_app.huey", **env)
