"""``audit.jsonl``: every change of healing as a line, each chained to the one before by its hash.

A line is ``{"seq", "at", "kind", "body", "prev", "hash"}``; ``hash`` is SHA-256 over the line's JSON without it.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from medic.core.errors import StoreError
from medic.core.queue import Json
from medic.store.database import Connection, Database, Row

GENESIS = "0" * 64
"""What the first line names as the hash before it."""
BATCH = 5000
_TAIL = 1 << 24
"""More than any line takes: a change holds a hundred alerts at most, one line one change."""


class Mark(NamedTuple):
    """How far the file goes."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the chain found."""

    lines: int
    problem: str
    """Empty when the chain is whole, else the first line that breaks it, and how."""


class Audit:
    """Appends to the file what the journal's sequence has beyond it."""

    def __init__(self, database: Database, path: Path) -> None:
        """Derive *path* from the table ``audit`` of *database*."""
        self._database = database
        self._path = path
        self._mark: Mark | None = None

    async def catch_up(self) -> int:
        """Append all missing lines, also those that a crash kept back, and return how many they were.

        The file is written in the reader's thread, so that the event loop never waits for the disk.
        """
        total = 0
        while (written := await self._database.read(self._append)) > 0:
            total += written
        return total

    def _append(self, connection: Connection) -> int:
        mark = self._mark or self._begin(connection)
        rows = connection.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (mark.seq, BATCH))
        lines, after = chain(rows, mark)
        if lines:
            self._mark = None  # should the disk fail halfway, what was written is found out anew
            _append_text(self._path, "".join(lines))
        self._mark = after
        return len(lines)

    def _begin(self, connection: Connection) -> Mark:
        mark = mend(self._path)
        newest = connection.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
        if newest >= mark.seq:
            return mark
        # The journal was begun anew, or is an older one: this file tells of another and stays as it is.
        self._path.rename(self._path.with_suffix(f".{mark.seq}.jsonl"))
        return Mark(0, GENESIS)


def chain(rows: Iterable[Row], mark: Mark) -> tuple[list[str], Mark]:
    """Turn rows of the sequence into lines that continue the chain at *mark*."""
    lines: list[str] = []
    for row in rows:
        line: dict[str, Json] = {
            "seq": row["seq"],
            "at": row["at"],
            "kind": row["kind"],
            "body": json.loads(row["body"]),
            "prev": mark.hash,
        }
        mark = Mark(row["seq"], _digest(line))
        lines.append(_encode({**line, "hash": mark.hash}) + "\n")
    return lines, mark


def mend(path: Path) -> Mark:
    """Cut off a last line that a crash left half written, and return where the file stands.

    Raises StoreError when it cannot be read or its last whole line is not one of ours: it is then left as it is.
    """
    try:
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - _TAIL)
            file.seek(start)
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            if start + whole < size:
                file.truncate(start + whole)
    except FileNotFoundError:
        return Mark(0, GENESIS)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}; make it readable for this user") from error
    lines = tail[:whole].splitlines()
    return _mark_of(path, lines[-1]) if lines else Mark(0, GENESIS)


def verify(path: Path) -> Verified:
    """Check every line against its own hash and the one before; a missing file is an empty chain."""
    mark, lines = Mark(0, GENESIS), 0
    try:
        with path.open("rb") as file:
            for text in file:
                problem, mark = _check(text, mark)
                if problem:
                    return Verified(lines, f"line {lines + 1}: {problem}")
                lines += 1
    except FileNotFoundError:
        return Verified(0, "")
    return Verified(lines, "")


def _check(text: bytes, mark: Mark) -> tuple[str, Mark]:
    try:
        line = json.loads(text)
        found = line.pop("hash")
        seq, previous = int(line["seq"]), line["prev"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "not a line of the audit", mark
    if previous != mark.hash:
        return "does not continue the line before: lines were taken out, put in or changed", mark
    if found != _digest(line):
        return "was changed: its hash does not fit", mark
    return ("" if seq > mark.seq else "its number does not rise"), Mark(seq, found)


def _mark_of(path: Path, text: bytes) -> Mark:
    try:
        line = json.loads(text)
        return Mark(int(line["seq"]), str(line["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} does not end in a line of the audit; move it away, and it is written anew") from error


def _digest(line: dict[str, Json]) -> str:
    return hashlib.sha256(_encode(line).encode()).hexdigest()


def _encode(line: dict[str, Json]) -> str:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _append_text(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; free disk space") from error
