"""Files that have left the history: of them only what rules look back on is worth its space."""

from collections.abc import Callable, Iterator

from rules.keeping.decoding import DamagedError, decode
from rules.keeping.encoding import MAGIC, Encoder
from rules.rows import TICK, Row

Wanted = Callable[[str], bool]
"""Tells of a metric's name whether it is still needed."""


def thin(data: bytes, wanted: Wanted) -> bytes:
    """Return the file with the rows of what is *wanted* alone; behind a damage there is nothing worth having."""
    encoder, sifter = Encoder(), Sifter(wanted)
    frames = [encoder.frame([row]) for row in _sound(data) for row in sifter.sift(row)]
    return MAGIC + b"".join(frames)


def _sound(data: bytes) -> Iterator[Row]:
    try:
        yield from decode(data)
    except DamagedError:
        return


class Sifter:
    """Takes out of rows what is not wanted; where a source went on without a series, it still does."""

    def __init__(self, wanted: Wanted) -> None:
        """Keep what is *wanted*."""
        self._wanted = wanted
        self._rest: dict[str, Row] = {}
        self._chosen: dict[str, tuple[Row, list[int]]] = {}

    def sift(self, row: Row) -> Iterator[Row]:
        """Yield what is left of *row*; of a rule an empty one only after one that was not, as that says what ended.

        Every tick stays, since it says that Medic was looking.
        """
        chosen = self._choose(row)
        before = self._rest.get(row.source)
        slow = [sample for sample in row.slow if self._wanted(sample.name)]
        if row.source != TICK and not chosen and before is not None and not before.names:
            return
        left = Row(
            row.source,
            row.at,
            [row.names[one] for one in chosen],
            [row.labels[one] for one in chosen],
            [row.values[one] for one in chosen],
            slow,
        )
        self._rest[row.source] = left
        yield left

    def _choose(self, row: Row) -> list[int]:
        known = self._chosen.get(row.source)
        if known is None or known[0].names is not row.names:
            known = self._chosen[row.source] = (row, [at for at, name in enumerate(row.names) if self._wanted(name)])
        return known[1]
