"""The keeper of the series: what a tick writes goes to the disk behind its back, and comes back at the next start."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Never

from medic.core.clock import Clock, to_ms
from medic.core.samples import Family, counter
from medic.core.tasks import guarded, in_thread
from rules.engine import Engine
from rules.keeping.log import Log
from rules.restoring import Restoration
from rules.rows import Row
from rules.series import Series

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that the disk may take for one file or one tick."""
TURN = 2.0
"""Seconds that a write waits for the one before it."""
MOST_WAITING = 40
"""Ticks that wait for a disk that takes nothing; older ones are given up."""


class Keeper:
    """Keeps the series of one daemon; no disk, full, slow or gone, holds up a tick or the start."""

    def __init__(self, series: Series, folder: Path, *, patience: float = PATIENCE) -> None:
        """Keep *series* in *folder*, once they were restored."""
        self._series = series
        self._patience = patience
        self._log = Log(folder)
        self._busy = threading.Lock()
        self._rows: list[Row] = []
        self._waiting: list[Sequence[Row]] = []
        self._wake = asyncio.Event()
        self._failures = 0
        self._failing = ""

    async def restore(self, engine: Engine, clock: Clock, *, interval_ms: int) -> None:
        """Bring back the series and the alerts of before; from here on what is written is kept."""
        began = clock.monotonic()
        restoration = Restoration(self._series, now=to_ms(clock.now()), interval_ms=interval_ms)
        await guarded(partial(self._replay, restoration), name="series")
        engine.restore(restoration.before())
        self._begin_tick()
        if restoration.ticks:
            seconds = round(clock.monotonic() - began, 3)
            log.info("series restored", extra={"ticks": restoration.ticks, "seconds": seconds})

    def ticked(self) -> None:
        """Hand over what was written since the last call: all of one tick."""
        if self._rows:
            self._waiting.append(self._rows)
            self._begin_tick()
        del self._waiting[:-MOST_WAITING]
        self._wake.set()

    async def run(self) -> Never:
        """Write what is handed over, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await guarded(self.flush, name="series")

    async def flush(self) -> None:
        """Write what waits; what the disk does not take now waits on, and the trouble is told once."""
        ticks, self._waiting = self._waiting, []
        try:
            if ticks:
                await self._on_disk(partial(self._log.write, ticks))
            ticks = []
            if self._log.is_untidy:
                await self._on_disk(partial(self._log.tidy, self._series.needs))
        except OSError as error:
            self._waiting = [*ticks, *self._waiting]
            self._fail(_words(error))
        else:
            self._succeed()

    async def end(self) -> None:
        """Write what waits and close, now that nothing more comes."""
        await self.flush()
        await self._on_disk(self._log.seal)

    def families(self) -> list[Family]:
        """Return the metrics of keeping."""
        return [
            counter(
                "medic_series_log_failures_total",
                "Times that the series of a tick could not be written to the disk.",
                ((), self._failures),
            )
        ]

    def _begin_tick(self) -> None:
        self._rows = []
        self._series.observer = self._rows.append

    async def _replay(self, restoration: Restoration) -> None:
        for path in await in_thread(self._log.files, timeout=self._patience, name="series"):
            try:
                await self._replay_file(path, restoration)
            except OSError as error:
                log.warning("series not restored whole", extra={"file": str(path), "why": _words(error)})

    async def _replay_file(self, path: Path, restoration: Restoration) -> None:
        data = await in_thread(path.read_bytes, timeout=self._patience, name="series")
        replayed = restoration.replay(data)
        self._log.know(path, replayed.last_at)
        if replayed.damage:
            log.warning("series not restored whole", extra={"file": str(path), "why": replayed.damage})
            await self._on_disk(partial(self._log.mend, path, data))

    async def _on_disk(self, work: Callable[[], None]) -> None:
        """Do *work* in a thread; raises OSError, also while an earlier one still hangs in the disk."""

        def alone() -> None:
            if not self._busy.acquire(timeout=TURN):
                raise TimeoutError("the disk has not answered to an earlier write yet")
            try:
                work()
            finally:
                self._busy.release()

        await in_thread(alone, timeout=self._patience, name="series")

    def _fail(self, why: str) -> None:
        self._failures += 1
        if why != self._failing:
            log.error("series not kept", extra={"why": why, "folder": str(self._log.folder)})
        self._failing = why

    def _succeed(self) -> None:
        if self._failing:
            log.info("series kept again")
        self._failing = ""


def _words(error: OSError) -> str:
    return str(error) or "the disk does not answer"
