"""Hears the heartbeats of a worker: a datagram socket by systemd's protocol, and the end of patience with silence."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from medic.core.errors import MedicError

_LARGEST = 4096
_AT_ONCE = 64
"""Datagrams read before others have their turn: a worker that floods us must not stop the loop."""


def says_alive(datagram: bytes) -> bool:
    """Tell whether a message of sd_notify(3) is a sign of life: READY=1 or WATCHDOG=1 on a line of its own."""
    return not {b"READY=1", b"WATCHDOG=1"}.isdisjoint(datagram.split(b"\n"))


class Listener:
    """Listens to one worker and calls back once when it was silent for too long.

    The first beat is due as soon after the start as any other, so a heartbeat must be longer than the start takes.
    """

    def __init__(self, address: str, patience: float, on_silence: Callable[[], object]) -> None:
        """Bind *address* and begin to wait *patience* seconds; raises MedicError when it cannot be bound."""
        self._loop = asyncio.get_running_loop()
        self._patience = patience
        self._on_silence = on_silence
        self._socket = _bind(address)
        self._heard = self._loop.time()
        self.beaten = False
        """Whether there was a sign of life at all."""
        self._loop.add_reader(self._socket, self._read)
        self._timer = self._loop.call_at(self._heard + patience, self._check)

    @property
    def silence(self) -> float:
        """Seconds since the last sign of life, before the first one since it is listened for."""
        return self._loop.time() - self._heard

    def close(self) -> None:
        """Stop listening; the address can be bound again."""
        self._timer.cancel()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_AT_ONCE):
                if says_alive(self._socket.recv(_LARGEST)):
                    self._heard = self._loop.time()
                    self.beaten = True

    def _check(self) -> None:
        self._read()  # what came while the loop was busy counts
        due = self._heard + self._patience
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._check)
        else:
            self._on_silence()


def _bind(address: str) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if not address.startswith("@"):
            Path(address).unlink(missing_ok=True)  # left by an earlier daemon, whose workers now talk to us
        channel.bind(f"\0{address[1:]}" if address.startswith("@") else address)
    except OSError as error:
        channel.close()
        raise MedicError(f"cannot listen for heartbeats on {address}: {error.strerror}; check who owns it") from error
    return channel
