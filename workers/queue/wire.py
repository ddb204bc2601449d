"""The queue server's JSON: request bodies read strictly, and what is answered.

Everything here is plain data in and out, so that the client and workers can use it without a server.
"""

import difflib
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from medic.core.errors import MedicError
from medic.core.queue import Histogram, Json, QueueFigures, Task, TaskState
from workers.queue.figures import ratio

LONGEST_WAIT = 30.0
MOST_AT_ONCE = 10_000
MOST_TYPES = 100
DEEPEST = 100
"""Lists and objects within each other: what is read is written again, here and by workers, and that recurses."""
_NAME = re.compile(r"[A-Za-z0-9_.:/@-]{1,120}")
_TOO_DEEP = f"the body is nested too deeply, {DEEPEST} levels are allowed; write flatter JSON"

Fields = dict[str, Json]


class InvalidRequestError(MedicError):
    """A request that cannot be understood; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A task to be queued."""

    type: str
    payload: Json = None
    canary: bool = False
    id: str = ""
    """Chosen by the submitter, so that the same submission can safely be repeated; empty lets the server choose."""


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """A worker asks for a task."""

    worker: str
    types: tuple[str, ...] = ()
    """Only of these; empty takes any."""
    wait: float = 0.0
    """Seconds to wait for one."""
    restarted: bool = False
    """The worker's process is new: what its name still holds was held by one that died."""


def read_json(body: bytes) -> Json:
    """Parse *body* as strict JSON (no NaN, no Infinity, no number beyond a double); raises InvalidRequestError."""
    try:
        value: Json = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise InvalidRequestError(_TOO_DEEP) from error
    except ValueError as error:
        raise InvalidRequestError(f'the body is not JSON ({error}); write for example {{"type": "order"}}') from error
    if body.count(b"[") + body.count(b"{") > DEEPEST and not _is_flat(value):
        raise InvalidRequestError(_TOO_DEEP)
    return value


def read_submissions(value: Json) -> tuple[Submission, ...]:
    """Read one submission, or a list of them; raises InvalidRequestError that says which one is wrong."""
    if not isinstance(value, list):
        return (_submission(value, "the body"),)
    if not 0 < len(value) <= MOST_AT_ONCE:
        raise InvalidRequestError(f"a list of tasks holds 1 to {MOST_AT_ONCE} of them, this one {len(value)}")
    return tuple(_submission(item, f"task {number} of the list") for number, item in enumerate(value, 1))


def read_lease(value: Json) -> LeaseRequest:
    """Read a worker's request for a task."""
    fields = _fields(value, "the body", ("worker", "types", "wait", "restarted"))
    types = fields.get("types") or []
    if not isinstance(types, list) or len(types) > MOST_TYPES:
        raise InvalidRequestError(
            f'"types" is a list of up to {MOST_TYPES} task types: write ["order", "invoice"], or leave it out'
        )
    return LeaseRequest(
        worker=_name(fields, "worker", "the body"),
        types=tuple(_name({"types": name}, "types", "the body") for name in types),
        wait=_seconds(fields),
        restarted=_flag(fields, "restarted", "the body"),
    )


def read_worker(value: Json) -> str:
    """Read who extends or gives back a lease."""
    return _name(_fields(value, "the body", ("worker",)), "worker", "the body")


def read_done(value: Json) -> tuple[str, Json]:
    """Read who completed a task, and its result."""
    fields = _fields(value, "the body", ("worker", "result"))
    return _name(fields, "worker", "the body"), fields.get("result")


def read_failure(value: Json) -> tuple[str, str]:
    """Read who failed a task, and the error; a text that is no valid Unicode is mended."""
    fields = _fields(value, "the body", ("worker", "error"))
    error = fields.get("error")
    if not isinstance(error, str):
        raise InvalidRequestError(
            '"error" says in a string why the task failed: write {"worker": "rpa/1", "error": "..."}'
        )
    return _name(fields, "worker", "the body"), error.encode("utf-8", "replace").decode()


def write_task(task: Task) -> Fields:
    """Turn a task into what is answered: the names of its fields are those of ``Task``."""
    return asdict(task)


def read_task(value: Json) -> Task:
    """Turn an answer back into a task; raises InvalidRequestError when a server of another kind has answered."""
    try:
        fields = dict(value) if isinstance(value, dict) else {}
        return Task(**{**fields, "state": TaskState(str(fields["state"]))})  # type: ignore[arg-type]  # as write_task wrote it
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRequestError(
            f"the answer is no task ({error}); is this the URL of Medic's queue server?"
        ) from error


def write_stats(figures: QueueFigures) -> Fields:
    """Turn a queue's figures into the answer of ``/api/stats``; what is unknown is null."""
    completed, failed = figures.completed or 0, figures.failed or 0
    pending, running = figures.pending or 0, figures.running or 0
    return {
        "total": pending + running + completed + failed,
        "pending": pending,
        "running": running,
        "completed": completed,
        "failed": failed,
        "success_rate": ratio(completed, failed),
        "queue": figures.queue,
        "submitted": figures.submitted,
        "oldest_pending_at": figures.oldest_pending_at,
        "windows": {
            window.name: {"completed": window.completed, "failed": window.failed} for window in figures.windows
        },
        "weighted_ratio": figures.weighted_ratio,
        "durations": [_histogram(histogram) for histogram in figures.durations],
        "waits": [_histogram(histogram) for histogram in figures.waits],
        "canary_success": figures.canary_success,
        "canary_duration": figures.canary_duration,
        "workers": figures.workers,
        "seen": [{"worker": each.worker, "at": each.at, "late": each.late} for each in figures.seen],
    }


def _histogram(histogram: Histogram) -> Fields:
    buckets: list[Json] = [["+Inf" if math.isinf(le) else le, count] for le, count in histogram.buckets]
    latest: list[Json] = [
        {
            "le": "+Inf" if math.isinf(last.bound) else last.bound,
            "id": last.task,
            "seconds": last.seconds,
            "at": last.at,
        }
        for last in histogram.latest
    ]
    counted: Fields = {"buckets": buckets, "sum": histogram.sum, "count": histogram.count}
    return {**dict(histogram.labels), **counted, **({"latest": latest} if latest else {})}


def _submission(value: Json, where: str) -> Submission:
    fields = _fields(value, where, ("type", "payload", "canary", "id"))
    return Submission(
        type=_name(fields, "type", where),
        payload=fields.get("payload"),
        canary=_flag(fields, "canary", where),
        id=_name(fields, "id", where) if "id" in fields else "",
    )


def _fields(value: Json, where: str, known: Sequence[str]) -> Fields:
    if not isinstance(value, dict):
        raise InvalidRequestError(f"{where} is not an object; write one with {', '.join(known)}")
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            advice = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
            raise InvalidRequestError(f"{where} has an unknown field {name[:50]!r}; {advice}")
    return value


def _name(fields: Fields, key: str, where: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidRequestError(f'{where} needs "{key}": 1 to 120 characters of A-Z a-z 0-9 _ . : / @ - (like rpa/1)')
    return value


def _flag(fields: Fields, key: str, where: str) -> bool:
    value = fields.get(key, False)
    if not isinstance(value, bool):
        raise InvalidRequestError(f'{where} has a "{key}" that is neither true nor false')
    return value


def _seconds(fields: Fields) -> float:
    value = fields.get("wait", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_WAIT:
        raise InvalidRequestError(f'"wait" is a number of seconds from 0 to {LONGEST_WAIT:g}')
    return float(value)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    """Read a number; one that overflows would be read as an infinity, which nobody could write again."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is larger than any number here")
    return value


def _is_flat(value: Json) -> bool:
    """Tell whether nothing is nested more deeply than is allowed, level by level, since recursing is what is feared."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return not any(isinstance(each, list | dict) for each in level)


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
