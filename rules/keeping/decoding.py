"""From bytes to rows: as far as a file is whole, and what is wrong behind that."""

import json
from array import array
from collections.abc import Iterator, Sequence
from struct import error as StructError  # noqa: N812 - it is a class
from typing import NamedTuple
from zlib import crc32

from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from rules.keeping.encoding import FRAME, ITEM, LAYOUT, LAYOUT_ITEM, LENGTH, MAGIC, ROW, ROW_ITEM, SERIES_ITEM
from rules.rows import Row

_MALFORMED = (StructError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What comes of reading items that no encoder wrote."""
_DOUBLE, _NUMBER = 8, array("I").itemsize


class DamagedError(MedicError):
    """A file of series ends before its time, was changed, or is of another Medic."""


class _Layout(NamedTuple):
    source: str
    is_slow: bool
    names: list[str]
    labels: list[Labels]


def decode(data: bytes) -> Iterator[Row]:
    """Yield the rows of a file in the order in which they were written, whole ticks only.

    Raises DamagedError where the file is not as it was written; all that was yielded before is sound.
    """
    if not data.startswith(MAGIC):
        raise DamagedError("it is no file of series, or one of another version of Medic")
    file = _File()
    start = len(MAGIC)
    while start < len(data):
        frame = _frame(data, start)
        try:
            rows = list(file.rows(frame))
        except _MALFORMED as error:
            raise DamagedError(f"the frame at byte {start} makes no sense: {error}") from error
        if not rows:
            raise DamagedError(f"the frame at byte {start} holds no row")
        yield from rows
        start += FRAME.size + len(frame)


def _frame(data: bytes, start: int) -> memoryview:
    body = start + FRAME.size
    if body > len(data):
        raise DamagedError(f"it ends within the frame at byte {start}")
    length, checksum = FRAME.unpack_from(data, start)
    frame = memoryview(data)[body : body + length]
    if not length or len(frame) < length:  # of zeros are files that a power cut has left longer than they were written
        raise DamagedError(f"it ends within the frame at byte {start}")
    if crc32(frame) != checksum:
        raise DamagedError(f"the frame at byte {start} was changed: its checksum is another")
    return frame


class _File:
    """What one file has said so far."""

    def __init__(self) -> None:
        self._series: list[tuple[str, Labels]] = []
        self._layouts: dict[int, _Layout] = {}
        self._slow: Sequence[Sample] = ()

    def rows(self, frame: memoryview) -> Iterator[Row]:
        start = 0
        while start < len(frame):
            kind, length = ITEM.unpack_from(frame, start)
            start += ITEM.size
            body = _part(frame, start, length)
            start += length
            if kind == ROW_ITEM:
                yield from self._row(body)
            elif kind == LAYOUT_ITEM:
                self._lay(body)
            elif kind == SERIES_ITEM:
                told = json.loads(bytes(body))
                self._series.extend((str(name), tuple(labels.items())) for name, labels in told)
            else:
                raise DamagedError(f"there is no item of the kind {kind}")

    def _lay(self, body: memoryview) -> None:
        number, is_slow = LAYOUT.unpack_from(body)
        start = LAYOUT.size + LENGTH.size
        name = _part(body, start, LENGTH.unpack_from(body, LAYOUT.size)[0])
        source = bytes(name).decode("utf-8", "surrogatepass")
        series = [self._series[one] for one in _numbers(body[start + len(name) :])]
        self._layouts[number] = _Layout(
            source, bool(is_slow), [name for name, _ in series], [labels for _, labels in series]
        )

    def _row(self, body: memoryview) -> Iterator[Row]:
        number, at = ROW.unpack_from(body)
        layout = self._layouts[number]
        end = ROW.size + _DOUBLE * len(layout.names)
        values = array("d")
        values.frombytes(body[ROW.size : end])
        times = array("q")
        times.frombytes(body[end:])
        if len(times) != len(layout.names) * layout.is_slow:
            raise DamagedError("a row is longer or shorter than its layout")
        if layout.is_slow:
            self._slow = list(map(Sample, layout.names, layout.labels, values, times))
            return
        slow, self._slow = self._slow, ()
        yield Row(layout.source, at, layout.names, layout.labels, values.tolist(), slow)


def _part(body: memoryview, start: int, length: int) -> memoryview:
    """Return so many bytes, all of them; a slice would be content with fewer."""
    if start + length > len(body):
        raise DamagedError(f"{length} bytes do not fit into what holds them")
    return body[start : start + length]


def _numbers(body: memoryview) -> "array[int]":
    numbers = array("I")
    numbers.frombytes(body)
    return numbers
