"""Tells a worker that the kernel killed for memory from one that somebody else killed."""

import signal
from pathlib import Path

from medic.core.processes import ExitStatus
from medic.core.workers import ExitReason

VMSTAT = Path("/proc/vmstat")


def count_kills(vmstat: str) -> int:
    """Return how many processes the kernel killed for want of memory since boot; 0 where it does not say."""
    words = vmstat.split()
    return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0


class OomWatch:
    """Remembers the kernel's count of OOM kills from one exit to the next.

    The count is the whole host's: a worker that a person kills with KILL, right after some other process fell to the
    OOM killer, is taken for a victim too. Only the label of the exit is at stake, not what is done about it.
    """

    def __init__(self, vmstat: Path = VMSTAT) -> None:
        """Begin to count now."""
        self._vmstat = vmstat
        self._seen = self._read()

    def judge(self, status: ExitStatus) -> ExitReason:
        """Say whether an exit that nobody asked for was an OOM kill or a crash."""
        before, self._seen = self._seen, self._read()
        killed = status.signal == signal.SIGKILL and self._seen > before
        return ExitReason.OOM if killed else ExitReason.CRASH

    def _read(self) -> int:
        try:
            return count_kills(self._vmstat.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
