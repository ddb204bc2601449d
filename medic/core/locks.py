"""The gate to file locks: an exclusive flock that lives exactly as long as somebody holds its descriptor."""

import contextlib
import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # not POSIX: the caller is told when it asks for a lock
    fcntl = None  # type: ignore[assignment]  # checked before each use

from medic.core.errors import MedicError


class Lock:
    """A held lock; its file says who holds it, for people and for other processes."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take ownership of a *descriptor* that is locked already."""
        self.path = path
        self.descriptor = descriptor

    def write(self, text: str) -> None:
        """Replace the file's content in one write; the lock stays held. Raises MedicError when the disk is full.

        A shorter text is padded with blanks: to cut the file costs a commit of the file system's journal, and would
        leave an instant, and on a full disk a file, with half of it.
        """
        data = text.encode()
        try:
            os.pwrite(self.descriptor, data.ljust(os.fstat(self.descriptor).st_size), 0)
        except OSError as error:
            raise MedicError(f"cannot write {self.path}: {error.strerror}; free disk space") from error

    def stands(self) -> bool:
        """Tell whether the file at its path is still the one that we hold; else somebody else can take the lock too.

        A disk that does not answer is no reason to say no.
        """
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def close(self) -> None:
        """Close our descriptor; the lock ends with its last one, which a child may have inherited."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def try_lock(path: Path) -> Lock | None:
    """Take the lock of *path* without waiting; None when somebody holds it."""
    if fcntl is None:
        raise MedicError("exact locks need a POSIX system: this one has no flock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MedicError(f"cannot open the lock {path}: {error.strerror}; mend that or choose --state") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise MedicError(f"cannot lock {path}: {error.strerror}; put the state folder on a local disk") from error
    return Lock(path, descriptor)


def wait_lock(path: Path, *, timeout: float) -> Lock | None:
    """Take the lock of *path*, asking every 5 ms for up to *timeout* seconds; None when it stays held."""
    deadline = time.monotonic() + timeout
    while (lock := try_lock(path)) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return lock


def read_holder(path: Path) -> str:
    """Return what the lock's holder wrote into its file, without blanks at the end; empty when there is none."""
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace").rstrip()
    return ""
