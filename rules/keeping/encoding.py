"""From rows to bytes: frames with a checksum, each the whole of a tick.

A file is a line that names its format, then frames. A frame is its length and CRC-32, then items. An item is its kind
and length, then a body: series as JSON, numbered in order; a layout, which says which of them a source writes side by
side; or a row, which has their values. So a file needs no other to be read, and a row costs 8 bytes a sample.
"""

import json
import sys
from array import array
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from medic.core.samples import Labels
from rules.rows import Row

MAGIC = f"medic series 1 {sys.byteorder}\n".encode()
"""The format with its version; numbers are written as this machine has them."""

FRAME = Struct("<II")
"""Length and CRC-32 of the items that follow."""
ITEM = Struct("<BI")
"""Kind and length of the body that follows."""
LAYOUT = Struct("<IB")
"""Number, and whether each value has a time of its own; the source's length and name and the series' numbers follow."""
LENGTH = Struct("<I")
ROW = Struct("<Iq")
"""Number of the layout, and the time in milliseconds; the values follow, then their times if they have own ones."""
SERIES_ITEM, LAYOUT_ITEM, ROW_ITEM = 1, 2, 3


class Written(NamedTuple):
    """The layout that a source was last written in."""

    number: int
    names: list[str]
    labels: list[Labels]


class Encoder:
    """Writes the frames of one file; it knows which series and layouts the file has already."""

    def __init__(self) -> None:
        """Begin a file."""
        self._series: dict[tuple[str, Labels], int] = {}
        self._layouts: dict[tuple[str, bool], Written] = {}
        self._numbers = 0

    def frame(self, rows: Iterable[Row]) -> bytes:
        """Return the frame that holds *rows*, to be appended to the file."""
        body = b"".join(item for row in rows for item in self._row(row))
        return FRAME.pack(len(body), crc32(body)) + body

    def _row(self, row: Row) -> Iterator[bytes]:
        """Write what is slow before its tick, so that a reader has both when it comes to the tick."""
        if row.slow:
            names, labels, values, times = map(list, zip(*row.slow, strict=True))
            yield from self._values(Row(row.source, row.at, names, labels, values), array("q", times))
        yield from self._values(row, None)

    def _values(self, row: Row, times: "array[int] | None") -> Iterator[bytes]:
        key = (row.source, times is not None)
        layout = self._layouts.get(key)
        if layout is None or not _is_same(layout, row):
            layout = self._layouts[key] = Written(self._numbers, row.names, row.labels)
            self._numbers += 1
            yield from self._layout(key, layout)
        own = b"" if times is None else times.tobytes()
        yield _item(ROW_ITEM, ROW.pack(layout.number, row.at), array("d", row.values).tobytes(), own)

    def _layout(self, key: tuple[str, bool], layout: Written) -> Iterator[bytes]:
        source, is_slow = key
        series = list(zip(layout.names, layout.labels, strict=True))
        fresh = [one for one in dict.fromkeys(series) if one not in self._series]
        if fresh:
            self._series |= {one: number for number, one in enumerate(fresh, start=len(self._series))}
            told = [(name, dict(labels)) for name, labels in fresh]
            yield _item(SERIES_ITEM, json.dumps(told, separators=(",", ":")).encode())
        named = source.encode("utf-8", "surrogatepass")
        numbers = array("I", map(self._series.__getitem__, series)).tobytes()
        yield _item(LAYOUT_ITEM, LAYOUT.pack(layout.number, is_slow), LENGTH.pack(len(named)), named, numbers)


def _is_same(layout: Written, row: Row) -> bool:
    """Tell whether a row is as the last one of its source; mostly the lists are the same objects."""
    same_names = row.names is layout.names or row.names == layout.names
    return same_names and (row.labels is layout.labels or row.labels == layout.labels)


def _item(kind: int, *parts: bytes) -> bytes:
    return b"".join((ITEM.pack(kind, sum(map(len, parts))), *parts))
