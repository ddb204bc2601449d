"""How healing's nouns lie in rows and in JSON, and how they are read back."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

from medic.core.alerts import Alert, AlertState, Source
from medic.core.clock import from_ms, to_ms
from medic.core.healing import Attempt, Ending, Episode, Notice, Outcome, Pause
from medic.core.queue import Json
from medic.core.samples import Labels
from medic.core.targets import Target, parse_target
from medic.core.workers import Exit, ExitReason, ProcessId
from medic.store.database import Row


def plain(value: object) -> Json:
    """Turn a noun into what JSON can say: times as milliseconds, targets as people write them."""
    if isinstance(value, Target):
        return str(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such numbers: SQLite would refuse the whole row
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _plain_many(value)


def _plain_many(value: object) -> Json:
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return [*sorted(str(each) for each in value)]
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def dump(value: object) -> str:
    """Write a noun as one line of JSON."""
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)


def ms(moment: datetime | None) -> int | None:
    """Convert a time that may be missing to milliseconds."""
    return None if moment is None else to_ms(moment)


def moment(milliseconds: int | None) -> datetime | None:
    """Convert milliseconds that may be missing to a time."""
    return None if milliseconds is None else from_ms(milliseconds)


def read_alert(text: str) -> Alert:
    """Read what ``dump`` wrote of an alert."""
    found = json.loads(text)
    return Alert(
        labels=_pairs(found["labels"]),
        annotations=_pairs(found["annotations"]),
        state=AlertState(found["state"]),
        active_at=from_ms(found["active_at"]),
        source=Source(found["source"]),
        value=None if found["value"] is None else float(found["value"]),
        resolved_at=moment(found["resolved_at"]),
        why_resolved=found["why_resolved"],
        collectors=frozenset(found["collectors"]),
        frozen=found["frozen"],
    )


def read_episode(row: Row, alerts: tuple[Alert, ...]) -> Episode:
    """Read a row of ``episodes``."""
    return Episode(
        id=row["id"],
        remedy=row["remedy"],
        target=parse_target(row["target"]),
        alerts=alerts,
        opened_at=from_ms(row["opened_at"]),
        active_at=from_ms(row["active_at"]),
        approved_by=row["approved_by"],
        ended_at=moment(row["ended_at"]),
        ending=Ending(row["ending"]) if row["ending"] else None,
    )


def read_attempt(row: Row) -> Attempt:
    """Read a row of ``attempts``."""
    return Attempt(
        id=row["id"],
        episode=row["episode"],
        remedy=row["remedy"],
        target=parse_target(row["target"]),
        action=row["action"],
        number=row["number"],
        probe=bool(row["probe"]),
        reason=row["reason"],
        reserved_at=from_ms(row["reserved_at"]),
        acted_at=moment(row["acted_at"]),
        succeeded=None if row["succeeded"] is None else bool(row["succeeded"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        closed_at=moment(row["closed_at"]),
        detail=row["detail"],
    )


def read_exit(row: Row) -> Exit:
    """Read a row of ``exits``."""
    target = parse_target(row["target"])
    process = None if row["pid"] is None else ProcessId(row["boot"], row["pid"], row["start"])
    started = moment(row["started_at"])
    return Exit(
        target.pool, target.slot, process, ExitReason(row["reason"]), from_ms(row["at"]), started, row["status"]
    )


def read_pause(row: Row) -> Pause:
    """Read a row of ``pauses``; an empty target means all."""
    target = parse_target(row["target"]) if row["target"] else None
    return Pause(target, moment(row["until"]), row["why"], row["author"], from_ms(row["since"]))


def read_notice(row: Row) -> Notice:
    """Read a row of ``notices``."""
    return Notice(
        id=row["id"],
        at=from_ms(row["at"]),
        title=row["title"],
        body=row["body"],
        key=row["key"],
        delivered_at=moment(row["delivered_at"]),
        tries=row["tries"],
        error=row["error"],
    )


def _pairs(found: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in found)
