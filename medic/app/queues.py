"""Where the embedded queues are: as configured, or where the queue server found free ports."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from medic.app.settings.measure import Queue
from medic.app.settings.model import Settings
from medic.app.state import State
from medic.core.errors import MedicError

FILE = "queues.json"


def announce(state: Path, urls: Mapping[str, str]) -> None:
    """Write where each queue is reached, for those that were told to find a free port."""
    draft = state / f".{FILE}"
    draft.write_text(json.dumps(dict(urls)), encoding="utf-8")
    draft.replace(state / FILE)


def address(queue: Queue, state: Path) -> str:
    """Return the URL of an embedded queue, without a slash at its end.

    Raises MedicError while its server has not yet found a port.
    """
    if queue.listen.port:
        return queue.base
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((state / FILE).read_text(encoding="utf-8"))[queue.name])
    raise MedicError(f"queue {queue.name} has no address yet; start its server, or write a port under `listen:`")


def choose(settings: Settings, name: str | None) -> Queue:
    """Return the embedded queue of that name, or the only one; raises MedicError that names those there are."""
    known = {queue.name: queue for queue in settings.embedded}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    there = f"name one of {', '.join(known)} (--queue)" if known else "declare one under `queues:`"
    raise MedicError(f"{f'there is no embedded queue {name!r}' if name else 'which queue is meant is open'}; {there}")


def token(state: Path) -> str:
    """Return the token that queues beyond loopback ask for; empty when this user may not read it."""
    with contextlib.suppress(OSError):
        return State(state).token_file.read_text(encoding="ascii").strip()
    return ""
