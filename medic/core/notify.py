"""What a supervised process tells its supervisor, by systemd's protocol: a datagram to ``NOTIFY_SOCKET``."""

import contextlib
import os
import socket
from collections.abc import Callable
from functools import partial

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"

Notify = Callable[[str], None]
"""Tells the supervisor any of the above, or a ``STATUS=...``; without a supervisor it tells nobody."""


def take_notify() -> Notify:
    """Take the supervisor's address out of the environment, so that no child of a task answers in our name."""
    return partial(_send, os.environ.pop("NOTIFY_SOCKET", ""))


def take_watchdog() -> float | None:
    """Take out of the environment within how many seconds the supervisor wants to hear ALIVE, again and again.

    None when it does not, or when it wants it from another process.
    """
    period, pid = os.environ.pop("WATCHDOG_USEC", ""), os.environ.pop("WATCHDOG_PID", "")
    ours = pid in {"", str(os.getpid())}
    return int(period) / 1e6 if ours and period.isdecimal() and int(period) else None


def _send(address: str, state: str) -> None:
    """Send *state*; a supervisor that is gone, or too busy to listen, does no harm."""
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)  # noqa: FBT003 - that is how sockets are asked
        channel.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
