"""Where a page with words of its own has a figure: dotted paths, ``data.queues.0.waiting``. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from exporter.backends.source import BackendError, Pairs
from medic.core.clock import to_ms
from medic.core.queue import Json

FIGURES = frozenset(
    {
        "pending",
        "running",
        "delayed",
        "dead",
        "workers",
        "total",
        "submitted",
        "completed",
        "failed",
        "oldest_pending_at",
    }
)
"""What a path may be given for."""
SECONDS = 1e11
"""A time below is in seconds (until the year 5138), one above in milliseconds (since 1973)."""
SHOWN = 8

_STEP = r'(?:"[^"]+"|[^."]+)'
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*")


def steps(path: str) -> tuple[str, ...]:
    """Split ``data."a.b".0`` into its steps; raises ValueError for what is no path."""
    if not _PATH.fullmatch(path):
        raise ValueError("is not a path")
    return tuple(step.strip('"') for step in re.findall(_STEP, path))


def pick(page: Json, fields: Pairs) -> Mapping[str, Json]:
    """Return the figures that *fields* names, by their names; raises BackendError for a path that leads nowhere."""
    found = {figure: follow(page, path) for figure, path in fields}
    if found.get("oldest_pending_at") is not None:
        found["oldest_pending_at"] = read_time(found["oldest_pending_at"])
    return found


def follow(page: Json, path: str) -> Json:
    """Return what stands at *path*; a number is a place in a list, counted from 0 or, when negative, from its end."""
    value, walked = page, "the page"
    for step in steps(path):
        value, walked = _step(value, step, walked, path), step
    return value


def _step(value: Json, step: str, walked: str, path: str) -> Json:
    match value:
        case dict() if step in value:
            return value[step]
        case list() if re.fullmatch(r"-?[0-9]{1,6}", step) and -len(value) <= int(step) < len(value):
            return value[int(step)]
        case dict():
            there = f"the keys {', '.join(map(repr, list(value)[:SHOWN]))}" if value else "nothing"
        case list():
            there = f"a list of {len(value)}"
        case _:
            there = "a single value"
    raise BackendError(f"the path {path} leads nowhere: {walked} holds {there}, and no {step}"[:300])


def read_time(value: Json) -> Json:
    """Return a time in milliseconds: from ISO 8601 text, from seconds or from milliseconds since the epoch."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < SECONDS:
        return int(value * 1000)
    return value
