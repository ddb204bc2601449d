"""The embedded queues, as commands and workers find them."""

import contextlib

from medic.app.settings.model import Settings
from medic.app.settings.queues import Queue
from medic.app.state import State
from medic.core.errors import MedicError
from workers.client import QueueClient


def choose(settings: Settings, name: str | None) -> Queue:
    """Return the embedded queue of that name, or the only one; raises MedicError that names those there are."""
    known = {queue.name: queue for queue in settings.embedded}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    wrong = f"there is no embedded queue {name!r}" if name else "which queue is meant was not said"
    advice = f"name one of {', '.join(known)}" if known else "declare one: queues: [{name: default}]"
    raise MedicError(f"{wrong}; {advice}")


def client(settings: Settings, name: str | None) -> QueueClient:
    """Make a client of an embedded queue, by its name or of the only one."""
    return QueueClient(choose(settings, name).base, token=_token(State(settings.state)))


def _token(state: State) -> str:
    """Return the token that queues beyond loopback ask for; empty when this user may not read it."""
    with contextlib.suppress(OSError):
        return state.token_file.read_text(encoding="ascii").strip()
    return ""
