"""The quickstart's own task types: orders that are priced, and a way to turn a worker sour.

Workers load this file by `medic worker --tasks tasks.py`; `TASKS` names what they can do.
"""

import hashlib

from medic.core.queue import Json
from workers.tasks.context import TaskContext

SIGNATURE_ROUNDS = 80_000
"""Some 20 milliseconds of honest work."""

spoiled_by: list[str] = []
"""The task that turned this worker sour, if one did. Only a new process forgets it: that is what a restart heals."""


def order(payload: Json, context: TaskContext) -> Json:
    """Sign an order, as a business task of yours would do its work; fails while this worker is sour."""
    if spoiled_by:
        raise ValueError(f"worker {context.worker} went sour with task {spoiled_by[0]}; only a restart helps")
    digest = hashlib.pbkdf2_hmac("sha256", repr(payload).encode(), context.task.id.encode(), SIGNATURE_ROUNDS)
    return {"signed": digest.hex()[:16], "by": context.worker}


def sour(_payload: Json, context: TaskContext) -> Json:
    """Turn this worker sour: from now on its orders fail, until its process is a new one."""
    spoiled_by[:] = [context.task.id]
    return {"sour": context.worker}


TASKS = {"order": order, "sour": sour}
