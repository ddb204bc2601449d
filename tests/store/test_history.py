from datetime import UTC, datetime, timedelta

import pytest

from medic.core.clock import to_ms
from medic.core.rollups import Rollup
from medic.store.database import open_database
from medic.store.history import HistoryStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
DAY = timedelta(days=1)


@pytest.fixture
async def history(tmp_path):
    async with open_database(tmp_path / "history.db", schema="history", sync="NORMAL") as database:
        yield HistoryStore(database)


def rollup(window=0, name="node_load1", labels=(), *figures):
    return Rollup(name, labels, to_ms(NOON + window * WINDOW), *(figures or (1.0, 2.0, 3.0, 2.5, 20)))


async def test_rollups_come_back_as_they_went_in(history):
    rollups = [rollup(0), rollup(1)]
    await history.append(rollups)
    assert await history.range("node_load1", NOON, NOON + DAY) == tuple(rollups)


async def test_a_gap_stays_a_gap(history):
    await history.append([rollup(0), rollup(5)])
    found = await history.range("node_load1", NOON, NOON + DAY)
    assert [(one.at - to_ms(NOON)) // 300_000 for one in found] == [0, 5]


async def test_series_of_a_name_are_told_apart_by_their_labels(history):
    one, other = (("queue", 'a,"b"'),), (("queue", "a"), ("window", "1h"))
    await history.append([rollup(1, "x", other), rollup(0, "x", one), rollup(0, "x", other), rollup(0, "y", one)])
    found = await history.range("x", NOON, NOON + DAY)
    assert {one.labels for one in found} == {one, other}
    assert [f.at for f in found if f.labels == other] == sorted(f.at for f in found if f.labels == other)
    assert len(found) == 3


async def test_a_range_begins_with_its_start_and_stops_before_its_end(history):
    await history.append([rollup(window) for window in range(5)])
    found = await history.range("node_load1", NOON + WINDOW, NOON + 3 * WINDOW)
    assert [one.at for one in found] == [to_ms(NOON + WINDOW), to_ms(NOON + 2 * WINDOW)]


async def test_the_rest_of_a_window_is_merged_with_its_beginning(history):
    await history.append([rollup(0, "x", (), 1.0, 2.0, 3.0, 3.0, 10)])
    await history.append([rollup(0, "x", (), 0.5, 5.0, 9.0, 4.0, 30)])
    (found,) = await history.range("x", NOON, NOON + DAY)
    assert found == rollup(0, "x", (), 0.5, 4.25, 9.0, 4.0, 40)


async def test_old_windows_are_forgotten_and_so_are_series_without_any(history):
    await history.append([rollup(0, "gone"), rollup(0, "stays"), rollup(2, "stays")])
    assert await history.prune(NOON + WINDOW) == 2
    assert await history.range("gone", NOON, NOON + DAY) == ()
    assert [one.at for one in await history.range("stays", NOON, NOON + DAY)] == [to_ms(NOON + 2 * WINDOW)]


async def test_a_series_that_was_forgotten_can_come_back(history):
    await history.append([rollup(0)])
    await history.prune(NOON + WINDOW)
    await history.append([rollup(3)])
    assert len(await history.range("node_load1", NOON, NOON + DAY)) == 1
