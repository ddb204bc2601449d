"""The recorder: gathers the samples worth remembering and hands each full window to the history."""

from collections.abc import Collection

from medic.core.samples import Labels, Sample, Snapshot
from rhythm.ports import History
from rhythm.rollup import PERIOD, pick, roll_up


class Recorder:
    """Holds at most one window of samples; the wiring shows it each tick's snapshot."""

    def __init__(self, history: History, names: Collection[str], period: int = PERIOD) -> None:
        """Remember the series of these *names*, in windows of *period* milliseconds."""
        self._history = history
        self._names = frozenset(names)
        self._period = period
        self._held: list[Sample] = []
        self._window: int | None = None
        self._seen: dict[tuple[str, Labels], int] = {}

    async def observe(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; the first one of a new window writes the window before."""
        window = snapshot.at // self._period
        if self._window is not None and window != self._window:
            await self.flush()
        self._window = window
        self._held += [sample for sample in pick(snapshot, self._names) if self._is_new(sample)]

    async def flush(self) -> None:
        """Write what is held, as at the end of Medic: the rest of the window is merged with it after a restart."""
        held, self._held = self._held, []
        if held:
            await self._history.append(roll_up(held, self._period))

    def _is_new(self, sample: Sample) -> bool:
        """Tell whether it was not there before: a slow collector's sample shows in many snapshots, windows apart."""
        key, at = (sample.name, sample.labels), sample.at or 0
        if self._seen.get(key, -1) >= at:
            return False
        self._seen[key] = at
        return True
