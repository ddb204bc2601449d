"""The history of series: rollups of what reports and baselines need; in history.db."""

import json
from collections.abc import Sequence
from datetime import datetime

from medic.core.clock import to_ms
from medic.core.rollups import Rollup
from medic.core.samples import Labels
from medic.store.database import Connection, Database, Row

_MERGE = """
INSERT INTO rollups (series, at_ms, min, mean, max, last, count) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series, at_ms) DO UPDATE SET
    min = min(min, excluded.min), max = max(max, excluded.max), last = excluded.last,
    mean = (mean * count + excluded.mean * excluded.count) / (count + excluded.count),
    count = count + excluded.count
"""
_RANGE = """
SELECT name, labels, at_ms, min, mean, max, last, count FROM series JOIN rollups ON series.id = rollups.series
WHERE name = ? AND at_ms >= ? AND at_ms < ? ORDER BY labels, at_ms
"""


class HistoryStore:
    """The history in an open database; its writes are durable within seconds, not at once (``sync=NORMAL``)."""

    def __init__(self, database: Database) -> None:
        """Use *database*, which was opened with the schema ``history``."""
        self._database = database

    async def append(self, rollups: Sequence[Rollup]) -> None:
        """Add rollups; one for a window that is known already is merged into it, as the later part of that window."""
        await self._database.write("append", lambda connection: _append(connection, rollups))

    async def range(self, name: str, start: datetime, end: datetime) -> tuple[Rollup, ...]:
        """Return the rollups of all series of a name that begin from *start* until before *end*, series by series.

        Within a series they are in the order of time; a window without samples is missing, not zero.
        """
        bounds = (name, to_ms(start), to_ms(end))
        return await self._database.read(
            lambda connection: tuple(_rollup(row) for row in connection.execute(_RANGE, bounds))
        )

    async def prune(self, before: datetime) -> int:
        """Forget windows that began before *before*, and series that have none left; return how many windows."""
        return await self._database.write("prune", lambda connection: _prune(connection, to_ms(before)))


def _append(connection: Connection, rollups: Sequence[Rollup]) -> None:
    for rollup in rollups:
        series = _series(connection, rollup.name, rollup.labels)
        figures = (rollup.min, rollup.mean, rollup.max, rollup.last, rollup.count)
        connection.execute(_MERGE, (series, rollup.at, *figures))


def _series(connection: Connection, name: str, labels: Labels) -> int:
    """Return the row number of a series, which is new at its first rollup."""
    text = json.dumps(labels, ensure_ascii=False, separators=(",", ":"))
    found = connection.execute("SELECT id FROM series WHERE name = ? AND labels = ?", (name, text)).fetchone()
    if found is not None:
        return int(found["id"])
    added = connection.execute("INSERT INTO series (name, labels) VALUES (?, ?)", (name, text))
    return added.lastrowid or 0


def _prune(connection: Connection, before: int) -> int:
    count = connection.execute("DELETE FROM rollups WHERE at_ms < ?", (before,)).rowcount
    connection.execute("DELETE FROM series WHERE id NOT IN (SELECT series FROM rollups)")
    return count


def _rollup(row: Row) -> Rollup:
    labels = tuple((str(name), str(value)) for name, value in json.loads(row["labels"]))
    return Rollup(row["name"], labels, *row[2:])
