"""The recorder: gathers the samples worth remembering and hands each full window to the history."""

from collections.abc import Collection, Sequence
from functools import partial

from medic.core.samples import Labels, Sample, Snapshot
from medic.core.tasks import in_thread
from rhythm.ports import History
from rhythm.rollup import PERIOD, pick, roll_up

HELD = 10_000
"""How many samples are held before they are written within their window; the history merges the parts."""
PATIENCE = 60.0
"""Seconds that the arithmetic may take in its thread; it takes milliseconds."""


class Recorder:
    """Holds samples of at most one window; the wiring shows it each tick's snapshot."""

    def __init__(self, history: History, names: Collection[str], period: int = PERIOD) -> None:
        """Remember the series of these *names*, in windows of *period* milliseconds."""
        self._history = history
        self._names = frozenset(names)
        self._period = period
        self._held: list[Sample] = []
        self._window: int | None = None
        self._seen: dict[tuple[str, Labels], int | None] = {}

    async def observe(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; the first one of a new window writes the window before."""
        window = snapshot.at // self._period
        if window != self._window or len(self._held) >= HELD:
            await self.flush()
        self._window = window
        self._held += self._fresh(pick(snapshot, self._names))

    async def flush(self) -> None:
        """Write what is held, as at the end of Medic: the rest of the window is merged with it after a restart."""
        held, self._held = self._held, []
        if held:
            rollups = await in_thread(partial(roll_up, held, self._period), timeout=PATIENCE, name="roll-up")
            await self._history.append(rollups)

    def _fresh(self, samples: Sequence[Sample]) -> list[Sample]:
        """Leave out what the snapshot before had too: a slow collector's sample shows in many, windows apart.

        Only one snapshot back is remembered, so that series that have vanished are forgotten.
        """
        before, self._seen = self._seen, {(one.name, one.labels): one.at for one in samples}
        return [sample for sample in samples if before.get((sample.name, sample.labels)) != sample.at]
