"""Queues that say how they are as JSON over HTTP: the embedded one, and any other with such a page."""

import json
import math
import re
from collections.abc import Mapping

from exporter.backends import paths
from exporter.backends.source import BackendError, Gates, Pairs, Reader, Source
from exporter.backends.web import fetch, named
from medic.core.queue import Histogram, Json, Latest, QueueFigures, Seen, Window
from medic.core.samples import labels

MOST = 2**63
"""Beyond this, or NaN, a figure is a mistake."""

KNOWN = paths.FIGURES | {"windows", "weighted_ratio", "durations", "waits", "canary_success", "canary_duration", "seen"}

Record = Mapping[str, Json]

_NUMBER = re.compile(r"[0-9]{1,19}(\.[0-9]{1,9})?", re.ASCII)
"""Some pages write their numbers as text; these are taken, and nothing that would have to be guessed."""


class StatsError(BackendError):
    """A queue's page of figures is not one."""


class PageReader:
    """Reads one page of figures."""

    def __init__(self, source: Source) -> None:
        """Ask nothing yet."""
        self._source = source

    def read(self) -> QueueFigures:
        """Ask for the page; raises BackendError that begins with its address."""
        source = self._source
        bearer = {"Authorization": f"Bearer {source.token}"} if source.token else {}
        headers = {"Accept": "application/json", **bearer, **dict(source.headers)}
        try:
            body = fetch(source.url, headers=headers, timeout=source.timeout, ca_file=source.ca_file)
            return parse(body, source.name, source.backend, source.fields)
        except BackendError as error:
            raise named(source.url, error) from error

    def close(self) -> None:
        """Nothing is held between readings."""


def parse(body: bytes, queue: str, backend: str, fields: Pairs = ()) -> QueueFigures:
    """Read the figures; a field that is missing or null is unknown, one of the wrong kind raises StatsError.

    So does a page without any: whoever points at it would take its silence for an idle queue.

    *fields* says where a page with words of its own has which figure; then only those are read, and one that is not
    there is a mistake: whoever wrote the path believes in it.
    ``total`` stands for ``submitted`` where that is missing. ``success_rate`` is the server's own figure over an
    unknown time and is not used: rules take the ratio from the counters.
    """
    page = _decode(body)
    record = _record(dict(paths.pick(page, fields)) if fields else page, "the answer")
    if KNOWN.isdisjoint(record):
        raise StatsError(_foreign(record))
    submitted = _count(record, "submitted")
    return QueueFigures(
        queue=queue,
        backend=backend,
        up=True,
        pending=_count(record, "pending"),
        running=_count(record, "running"),
        delayed=_count(record, "delayed"),
        dead=_count(record, "dead"),
        workers=_count(record, "workers"),
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
        seen=tuple(_seen(each) for each in _list(record, "seen")),
    )


def _foreign(record: Record) -> str:
    """Say of a page without a single figure what it has, so that its paths can be written."""
    shown = ", ".join(map(_shortly, sorted(record)[: paths.SHOWN])) or "nothing"
    return (
        f"the answer holds {shown}, and none of {', '.join(sorted(paths.FIGURES))}: "
        "say under fields: where it has which, such as fields: {pending: data.waiting}"
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
    latest = tuple(_latest(each, where) for each in _list(record, "latest"))
    return Histogram(pairs, buckets, _figure(record, "sum") or 0.0, _count(record, "count") or 0, latest)


def _latest(value: Json, where: str) -> Latest:
    match value:
        case {"le": str() | int() | float() as bound, "id": str(task), "seconds": int() | float() as seconds,
              "at": int(at)} if bound == "+Inf" or not isinstance(bound, str):  # fmt: skip
            return Latest(float(bound), task, float(seconds), at)
        case _:
            raise StatsError(f"an entry of latest in {where} must be an object with le, id, seconds and at")


def _seen(value: Json) -> Seen:
    match value:
        case {"worker": str(worker), "at": int(at), "late": bool(late)}:
            return Seen(worker, at, late)
        case _:
            raise StatsError(f"{_shortly(value)} is not when a worker was seen: it must have worker, at and late")


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
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
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


def build(source: Source, _gates: Gates) -> Reader:
    """Make the reader of a page of figures."""
    return PageReader(source)
