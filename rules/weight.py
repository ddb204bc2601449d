"""What the series weigh in memory: constants that were measured, and the sum of what is held."""

from rules.blocks import Band, Slab

SAMPLE_BYTES = 8
LANE_BYTES = 900
ROW_BYTES = 16
"""Of a row's time and of the generation that completed it."""
SLAB_BYTES = 500
"""Of a slab and its part of a column."""
BAND_BYTES = 500
PLACE_BYTES = 80
"""Of one series' place in a band."""
TRACK_BYTES = 950
PAIR_BYTES = 40
"""Of a series and its labels, without the texts, which belong to whoever measures."""


class Weight:
    """Adds up the bytes that are held; each kind of thing is taken off with what it was put on with."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self.bytes = 0

    def drop(self, slab: Slab) -> None:
        """Take a slab off, with all its rows."""
        self.bytes -= SLAB_BYTES + slab.rows * row_bytes(slab.width)


def row_bytes(width: int) -> int:
    """Return the bytes of one row of a slab."""
    return ROW_BYTES + SAMPLE_BYTES * width


def band_bytes(band: Band) -> int:
    """Return the bytes of a band without its slabs."""
    return BAND_BYTES + PLACE_BYTES * len(band.members)


def series_bytes(labels: int, samples: int) -> int:
    """Return the bytes of a series with so many labels, its name included, and so many samples."""
    return TRACK_BYTES + PAIR_BYTES * labels + SAMPLE_BYTES * samples
