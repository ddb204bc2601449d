"""The state folder: where everything lies, the API's token, and who runs on it."""

import contextlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from medic.core.errors import MedicError
from medic.core.locks import Lock, read_holder, try_lock, wait_lock

DAEMON = "run"
"""The purpose of a daemon; that of a command is its own words."""
PATIENCE = 10.0
"""Seconds that a daemon waits for commands that hold its lock."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds ``medic.lock``: a running daemon with its address, or a command that needs the folder briefly."""

    pid: int
    purpose: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The folder and the names in it; every path of the state is spelled here and nowhere else."""

    folder: Path

    @property
    def journal(self) -> Path:
        """The database of episodes, attempts and runs."""
        return self.folder / "journal.db"

    @property
    def history(self) -> Path:
        """The database of rollups."""
        return self.folder / "history.db"

    @property
    def series(self) -> Path:
        """The folder of what was measured lately, so that windows and alerts outlive a restart."""
        return self.folder / "series"

    @property
    def gpus(self) -> Path:
        """How many GPUs were ever seen, so that one that does not come back from a reboot is missed."""
        return self.folder / "gpus"

    @property
    def queue(self) -> Path:
        """The embedded queue's database; only the queue server opens it."""
        return self.folder / "queue.db"

    @property
    def lock(self) -> Path:
        """The lock that makes a daemon the only one."""
        return self.folder / "medic.lock"

    @property
    def door(self) -> Path:
        """The socket at which commands reach a daemon that speaks TLS elsewhere; only its owner can open it."""
        return self.folder / "medic.sock"

    @property
    def audit(self) -> Path:
        """The audit log."""
        return self.folder / "audit.jsonl"

    @property
    def paused(self) -> Path:
        """The kill switch: while this file is there nothing is healed."""
        return self.folder / "PAUSED"

    @property
    def log(self) -> Path:
        """Medic's own log."""
        return self.folder / "log" / "medic.log"

    @property
    def reports(self) -> Path:
        """Where reports are written."""
        return self.folder / "reports"

    @property
    def token_file(self) -> Path:
        """The API's bearer token."""
        return self.folder / "token"


def prepare(state: State) -> None:
    """Create the folder, readable by its owner alone; raises MedicError when that is not possible."""
    try:
        state.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = state.folder / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        advice = "choose another with --state or $MEDIC_STATE"
        raise MedicError(f"cannot write to the state folder {state.folder} ({error.strerror}); {advice}") from error


def token(state: State) -> str:
    """Return the bearer token, made at first use (mode 0600); two that make it at once agree on one.

    Raises MedicError for a file that holds none: an empty token would let everybody in.
    """
    if not state.token_file.exists():
        _make_token(state)
    try:
        found = state.token_file.read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MedicError(f"{state.token_file} cannot be read ({error}); mend it, or delete it for a new one") from error
    if not found:
        raise MedicError(f"{state.token_file} is empty; delete it, and the next start makes a new token")
    return found


def _make_token(state: State) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=".token.", dir=state.folder)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())  # before it gets its name: no power cut leaves an empty one
    with contextlib.suppress(FileExistsError):  # somebody was first: theirs is the token
        os.link(draft, state.token_file)
    Path(draft).unlink()


def hold(state: State, purpose: str) -> Lock:
    """Take ``medic.lock`` or raise MedicError that says who has it; what holds it briefly is waited for."""
    lock = try_lock(state.lock)
    if lock is None and not _stays(holder(state)):
        lock = wait_lock(state.lock, timeout=PATIENCE)
    if lock is None:
        other = holder(state)
        who = f"`medic {other.purpose}` with pid {other.pid}" if other else "another Medic"
        raise MedicError(f"{who} already runs on {state.folder}; stop it first, or choose another folder with --state")
    sign(lock, Holder(os.getpid(), purpose))
    return lock


def _stays(other: Holder | None) -> bool:
    """Tell a daemon from a command that is soon over; under a dead one's name, or none, somebody has not signed yet."""
    return other is not None and other.purpose == DAEMON and lives(other.pid)


def lives(pid: int) -> bool:
    """Tell whether somebody has this number, as far as the system says."""
    proc = Path("/proc")
    return not (proc / "self").exists() or (proc / str(pid)).exists()


def sign(lock: Lock, who: Holder) -> None:
    """Write into the lock who holds it, and where it can be reached."""
    lock.write(json.dumps({"pid": who.pid, "purpose": who.purpose, "url": who.url}))


def holder(state: State) -> Holder | None:
    """Return who signed the lock last; whether that one still lives only the lock itself tells."""
    try:
        fields = json.loads(read_holder(state.lock))
        return Holder(int(fields["pid"]), str(fields["purpose"]), str(fields.get("url", "")))
    except (ValueError, KeyError, TypeError):
        return None
