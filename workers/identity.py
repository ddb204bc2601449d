"""Who is in a slot, as its lock file tells the next daemon."""

import json
from dataclasses import dataclass
from datetime import datetime

from medic.core.workers import ProcessId


@dataclass(frozen=True, slots=True)
class Identity:
    """The worker that a slot's lock file names."""

    process: ProcessId
    since: datetime
    digest: str
    """What it runs; see ``PoolSpec.digest``."""


def render(identity: Identity, pool: str, slot: int) -> str:
    """Write the file's content: JSON that a person can read too."""
    boot, pid, start = identity.process
    fields = {"pool": pool, "slot": slot, "pid": pid, "boot": boot, "start": start}
    return json.dumps({**fields, "since": identity.since.isoformat(), "digest": identity.digest})


def parse(text: str) -> Identity | None:
    """Read the file's content; None for one that is empty, half written, or not ours."""
    try:
        fields = json.loads(text)
        process = ProcessId(str(fields["boot"]), int(fields["pid"]), int(fields["start"]))
        since = datetime.fromisoformat(fields["since"])
        known = Identity(process, since, str(fields["digest"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return known if process.pid > 0 and since.tzinfo is not None else None
