"""The keeper beside a store and an engine that are ticked by hand, on disks of all kinds."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest

from medic.app.keeping import MOST_WAITING, Keeper
from medic.core.samples import Family, Kind, Sample, Snapshot
from medic.core.tasks import start
from rules.engine import Engine
from rules.files import parse
from rules.keeping.log import Log
from rules.series import Series
from tests.fakes import HandClock
from tests.rules.host import group

STEP = timedelta(seconds=15)
CONTENT = group("{alert: A, expr: x > 1}", "{record: 'a:x', expr: x}")


class Host:
    """One run of a store and an engine whose rows are kept in a folder."""

    def __init__(self, folder, clock, **options):
        self.clock = clock
        self.series = Series()
        self.engine = Engine(parse(CONTENT), self.series, interval_ms=15_000, collectors_of=lambda _: frozenset())
        self.keeper = Keeper(self.series, folder, **options)

    async def begin(self):
        await self.keeper.restore(self.engine, self.clock, interval_ms=15_000)
        return self

    def tick(self, x=2.0):
        self.clock.pass_by(seconds=15)
        now = self.clock.now()
        at = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        self.series.append(Snapshot(at, [Family("x", Kind.GAUGE, "", [Sample("x", (), x)])]))
        alerts = self.engine.evaluate(now)
        self.keeper.ticked()
        return alerts

    @property
    def failures(self):
        [family] = self.keeper.families()
        return family.samples[0].value

    def lengths(self):
        """Return how many samples each series has, by its name."""
        view = self.series.view()
        found = view.windows(view.select(()), -1, view.at_ms)
        return {labels.get("__name__"): len(points.times) for labels, points in found}


@pytest.fixture
def clock():
    return HandClock()


async def test_what_was_written_comes_back_with_the_alerts(tmp_path, clock):
    host = await Host(tmp_path / "series", clock).begin()
    for _ in range(5):
        host.tick()
        await host.keeper.flush()
    await host.keeper.end()
    again = await Host(tmp_path / "series", clock).begin()
    assert again.lengths() == host.lengths() == {"x": 5, "a:x": 5, "ALERTS": 5, "ALERTS_FOR_STATE": 5}
    before, after = host.tick(), again.tick()
    assert (before[0].active_at, before[0].state) == (after[0].active_at, after[0].state)
    await host.keeper.end()
    await again.keeper.end()


async def test_a_tick_is_written_as_soon_as_it_is_handed_over(tmp_path, clock):
    host = await Host(tmp_path, clock).begin()
    async with asyncio.TaskGroup() as tasks:
        running = start(tasks, host.keeper.run(), name="series")
        host.tick()
        async with asyncio.timeout(60):
            while not any(path.stat().st_size > 100 for path in tmp_path.iterdir()):
                await asyncio.to_thread(os.sync)
        running.cancel()
    await host.keeper.end()


async def test_what_the_disk_refuses_waits_is_counted_and_is_told_once(tmp_path, clock, caplog):
    folder = tmp_path / "series"
    host = await Host(folder, clock).begin()
    folder.write_text("in the way")
    for _ in range(3):
        host.tick()
        await host.keeper.flush()
    assert host.failures == 3
    folder.unlink()
    host.tick()
    await host.keeper.end()
    told = [record.message for record in caplog.records if record.name == "medic.app.keeping"]
    assert told == ["series not kept"]
    assert (await Host(folder, clock).begin()).lengths()["x"] == 4


async def test_of_what_waits_for_long_the_newest_is_kept(tmp_path, clock):
    folder = tmp_path / "series"
    host = await Host(folder, clock).begin()
    folder.write_text("in the way")
    for _ in range(MOST_WAITING + 10):
        host.tick()
        await host.keeper.flush()
    folder.unlink()
    await host.keeper.end()
    assert (await Host(folder, clock).begin()).lengths()["x"] == MOST_WAITING


async def test_a_disk_that_does_not_answer_holds_up_neither_the_start_nor_a_tick(tmp_path, clock, caplog):
    host = await Host(tmp_path, clock).begin()
    host.tick()
    await host.keeper.end()
    hangs = tmp_path / "0000000002.rows"
    os.mkfifo(hangs)  # whoever reads it waits for ever
    again = await Host(tmp_path, clock, patience=0.2).begin()
    assert again.lengths()["x"] == 1
    assert [record.message for record in caplog.records] == ["series not restored whole"]
    os.close(os.open(hangs, os.O_WRONLY))  # lets the reader go
    hangs.unlink()
    again.tick()
    await again.keeper.end()
    assert [path.name for path in Log(tmp_path).files()] == ["0000000001.rows", "0000000002.rows"]


async def test_rows_that_a_bug_makes_of_a_file_keep_nobody_from_starting(tmp_path, clock):
    (tmp_path / "0000000001.rows").mkdir()
    host = await Host(tmp_path, clock).begin()
    host.tick()
    await host.keeper.end()
    assert host.failures == 0
