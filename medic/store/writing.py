"""How each change of healing is written: one small statement or two a change."""

from functools import singledispatch

from medic.core.alerts import Alert, AlertState
from medic.core.changes import (
    EXITS_KEPT,
    SPENT_KEPT,
    Acted,
    Approved,
    Change,
    Closed,
    Delivered,
    Ended,
    Exited,
    Joined,
    Key,
    Opened,
    Paused,
    Released,
    Reserved,
    Reset,
    Resumed,
    SeenResolved,
    Stopped,
    Taken,
    Tally,
    Told,
)
from medic.core.clock import EPOCH, to_ms
from medic.core.healing import Attempt
from medic.core.targets import Target, TargetKind, parse_target, worker_target
from medic.store.database import Connection, IntegrityError
from medic.store.records import dump, ms


class InTheWayError(Exception):
    """An open attempt stands in the way of a reservation."""


@singledispatch
def write(change: object, _connection: Connection) -> None:
    """Write one change; raises InTheWayError for a reservation that is refused, having written nothing of it."""
    raise TypeError(f"not a change: {change!r}")


def write_tally(connection: Connection, key: Key, tally: Tally | None) -> None:
    """Keep the count of failures of a remedy and a target, or drop it."""
    remedy, target = key[0], str(key[1])
    if tally is None:
        connection.execute("DELETE FROM tallies WHERE remedy = ? AND target = ?", (remedy, target))
        return
    row = (remedy, target, tally.failures, tally.probes, ms(tally.last_at), ms(tally.ended_at))
    connection.execute("REPLACE INTO tallies VALUES (?, ?, ?, ?, ?, ?)", row)


def moment_of(change: Change) -> int:
    """Return when a change happened, in milliseconds since the epoch."""
    match change:
        case Opened():
            return to_ms(change.episode.opened_at)
        case Reserved():
            return to_ms(change.attempt.reserved_at)
        case Exited():
            return to_ms(change.exit.at)
        case Paused():
            return to_ms(change.pause.since)
        case Told():
            return to_ms(change.notice.at)
        case _:
            return to_ms(change.at)


def _write_alert(connection: Connection, episode: int, alert: Alert) -> None:
    connection.execute(
        "INSERT INTO episode_alerts (episode, fingerprint, alert) VALUES (?, ?, ?)"
        " ON CONFLICT (episode, fingerprint) DO UPDATE SET alert = excluded.alert",
        (episode, alert.fingerprint, dump(alert)),
    )


@write.register
def _(change: Opened, connection: Connection) -> None:
    episode = change.episode
    row = (episode.id, episode.remedy, str(episode.target), ms(episode.opened_at), ms(episode.active_at))
    connection.execute("INSERT INTO episodes (id, remedy, target, opened_at, active_at) VALUES (?, ?, ?, ?, ?)", row)
    for alert in episode.alerts:
        _write_alert(connection, episode.id, alert)


@write.register
def _(change: Joined, connection: Connection) -> None:
    _write_alert(connection, change.episode, change.alert)
    if change.alert.state is not AlertState.INACTIVE:
        active = to_ms(change.alert.active_at)
        connection.execute("UPDATE episodes SET active_at = min(active_at, ?) WHERE id = ?", (active, change.episode))


@write.register
def _(change: Approved, connection: Connection) -> None:
    connection.execute("UPDATE episodes SET approved_by = ? WHERE id = ?", (change.by, change.episode))


@write.register
def _(change: Reserved, connection: Connection) -> None:
    attempt = change.attempt
    if _in_the_way(connection, attempt.target, dead=change.dead):
        raise InTheWayError(str(attempt.target))
    try:
        _insert_attempt(connection, attempt)
    except IntegrityError as error:
        raise InTheWayError(str(attempt.target)) from error


def _insert_attempt(connection: Connection, attempt: Attempt) -> None:
    row = (
        attempt.id,
        attempt.episode,
        attempt.remedy,
        str(attempt.target),
        attempt.target.pool,
        attempt.action,
        attempt.number,
        attempt.probe,
        attempt.reason,
        to_ms(attempt.reserved_at),
    )
    connection.execute(
        "INSERT INTO attempts (id, episode, remedy, target, pool, action, number, probe, reason, reserved_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def _in_the_way(connection: Connection, target: Target, *, dead: bool) -> bool:
    if not target.pool:
        return False  # covers nothing and is covered by nothing: the unique index is enough
    rows = connection.execute(
        "SELECT target, acted_at FROM attempts WHERE pool = ? AND outcome IS NULL", (target.pool,)
    ).fetchall()
    others = [parse_target(row["target"]) for row in rows if not (dead and row["acted_at"] is not None)]
    return any(other.covers(target) or target.covers(other) for other in others)


@write.register
def _(change: Acted, connection: Connection) -> None:
    row = (to_ms(change.at), change.succeeded, change.detail, change.attempt)
    connection.execute(
        "UPDATE attempts SET acted_at = ?, succeeded = ?, detail = ? WHERE id = ? AND outcome IS NULL", row
    )


@write.register
def _(change: Closed, connection: Connection) -> None:
    row = (change.outcome, to_ms(change.at), change.detail, change.detail, change.attempt)
    connection.execute(
        "UPDATE attempts SET outcome = ?, closed_at = ?,"
        " detail = CASE detail WHEN '' THEN ? ELSE detail || '; ' || ? END WHERE id = ? AND outcome IS NULL",
        row,
    )


@write.register
def _(change: Ended, connection: Connection) -> None:
    at = to_ms(change.at)
    connection.execute(
        "UPDATE episodes SET ended_at = ?, ending = ?, why = ? WHERE id = ? AND ended_at IS NULL",
        (at, change.ending, change.why, change.episode),
    )
    # What SQL keeps of spent alerts is what ``healer.history`` keeps: exits and orders are new each time.
    connection.execute(
        "REPLACE INTO spent SELECT fingerprint, ?, json_extract(alert, '$.source'),"
        " CASE json_extract(alert, '$.state') WHEN 'inactive'"
        " THEN coalesce(json_extract(alert, '$.resolved_at'), ?) END FROM episode_alerts"
        " WHERE episode = ? AND json_extract(alert, '$.source') NOT IN ('worker', 'operator')",
        (at, at, change.episode),
    )
    connection.execute("DELETE FROM spent WHERE resolved_at < ?", (at - to_ms(EPOCH + SPENT_KEPT),))


@write.register
def _(change: SeenResolved, connection: Connection) -> None:
    connection.execute("UPDATE spent SET resolved_at = ? WHERE fingerprint = ?", (to_ms(change.at), change.fingerprint))


@write.register
def _(change: Exited, connection: Connection) -> None:
    exit_, target = change.exit, str(worker_target(change.exit.pool, change.exit.slot))
    identity = exit_.process or (None, None, None)
    row = (target, *identity, exit_.reason, to_ms(exit_.at), ms(exit_.started_at), exit_.status)
    connection.execute(
        "INSERT INTO exits (target, boot, pid, start, reason, at, started_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    connection.execute(
        "DELETE FROM exits WHERE target = ? AND id NOT IN"
        " (SELECT id FROM exits WHERE target = ? ORDER BY id DESC LIMIT ?)",
        (target, target, EXITS_KEPT),
    )


@write.register
def _(change: Taken, connection: Connection) -> None:
    connection.executemany("DELETE FROM inbox WHERE id = ?", [(row,) for row in change.rows])


@write.register
def _(change: Paused, connection: Connection) -> None:
    pause = change.pause
    row = (_or_all(pause.target), ms(pause.until), pause.why, pause.by, to_ms(pause.since))
    connection.execute("REPLACE INTO pauses VALUES (?, ?, ?, ?, ?)", row)


@write.register
def _(change: Resumed, connection: Connection) -> None:
    connection.execute("DELETE FROM pauses WHERE target = ?", (_or_all(change.target),))


@write.register
def _(change: Stopped, connection: Connection) -> None:
    connection.execute("REPLACE INTO stops VALUES (?, ?, ?)", (str(change.target), change.by, to_ms(change.at)))


@write.register
def _(change: Released, connection: Connection) -> None:
    _delete_covered(connection, "stops", change.target)


@write.register
def _(change: Reset, connection: Connection) -> None:
    for table in ("tallies", "exits"):
        _delete_covered(connection, table, change.target)


@write.register
def _(change: Told, connection: Connection) -> None:
    notice = change.notice
    row = (notice.id, to_ms(notice.at), notice.key, notice.title, notice.body)
    connection.execute("INSERT OR IGNORE INTO notices (id, at, key, title, body) VALUES (?, ?, ?, ?, ?)", row)


@write.register
def _(change: Delivered, connection: Connection) -> None:
    delivered = None if change.error else to_ms(change.at)
    row = (delivered, change.error, change.notice)
    connection.execute("UPDATE notices SET delivered_at = ?, tries = tries + 1, error = ? WHERE id = ?", row)


def _delete_covered(connection: Connection, table: str, target: Target) -> None:
    connection.execute(f"DELETE FROM {table} WHERE target = ?", (str(target),))
    if target.kind is TargetKind.POOL:
        prefix = f"{TargetKind.WORKER}:{target.name}/"
        # A pool's own name may hold a slash, so what is covered ends in digits alone.
        connection.execute(
            f"DELETE FROM {table} WHERE substr(target, 1, ?) = ? AND substr(target, ?) NOT GLOB '*[^0-9]*'",
            (len(prefix), prefix, len(prefix) + 1),
        )


def _or_all(target: Target | None) -> str:
    return "" if target is None else str(target)
