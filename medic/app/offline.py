"""What commands do without a daemon: check whether it could run, and see to the workers."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from medic.app import translate
from medic.app.api import connect
from medic.app.rulebook import load_groups
from medic.app.settings import HostPort, Settings
from medic.app.state import Holder, State, holder, prepare, sign
from medic.core.errors import MedicError, NotRunningError
from medic.core.locks import wait_lock
from medic.core.queue import Json
from workers.changes import Ensured
from workers.supervisor import ensure_once

PATIENCE: Final = 120.0
"""Seconds that ``ensure`` waits for its turn, or for a daemon that starts or ends."""
_SLICE: Final = 0.25
_ANSWER: Final = 300.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that should be so."""

    name: str
    ok: bool
    text: str


def checks(settings: Settings) -> Iterator[Check]:
    """Yield what can be known while Medic does not run: whether it could."""
    yield Check("configuration", ok=True, text=str(settings.file or "no file: the defaults are in force"))
    yield _tried("rules", lambda: f"{len(load_groups(settings))} groups")
    yield _tried("state folder", partial(_prepared, settings.state))
    for address in (settings.listen, *(queue.listen for queue in settings.embedded)):
        yield _tried(f"address {address}", partial(_bindable, address))
    for pool in translate.pools(settings):
        yield _tried(f"pool {pool.name}", partial(_executable, pool.command[0], pool.cwd or settings.folder))
    for job in settings.every_job:
        if job.run is not None:
            yield _tried(f"job {job.name}", partial(_executable, job.run[0], settings.folder))


def ensure(settings: Settings, pool: str | None, *, dry_run: bool) -> Json:
    """See that every worker runs: by the daemon where there is one, else alone while nobody else does.

    Any number of processes may do this at once. Raises MedicError when its turn does not come.
    """
    state = State(settings.state)
    prepare(state)
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        if (answer := _by_daemon(state, pool, dry_run=dry_run)) is not None:
            return answer
        if (answer := _alone(settings, state, pool, dry_run=dry_run)) is not None:
            return answer
    who = holder(state)
    busy = f"`medic {who.purpose}` with pid {who.pid}" if who else "another process"
    raise MedicError(f"{busy} holds {state.lock} for {PATIENCE:.0f} s already; see what it does, then ask again")


def _by_daemon(state: State, pool: str | None, *, dry_run: bool) -> Json:
    """Ask the daemon; None when there is none, or when it went away before it answered: asking again is harmless."""
    body: Json = {"pool": pool, "dry_run": dry_run}
    try:
        return connect(state).post("/api/v1/workers/ensure", body, timeout=_ANSWER)
    except NotRunningError:
        return None


def _alone(settings: Settings, state: State, pool: str | None, *, dry_run: bool) -> Json:
    """Do it ourselves under the lock; None when somebody else held it all the while."""
    lock = wait_lock(state.lock, timeout=_SLICE)
    if lock is None:
        return None
    try:
        sign(lock, Holder(os.getpid(), "workers ensure"))
        specs = translate.pools(settings)
        done = asyncio.run(ensure_once(specs, settings.state, pool, dry_run=dry_run, config=settings.file))
        return show(done)
    finally:
        lock.write("")
        lock.close()


def show(done: Ensured) -> Json:
    """Write what was done to the workers as the API does."""
    changes: list[Json] = [
        {"worker": change.worker, "do": str(change.do), "why": change.why, "error": change.error}
        for change in done.changes
    ]
    return {"changes": changes, "text": done.words}


def _tried(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, text=attempt())
    except MedicError as error:
        return Check(name, ok=False, text=str(error))


def _prepared(folder: Path) -> str:
    prepare(State(folder))
    return str(folder)


def _bindable(address: HostPort) -> str:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(tuple(address))
        except OSError as error:
            raise MedicError(f"cannot be listened on ({error.strerror}); stop who does, or choose another") from error
    return "free"


def _executable(program: str, folder: Path) -> str:
    found = shutil.which(program) or shutil.which(str(folder / program))
    if found is None and program != "medic":
        raise MedicError(f"there is no program {program!r}; install it, or write its whole path")
    return found or "this installation"
