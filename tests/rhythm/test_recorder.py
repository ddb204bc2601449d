from datetime import UTC, datetime, timedelta

import pytest

from medic.core.clock import to_ms
from medic.core.samples import Family, Kind, Sample, Snapshot
from medic.store.database import open_database
from medic.store.history import HistoryStore
from rhythm.recorder import HELD, Recorder

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = to_ms(NOON)
SECOND, WINDOW = 1000, 300_000


@pytest.fixture
async def history(tmp_path):
    async with open_database(tmp_path / "history.db", schema="history", sync="NORMAL") as database:
        yield HistoryStore(database)


def snapshot(at, value, measured=None):
    return Snapshot(at, [Family("x", Kind.GAUGE, "help", [Sample("x", (), value, measured)])])


async def written(history):
    return [(one.at - AT, one.mean, one.count) for one in await history.range("x", NOON, NOON + timedelta(days=1))]


async def test_a_window_is_written_when_the_next_begins(history):
    recorder = Recorder(history, {"x"})
    await recorder.observe(snapshot(AT, 1.0))
    await recorder.observe(snapshot(AT + 15 * SECOND, 3.0))
    assert await written(history) == []
    await recorder.observe(snapshot(AT + WINDOW, 9.0))
    assert await written(history) == [(0, 2.0, 2)]


async def test_a_slow_collectors_sample_counts_once_even_over_the_edge_of_a_window(history):
    recorder = Recorder(history, {"x"})
    for at in (0, 15 * SECOND, WINDOW, WINDOW + 15 * SECOND):
        await recorder.observe(snapshot(AT + at, 5.0, measured=AT))
    await recorder.flush()
    assert await written(history) == [(0, 5.0, 1)]


async def test_a_window_of_many_samples_is_written_in_parts_that_become_one(history):
    recorder = Recorder(history, {"x"})
    for number in range(HELD + 1):
        await recorder.observe(snapshot(AT + number, float(number % 2)))
    assert [count for *_, count in await written(history)] == [HELD]
    await recorder.observe(snapshot(AT + WINDOW, 9.0))
    assert await written(history) == [(0, (HELD // 2) / (HELD + 1), HELD + 1)]


async def test_after_the_clock_was_set_back_samples_are_remembered_again(history):
    recorder = Recorder(history, {"x"})
    await recorder.observe(snapshot(AT + 2 * WINDOW, 1.0))
    await recorder.observe(snapshot(AT, 3.0))
    await recorder.flush()
    assert await written(history) == [(0, 3.0, 1), (2 * WINDOW, 1.0, 1)]


async def test_what_was_held_at_the_end_is_merged_with_the_rest_after_a_restart(history):
    first = Recorder(history, {"x"})
    await first.observe(snapshot(AT, 1.0))
    await first.flush()
    second = Recorder(history, {"x"})
    await second.observe(snapshot(AT + 60 * SECOND, 3.0))
    await second.flush()
    assert await written(history) == [(0, 2.0, 2)]


async def test_other_names_are_not_remembered(history):
    recorder = Recorder(history, {"y"})
    await recorder.observe(snapshot(AT, 1.0))
    await recorder.flush()
    assert await written(history) == []
