"""The gate to processes: spawned directly, known by (boot, pid, start time), signalled through pidfds.

Linux 5.4 or later. Elsewhere the module imports, and what needs pidfds says so when it is called.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from medic.core.errors import MedicError
from medic.core.workers import ProcessId

NEEDS_LINUX = "supervising processes needs Linux 5.4 or later: this system has no pidfds"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Command:
    """What to execute: an argument list, never a shell line."""

    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    """The whole environment; None means this process's own."""
    cwd: Path | None = None
    output: Path | None = None
    """A file that stdout and stderr are appended to; None throws them away. Never a pipe: a reader may die."""
    keep: tuple[int, ...] = ()
    """Descriptors that the child inherits."""


class ExitStatus(NamedTuple):
    """How a process ended; both None of one that was adopted, whose parent could not tell us."""

    code: int | None
    signal: int | None

    @property
    def words(self) -> str:
        """Say it as people do: ``exit 3``, ``SIGKILL``, ``unknown``."""
        if self.signal is not None:
            return _signal_name(self.signal)
        return "unknown" if self.code is None else f"exit {self.code}"


UNKNOWN_EXIT = ExitStatus(None, None)


class Process:
    """A running process that can be waited for and signalled without ever meeting another with its number."""

    def __init__(self, identity: ProcessId, pidfd: int, child: "subprocess.Popen[bytes] | None") -> None:
        """Take ownership of *pidfd*; *child* is None for a process that was adopted."""
        self.id = identity
        self._pidfd = pidfd
        self._child = child
        self._exit: asyncio.Future[ExitStatus] | None = None
        self._status: ExitStatus | None = None

    @property
    def adopted(self) -> bool:
        """Tell whether it is not our child, so that its exit status stays unknown."""
        return self._child is None

    async def wait(self) -> ExitStatus:
        """Wait for its end; any number of tasks may wait, a cancelled wait harms nothing."""
        if self._status is not None:
            return self._status
        if self._exit is None:
            loop = asyncio.get_running_loop()
            self._exit = loop.create_future()
            loop.add_reader(self._pidfd, self._on_exit)
        return await asyncio.shield(self._exit)

    def signal(self, number: int) -> bool:
        """Send a signal through the pidfd; False when it had already ended."""
        if self._status is not None:
            return False
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            return False
        return True

    async def stop(self, grace: float) -> ExitStatus:
        """Send TERM, wait up to *grace* seconds, then KILL it with its group; returns when it has ended."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                return await self.wait()
        return await self.kill()

    async def kill(self) -> ExitStatus:
        """Send KILL to it and its group, and wait for its end."""
        if self.adopted and self.signal(signal.SIGSTOP):
            # Stopped, it cannot exit by itself and free its group's number before the next line.
            _kill_group(self.id.pid)
        self.signal(signal.SIGKILL)
        return await self.wait()

    def abandon(self) -> None:
        """Let go of it without stopping it: it lives on, and can be adopted."""
        self._close()
        if self._child is not None:
            self._child.returncode = 0  # keeps Popen's destructor from warning of, or polling, what we left

    def _on_exit(self) -> None:
        status = self._reap() if self._child is not None else UNKNOWN_EXIT
        self._status = status
        self._close()
        if self._exit is not None and not self._exit.done():
            self._exit.set_result(status)

    def _reap(self) -> ExitStatus:
        """Kill what is left of the group while its leader is still a zombie, which keeps the number taken."""
        assert self._child is not None  # noqa: S101 - narrows the type
        _kill_group(self.id.pid)
        status = _collect(self._pidfd)
        self._child.returncode = status.code if status.code is not None else -(status.signal or 0)
        return status

    def _close(self) -> None:
        if self._pidfd < 0:
            return
        if self._exit is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is registered any more
                self._exit.get_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1


def spawn(command: Command) -> Process:
    """Start *command* in a session of its own; raises MedicError when it cannot be executed."""
    _prepare()
    with _output(command.output) as output:
        try:
            child = subprocess.Popen(
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=command.cwd,
                env=command.env,
                pass_fds=command.keep,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise MedicError(f"cannot run {command.argv[0]!r}: {_why_not(error, command)}") from error
    return _take_hold(child)


def adopt(identity: ProcessId) -> Process | None:
    """Take hold of a running process that we did not spawn; None when it is no longer that one."""
    try:
        pidfd = _pidfd(identity.pid)
    except ProcessLookupError:
        return None
    if identify(identity.pid) != identity:
        os.close(pidfd)
        return None
    return Process(identity, pidfd, None)


class Finished(NamedTuple):
    """How a command that was run to its end went."""

    status: ExitStatus
    timed_out: bool

    @property
    def succeeded(self) -> bool:
        """Tell whether it ended by itself with exit code 0."""
        return self.status.code == 0 and not self.timed_out


async def run(
    command: Command, *, timeout: float, grace: float = 5.0, on_start: Callable[[ProcessId], object] | None = None
) -> Finished:
    """Run *command* to its end; after *timeout* seconds, or when cancelled, it is stopped with its group.

    *on_start* is told who it is as soon as it was spawned, so that a caller can find it again after its own death.
    """
    process = spawn(command)
    try:
        if on_start is not None:
            on_start(process.id)
        return await _finish(process, timeout, grace)
    except BaseException:  # cancelled, also in the grace, or nobody could be told of it: it must not live on
        await process.kill()
        raise


async def _finish(process: Process, timeout: float, grace: float) -> Finished:
    try:
        async with asyncio.timeout(timeout):
            return Finished(await process.wait(), timed_out=False)
    except TimeoutError:
        return Finished(await process.stop(grace), timed_out=True)


def identify(pid: int) -> ProcessId | None:
    """Return who has this number now; None when nobody, or only a zombie, has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else ProcessId(boot_id(), pid, int(fields[19]))


def is_alive(identity: ProcessId) -> bool:
    """Tell whether exactly this process still runs; a zombie does not."""
    return identify(identity.pid) == identity


@cache
def boot_id() -> str:
    """Return the kernel's id of this boot; empty where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[int]:
    if path is None:
        yield subprocess.DEVNULL
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MedicError(f"cannot append output to {path}: {error.strerror}; mend that or choose --state") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _prepare() -> None:
    """Undo an ignored SIGCHLD, which is inherited: the kernel would reap our children, and their numbers be free."""
    if not hasattr(os, "pidfd_open"):
        raise MedicError(NEEDS_LINUX)
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        with contextlib.suppress(ValueError):  # only the main thread may change it
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _take_hold(child: "subprocess.Popen[bytes]") -> Process:
    # A child that has already ended is a zombie until we reap it: its number and its stat file are still its own.
    try:
        stat = Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8", errors="replace")
        identity = ProcessId(boot_id(), child.pid, int(stat.rpartition(")")[2].split()[19]))
        return Process(identity, _pidfd(child.pid), child)
    except OSError as error:  # out of descriptors: never leave one behind that nobody watches
        child.kill()
        child.wait()
        raise MedicError(f"cannot supervise {child.args!r}: {error}; raise the limit of open files") from error


def _why_not(error: OSError | ValueError, command: Command) -> str:
    """Say what is wrong in the operator's words: a missing folder and a missing program look alike to the kernel."""
    if isinstance(error, FileNotFoundError | NotADirectoryError) and command.cwd and not command.cwd.is_dir():
        return f"its folder {command.cwd} does not exist"
    return getattr(error, "strerror", None) or str(error)


def _pidfd(pid: int) -> int:
    if not hasattr(os, "pidfd_open"):
        raise MedicError(NEEDS_LINUX)
    return os.pidfd_open(pid)


def _collect(pidfd: int) -> ExitStatus:
    try:
        result = os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
    except ChildProcessError:  # some library waited for any child, and took the status of ours
        return UNKNOWN_EXIT
    if result is None:
        return UNKNOWN_EXIT
    if result.si_code == os.CLD_EXITED:
        return ExitStatus(result.si_status, None)
    return ExitStatus(None, result.si_status)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    return {each.value: each.name for each in signal.Signals}.get(number, f"signal {number}")
