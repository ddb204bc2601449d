"""Queues that say how they are as JSON over HTTP: the embedded one, and any other with such a page."""

import http.client
import json
import math
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from medic.core.errors import MedicError
from medic.core.queue import Histogram, Json, QueueFigures, Window
from medic.core.samples import labels

LARGEST = 4 << 20
"""Bytes; a page of figures that is larger is none."""
MOST = 2**63
"""Beyond this, or NaN, a figure is a mistake."""
OK = 200

Record = Mapping[str, Json]


class StatsError(MedicError):
    """A queue's page of figures could not be had, or is not one."""


def read(url: str, queue: str, backend: str, *, timeout: float) -> QueueFigures:
    """Ask *url* for the figures of *queue*; blocks up to *timeout* seconds for each step. Raises StatsError."""
    try:
        return parse(fetch(url, timeout), queue, backend)
    except (OSError, http.client.HTTPException) as error:
        raise StatsError(f"{url} does not answer ({str(error) or repr(error)}): is the queue running?") from error
    except ValueError as error:
        raise StatsError(f"{url} is not an address ({error}): write http://HOST:PORT/api/stats") from error
    except StatsError as error:
        raise StatsError(f"{url}: {error}") from error


def fetch(url: str, timeout: float) -> bytes:
    """Return the body of a page, without proxies and redirects, which a queue beside us does not need."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        body = response.read(LARGEST + 1)
    finally:
        connection.close()
    if response.status != OK:
        raise StatsError(f"answered {response.status} {response.reason}: give the address of the page itself")
    if len(body) > LARGEST:
        raise StatsError(f"answered more than {LARGEST} bytes: give the address of the page of figures")
    return body


def parse(body: bytes, queue: str, backend: str) -> QueueFigures:
    """Read the figures; a field that is missing or null is unknown, one of the wrong kind raises StatsError.

    ``total`` stands for ``submitted`` where that is missing. ``success_rate`` is the server's own figure over an
    unknown time and is not used: rules take the ratio from the counters.
    """
    record = _record(_decode(body), "the answer")
    submitted = _count(record, "submitted")
    return QueueFigures(
        queue=queue,
        backend=backend,
        up=True,
        pending=_count(record, "pending"),
        running=_count(record, "running"),
        submitted=_count(record, "total") if submitted is None else submitted,
        completed=_count(record, "completed"),
        failed=_count(record, "failed"),
        oldest_pending_at=_count(record, "oldest_pending_at"),
        windows=tuple(_window(name, each) for name, each in _record(record.get("windows") or {}, "windows").items()),
        weighted_ratio=_figure(record, "weighted_ratio"),
        durations=tuple(_histogram(each, "durations") for each in _list(record, "durations")),
        waits=tuple(_histogram(each, "waits") for each in _list(record, "waits")),
        canary_success=_flag(record, "canary_success"),
        canary_duration=_figure(record, "canary_duration"),
    )


def _decode(body: bytes) -> Json:
    try:
        decoded: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise StatsError(f"the answer is not JSON: {error}") from error
    return decoded


def _window(name: str, value: Json) -> Window:
    record = _record(value, f"windows[{name!r}]")
    return Window(name, _count(record, "completed") or 0, _count(record, "failed") or 0)


def _histogram(value: Json, where: str) -> Histogram:
    record = _record(value, f"an entry of {where}")
    task = record.get("task")
    buckets = tuple(_bucket(each) for each in _list(record, "buckets"))
    if list(buckets) != sorted(buckets, key=lambda bucket: bucket[0]) or not buckets or not math.isinf(buckets[-1][0]):
        raise StatsError(f"the buckets of {where} must rise and end with '+Inf'")
    pairs = labels(task=task) if isinstance(task, str) else ()
    return Histogram(pairs, buckets, _figure(record, "sum") or 0.0, _count(record, "count") or 0)


def _bucket(value: Json) -> tuple[float, int]:
    match value:
        case ["+Inf", int(count)]:
            return math.inf, count
        case [int(bound) | float(bound), int(count)]:
            return float(bound), count
        case _:
            raise StatsError(f"{value!r} is not a bucket: it must be [bound, count], the last bound '+Inf'")


def _record(value: Json, where: str) -> Record:
    if not isinstance(value, dict):
        raise StatsError(f"{where} must be a JSON object, not {_shortly(value)}")
    return value


def _list(record: Record, name: str) -> list[Json]:
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise StatsError(f"{name} must be a JSON array, not {_shortly(value)}")
    return value


def _count(record: Record, name: str) -> int | None:
    value = _figure(record, name)
    if value is None:
        return None
    if value < 0 or value != int(value):
        raise StatsError(f"{name} must be a whole number that is not negative, not {_shortly(value)}")
    return int(value)


def _figure(record: Record, name: str) -> float | None:
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -MOST < value < MOST:
        raise StatsError(f"{name} must be a number, not {_shortly(value)}")
    return value


def _flag(record: Record, name: str) -> bool | None:
    value = record.get(name)
    if value is not None and not isinstance(value, bool):
        raise StatsError(f"{name} must be true or false, not {_shortly(value)}")
    return value


def _shortly(value: Json) -> str:
    return repr(value)[:60]


def reader(url: str, queue: str, backend: str, *, timeout: float) -> "partial[QueueFigures]":
    """Bind `read` to one queue, for `exporter.collectors.queues.collector`."""
    return partial(read, url, queue, backend, timeout=timeout)
