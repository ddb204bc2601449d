"""One slot: its files, its lock, and the process that holds it for exactly as long as it lives."""

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from medic.core.errors import MedicError
from medic.core.failpoints import failpoint
from medic.core.holders import holders
from medic.core.locks import Lock, read_holder, try_lock
from medic.core.outputs import last_line
from medic.core.processes import Command, ExitStatus, Process, adopt, spawn
from medic.core.targets import Target, worker_target
from medic.core.workers import ProcessId
from workers.identity import Identity, parse, render
from workers.spec import PoolSpec

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 107
"""Bytes of a Unix socket's path, as the kernel has it."""

# What systemd tells the daemon about itself; a worker that believed it would answer in the daemon's name.
_NOT_OURS = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})

YOUNG = timedelta(seconds=5)
"""Who ends sooner could not begin, and its last line says why."""

_TRIES = 5
_SHORT = 0.01
_KILLED_WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slot's files lie in the state folder."""

    state: Path
    pool: str
    slot: int

    @property
    def lock(self) -> Path:
        """The file whose flock the worker holds, and which names it."""
        return self.state / "workers" / f"{self.pool}.{self.slot}.lock"

    @property
    def output(self) -> Path:
        """The file that the worker's stdout and stderr are appended to."""
        return self.state / "log" / "workers" / f"{self.pool}.{self.slot}.log"

    @property
    def address(self) -> str:
        """The worker's NOTIFY_SOCKET, the same at each start; abstract (``@...``) where a path would be too long."""
        path = str(self.state.absolute() / "workers" / f"{self.pool}.{self.slot}.notify")
        if len(os.fsencode(path)) <= LONGEST_ADDRESS:
            return path
        return f"@medic-{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}"

    @property
    def target(self) -> Target:
        """The slot as a target."""
        return worker_target(self.pool, self.slot)

    @property
    def name(self) -> str:
        """``pool/slot``."""
        return self.target.name


class Occupant(NamedTuple):
    """The worker in a slot, held by its pidfd."""

    process: Process
    since: datetime
    digest: str
    """What it runs; empty when that is not known."""
    begin: int | None = None
    """Where its own part of the slot's output begins; None when that is not known."""


def places(state: Path) -> tuple[Place, ...]:
    """Return every slot that ever had a worker in this state folder, also of pools that are configured no more."""
    names = (path.name.removesuffix(".lock").rpartition(".") for path in (state / "workers").glob("*.lock"))
    return tuple(Place(state, pool, int(slot)) for pool, _, slot in sorted(names) if pool and slot.isdigit())


def look(place: Place, spec: PoolSpec, now: datetime) -> Lock | Occupant | tuple[ProcessId, ...]:
    """Find out who is in a slot, and change nothing: its lock when it is empty, its worker, or what is in the way.

    In the way is what a dead worker left behind with the lock's descriptor. It is empty when the lock is held by a
    process between its fork and its exec, or by one that we may not see.
    """
    lock = try_lock(place.lock)
    known = parse(read_holder(place.lock))
    if known is not None and (process := adopt(known.process)) is not None:
        if lock is not None:  # it closed the descriptor that it inherited, and is in its slot all the same
            lock.close()
        return Occupant(process, known.since, known.digest)
    if lock is not None:
        return lock
    found = holders(place.lock)
    return (_recognise(place, spec, found, now) if known is None else None) or found


async def claim(place: Place, spec: PoolSpec, now: datetime) -> Lock | Occupant:
    """Take an empty slot's lock, or take hold of the worker that lives in it.

    Call it only while holding ``medic.lock``: what a dead worker left behind in its slot is killed here, and another
    Medic that is just starting a worker would look the same. The caller closes the lock. Raises MedicError when
    somebody holds the lock who can neither be adopted nor removed.
    """
    for _ in range(_TRIES):
        found = look(place, spec, now)
        if isinstance(found, Lock | Occupant):
            return found
        await _clear(place, found)
    raise MedicError(
        f"worker {place.name} cannot be started: somebody holds {place.lock}; "
        f"find out who with `fuser -v {place.lock}` as root, and end it"
    )


def launch(place: Place, lock: Lock, spec: PoolSpec, *, now: datetime, config: Path | None) -> Occupant:
    """Start the slot's worker, which inherits *lock*, and write down who it is; the caller closes its own copy.

    Raises MedicError when the command cannot be executed, or the disk is full; the slot is then empty.
    """
    lock.write("")  # from here on the file never names an earlier worker
    command = Command(
        argv=spec.command,
        env=environment(place, spec, os.environ, config),
        cwd=spec.cwd,
        output=place.output,
        keep=(lock.descriptor,),
    )
    begin = _size(place.output)
    failpoint("worker.spawn.before")
    process = spawn(command)
    failpoint("worker.spawn.after")
    try:
        lock.write(render(Identity(process.id, now, spec.digest), place.pool, place.slot))
    except MedicError as error:  # a full disk: whoever adopts it finds it by its lock
        log.warning("worker not written down", extra={"worker": place.name, "error": str(error)})
    failpoint("worker.write.after")
    return Occupant(process, now, spec.digest, begin)


def last_words(place: Place, occupant: Occupant, status: ExitStatus, now: datetime) -> str:
    """Say how a worker ended; of one that ended young with the last line that it wrote: ``exit 1: no such queue``."""
    line = ""
    if occupant.begin is not None and now - occupant.since < YOUNG:
        with contextlib.suppress(OSError):  # how it ended is known all the same
            line = last_line(place.output, occupant.begin)
    return f"{status.words}: {line}" if line else status.words


def environment(
    place: Place, spec: PoolSpec, inherited: Mapping[str, str], config: Path | None = None
) -> dict[str, str]:
    """Build a worker's whole environment: the daemon's, the pool's own, and what tells the worker where it belongs."""
    variables = {name: value for name, value in inherited.items() if name not in _NOT_OURS} | dict(spec.env)
    variables |= {"MEDIC_STATE": str(place.state.absolute()), "MEDIC_POOL": place.pool, "MEDIC_SLOT": str(place.slot)}
    if config is not None:
        variables["MEDIC_CONFIG"] = str(config.absolute())
    if spec.heartbeat is not None:
        variables["NOTIFY_SOCKET"] = place.address
        variables["WATCHDOG_USEC"] = str(round(spec.heartbeat.total_seconds() * 1e6))
    return variables


def _size(output: Path) -> int:
    try:
        return output.stat().st_size
    except OSError:  # the first worker of its slot writes it anew
        return 0


def _recognise(place: Place, spec: PoolSpec, found: Iterable[ProcessId], now: datetime) -> Occupant | None:
    """Find the worker whose daemon died before it could write its name: it leads its session, its children do not."""
    for identity in sorted(found, key=lambda each: each.start):
        if _leads(identity.pid) and (process := adopt(identity)) is not None:
            digest = spec.digest if _runs(identity.pid, spec.command) else ""
            with contextlib.suppress(OSError):  # a full disk: it is found in the same way the next time
                place.lock.write_text(render(Identity(identity, now, digest), place.pool, place.slot), encoding="utf-8")
            return Occupant(process, now, digest)
    return None


def _runs(pid: int, command: tuple[str, ...]) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b"".join(os.fsencode(word) + b"\0" for word in command)
    except OSError:
        return False


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


async def clear(place: Place) -> None:
    """Kill what a worker that has ended left behind in its slot; call it before anybody starts the next one there."""
    for pause in (0, _SHORT):  # its group was killed with it, and may need an instant to be gone
        await asyncio.sleep(pause)
        if (lock := try_lock(place.lock)) is not None:
            lock.close()
            return
    await _clear(place, holders(place.lock))


async def _clear(place: Place, found: Iterable[ProcessId]) -> None:
    """Kill what a dead worker left in its slot, so that the new one is alone."""
    if not found:
        await asyncio.sleep(_SHORT)
    for process in [process for identity in found if (process := adopt(identity)) is not None]:
        log.warning("leftover killed", extra={"worker": place.name, "pid": process.id.pid})
        try:
            async with asyncio.timeout(_KILLED_WITHIN):
                await process.kill()
        except TimeoutError:
            process.abandon()
