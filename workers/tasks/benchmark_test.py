"""The task type ``benchmark_test``: how fast this worker computes."""

import hashlib
from time import perf_counter

from medic.core.errors import MedicError
from medic.core.queue import Json
from workers.tasks.context import TaskContext

OPERATIONS = 20_000
MOST_OPERATIONS = 100_000_000
BLOCK = bytes(256)
CHUNK = 10_000


def run(payload: Json, context: TaskContext) -> Json:
    """Hash a block of 256 bytes again and again; return the seconds it took and how many hashes a second that makes.

    The payload may be ``{"operations": N}``. Raises MedicError for another one; ends early when the worker must end.
    """
    wanted = _read_operations(payload)
    done, began = 0, perf_counter()
    while done < wanted and not (done and context.stopping()):
        count = min(CHUNK, wanted - done)
        _hash(count)
        done += count
    elapsed = max(perf_counter() - began, 1e-9)
    return {"elapsed": elapsed, "operations": done, "operations_per_second": done / elapsed}


def _hash(times: int) -> None:
    for _ in range(times):
        hashlib.sha256(BLOCK).digest()


def _read_operations(payload: Json) -> int:
    value = payload.get("operations", OPERATIONS) if isinstance(payload, dict) else OPERATIONS
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_OPERATIONS:
        raise MedicError(f'benchmark_test: write {{"operations": N}} with N from 1 to {MOST_OPERATIONS}, not {value!r}')
    return value
