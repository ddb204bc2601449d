"""The journal of healing in ``journal.db``: what was wrong, what was done, what is forbidden, who must hear of it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from medic.core.alerts import Alert, Source
from medic.core.changes import (
    Acted,
    Change,
    Closed,
    Ended,
    History,
    Joined,
    Key,
    Opened,
    Reserved,
    Spent,
    Taken,
    Tally,
    Waiting,
)
from medic.core.clock import from_ms, to_ms
from medic.core.errors import InboxFullError
from medic.core.healing import Attempt, Episode, Notice
from medic.core.targets import Target, parse_target
from medic.core.workers import Exit
from medic.store.database import Connection, Database, Row
from medic.store.records import (
    dump,
    moment,
    read_alert,
    read_attempt,
    read_episode,
    read_exit,
    read_notice,
    read_pause,
)
from medic.store.writing import InTheWayError, moment_of, write, write_tally

_WEIGHT: tuple[type, ...] = (Reserved, Acted, Closed, Ended, Opened, Joined, Taken)
"""The write is named after the weightiest change in it, which names its failpoints."""
T = TypeVar("T")


class Journal:
    """Writes changes in one transaction each time, with a line of the audit for each of them."""

    def __init__(self, database: Database) -> None:
        """Use *database*, which carries the schema ``journal``."""
        self._database = database

    async def load(self) -> History:
        """Return all that healing must remember."""
        return await self._database.read(_load)

    async def apply(self, changes: Sequence[Change], tallies: Mapping[Key, Tally | None]) -> frozenset[int]:
        """Write *changes* together and return the attempts that were refused, since one stands in their way.

        Raises StoreError, with nothing written, when the disk is full or gone.
        """
        return await self._database.write(_name(changes), lambda connection: _apply(connection, changes, tallies))

    async def receive(self, alerts: Sequence[Alert], now: datetime, limit: int) -> list[Waiting]:
        """Put *alerts* into the inbox, all or none, and return them with their rows; raises InboxFullError."""
        return await self._database.write("receive", lambda connection: _receive(connection, alerts, now, limit))

    async def waiting(self) -> list[Waiting]:
        """Return the inbox, oldest first."""
        return await self._database.read(_waiting)

    async def attempts(self, limit: int) -> list[Attempt]:
        """Return the newest attempts, newest first."""
        return await self._rows("SELECT * FROM attempts ORDER BY id DESC LIMIT ?", limit, read_attempt)

    async def notices(self, limit: int) -> list[Notice]:
        """Return the newest notices, delivered or not, newest first."""
        return await self._rows("SELECT * FROM notices ORDER BY id DESC LIMIT ?", limit, read_notice)

    async def episodes(self, limit: int) -> list[Episode]:
        """Return the newest episodes, open or ended, newest first."""
        return await self._database.read(
            lambda connection: _episodes(connection, "SELECT * FROM episodes ORDER BY id DESC LIMIT ?", limit)
        )

    async def _rows(self, query: str, limit: int, read: Callable[[Row], T]) -> list[T]:
        return await self._database.read(
            lambda connection: [read(row) for row in connection.execute(query, (limit,)).fetchall()]
        )


def _name(changes: Sequence[Change]) -> str:
    kinds = {type(change) for change in changes}
    return next((kind.__name__.lower() for kind in _WEIGHT if kind in kinds), "note")


def _apply(connection: Connection, changes: Sequence[Change], tallies: Mapping[Key, Tally | None]) -> frozenset[int]:
    refused: set[int] = set()
    for change in changes:
        try:
            write(change, connection)
        except InTheWayError:
            assert isinstance(change, Reserved)  # noqa: S101 - nothing else is refused
            refused.add(change.attempt.id)
        else:
            audit(connection, moment_of(change), type(change).__name__.lower(), dump(change))
    for key, tally in tallies.items():
        write_tally(connection, key, tally)
    return frozenset(refused)


def audit(connection: Connection, at: int, kind: str, body: str) -> None:
    """Append a line to the sequence that ``audit.jsonl`` is derived from, in the transaction of what it tells."""
    connection.execute("INSERT INTO audit (at, kind, body) VALUES (?, ?, ?)", (at, kind, body))


def _receive(connection: Connection, alerts: Sequence[Alert], now: datetime, limit: int) -> list[Waiting]:
    held = connection.execute("SELECT count(*), coalesce(max(id), 0) FROM inbox").fetchone()
    if held[0] + len(alerts) > limit:
        raise InboxFullError(f"the inbox holds {held[0]} alerts and may hold {limit}; send them again in some seconds")
    rows = [Waiting(held[1] + place, alert) for place, alert in enumerate(alerts, 1)]
    at = to_ms(now)
    connection.executemany("INSERT INTO inbox VALUES (?, ?, ?)", [(row.row, at, dump(row.alert)) for row in rows])
    audit(connection, at, "received", dump({"alerts": len(alerts)}))
    return rows


def _waiting(connection: Connection) -> list[Waiting]:
    rows = connection.execute("SELECT id, alert FROM inbox ORDER BY id").fetchall()
    return [Waiting(row["id"], read_alert(row["alert"])) for row in rows]


def _load(connection: Connection) -> History:
    episodes = _episodes(connection, "SELECT * FROM episodes WHERE ended_at IS NULL ORDER BY id")
    open_ = connection.execute("SELECT * FROM attempts WHERE outcome IS NULL ORDER BY id").fetchall()
    notices = connection.execute("SELECT * FROM notices WHERE delivered_at IS NULL ORDER BY id").fetchall()
    return History(
        episodes={episode.id: episode for episode in episodes},
        attempts={row["id"]: read_attempt(row) for row in open_},
        tallies=_tallies(connection),
        healed_at=_healed(connection),
        spent=_spent(connection),
        exits=_exits(connection),
        pauses=tuple(read_pause(row) for row in connection.execute("SELECT * FROM pauses ORDER BY since, target")),
        stopped=frozenset(parse_target(row["target"]) for row in connection.execute("SELECT target FROM stops")),
        notices={row["id"]: read_notice(row) for row in notices},
        told=frozenset(row["key"] for row in connection.execute("SELECT key FROM notices")),
        next_episode=_next(connection, "episodes"),
        next_attempt=_next(connection, "attempts"),
        next_notice=_next(connection, "notices"),
    )


def _episodes(connection: Connection, query: str, *arguments: int) -> list[Episode]:
    rows = connection.execute(query, arguments).fetchall()
    alerts: defaultdict[int, list[Alert]] = defaultdict(list)
    for row in rows:
        found = connection.execute("SELECT alert FROM episode_alerts WHERE episode = ? ORDER BY id", (row["id"],))
        alerts[row["id"]] = [read_alert(each["alert"]) for each in found]
    return [read_episode(row, tuple(alerts[row["id"]])) for row in rows]


def _tallies(connection: Connection) -> dict[Key, Tally]:
    return {
        (row["remedy"], parse_target(row["target"])): Tally(
            row["failures"], row["probes"], moment(row["last_at"]), moment(row["ended_at"])
        )
        for row in connection.execute("SELECT * FROM tallies")
    }


def _healed(connection: Connection) -> dict[Target, datetime]:
    rows = connection.execute("SELECT target, max(closed_at) AS at FROM attempts WHERE outcome = 'healed' GROUP BY 1")
    return {parse_target(row["target"]): from_ms(row["at"]) for row in rows}


def _spent(connection: Connection) -> dict[str, Spent]:
    rows = connection.execute("SELECT * FROM spent")
    return {
        row["fingerprint"]: Spent(from_ms(row["ended_at"]), Source(row["source"]), moment(row["resolved_at"]))
        for row in rows
    }


def _exits(connection: Connection) -> dict[Target, tuple[Exit, ...]]:
    found: defaultdict[Target, tuple[Exit, ...]] = defaultdict(tuple)
    for row in connection.execute("SELECT * FROM exits ORDER BY id"):
        found[parse_target(row["target"])] += (read_exit(row),)
    return dict(found)


def _next(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])
