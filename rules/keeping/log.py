"""The files of rows in their folder: appended to at each tick, sealed when full, thinned and deleted when old."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from rules.blocks import ROWS
from rules.keeping.encoding import MAGIC, Encoder
from rules.keeping.thinning import thin
from rules.rows import TICK, Needs, Row
from rules.series import SET_BACK_MS

FULL, THIN = ".rows", ".thin"
"""Endings of names; a thin file has only what rules look back on beyond the history."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that nothing is appended to any more."""

    path: Path
    last_at: int
    """When its newest tick was, in milliseconds."""


class Log:
    """The files of one folder; for one thread at a time, and what touches the disk may raise OSError.

    What could not be written is not in the files in part either, so that the same can be tried again.
    """

    def __init__(self, folder: Path, *, ticks: int = ROWS) -> None:
        """Keep files of *ticks* ticks each in *folder*, which need not be there yet."""
        self.folder = folder
        self._ticks = ticks
        self._sealed: list[Sealed] = []
        self._open: _Open | None = None
        self._last_at: int | None = None
        """When the newest tick was that was written here."""
        self.is_untidy = False
        """Whether a file was sealed since somebody looked at what is still needed."""

    def files(self) -> list[Path]:
        """Return the files that are there, in the order in which they were written."""
        found = [path for path in self.folder.glob("*.*") if path.suffix in {FULL, THIN} and path.stem.isdecimal()]
        return sorted(found, key=lambda path: (int(path.stem), path.suffix))

    def know(self, path: Path, last_at: int) -> None:
        """Take a file of before the start, to be thinned and deleted in its time; 0 is the time of a useless one."""
        self._sealed.append(Sealed(path, last_at))

    def write(self, ticks: Sequence[Sequence[Row]]) -> None:
        """Append what was written in some ticks; a full file is sealed before."""
        times = [row.at for rows in ticks for row in rows if row.source == TICK]
        if times:
            self._mind_the_clock(times[0])
        if self._open is not None and (self._open.ticks >= self._ticks or self._open.is_torn):
            self.seal()
        if self._open is None:
            self._open = _Open(self._next())
        self._open.write(ticks)
        self._open.last_at = self._last_at = max(times, default=self._open.last_at)

    def mend(self, path: Path, data: bytes) -> None:
        """Leave of a file that holds *data* what is sound, so that nobody stumbles on the rest again."""
        _replace(path, thin(data, lambda _name: True))

    def seal(self) -> None:
        """Close the file that is written to, once it is safely on the disk."""
        file, self._open = self._open, None
        if file is not None:
            self._sealed.append(Sealed(file.path, file.last_at))
            self.is_untidy = True
            file.close()

    def tidy(self, needs: Needs) -> None:
        """Delete what nobody needs any more, and thin what has left the history; that is looked at once a file."""
        if not self.is_untidy:
            return
        self.is_untidy = False
        now = max((one.last_at for one in self._sealed), default=0)
        for one in list(self._sealed):
            if one.last_at < needs.oldest(now):
                self._delete(one)
            elif one.last_at < needs.horizon and one.path.suffix == FULL:
                self._sealed[self._sealed.index(one)] = Sealed(_thinned(one, needs, now), one.last_at)

    def _next(self) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        last = max((int(path.stem) for path in self.files()), default=0)
        return self.folder / f"{last + 1:010}{FULL}"

    def _mind_the_clock(self, at: int) -> None:
        """Begin anew when the clock was set back, as the series do: the times of what is there were wrong.

        Of what was there at the start only what is of the future goes, since that was not taken into the series.
        """
        set_back = self._last_at is not None and at < self._last_at - SET_BACK_MS
        if set_back:
            self.seal()
        for one in list(self._sealed):
            if set_back or one.last_at > at + SET_BACK_MS:
                self._delete(one)

    def _delete(self, one: Sealed) -> None:
        one.path.unlink(missing_ok=True)
        self._sealed.remove(one)


class _Open:
    """The file that is appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ticks = 0
        self.last_at = 0
        self.is_torn = False
        """Whether a part of something was written that could not be taken back, so that it ends there for a reader."""
        self._file = FileIO(path, "x")
        self._encoder = Encoder()
        self._size = 0
        try:
            self._append(MAGIC)
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, ticks: Sequence[Sequence[Row]]) -> None:
        """Append some ticks in one write; after an error none of them is in the file."""
        try:
            self._append(b"".join(self._encoder.frame(rows) for rows in ticks if rows))
        except OSError:
            self._encoder = Encoder()  # what it told the file of series is not there
            raise
        self.ticks += len(ticks)

    def close(self) -> None:
        with contextlib.closing(self._file):
            os.fsync(self._file.fileno())

    def _append(self, data: bytes) -> None:
        """Write all of *data*: a disk that is nearly full may take a part, and says so only when asked for the rest."""
        rest = memoryview(data)
        self.is_torn = True
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._size)
            self._file.seek(self._size)
            self.is_torn = False
            raise
        self.is_torn = False
        self._size += len(data)


def _thinned(one: Sealed, needs: Needs, now: int) -> Path:
    """Replace a file by a thinner one, which is complete under its name before the other goes."""
    path = one.path.with_suffix(THIN)
    _replace(path, thin(one.path.read_bytes(), lambda name: needs.wants(name, one.last_at, now)))
    one.path.unlink(missing_ok=True)
    return path


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
