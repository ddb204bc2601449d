"""TLS on a server's connections: each handshake is made on the terms that are in force when it begins."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, Self

from medic.core.tasks import guarded, start

TIMEOUT = 10.0
"""Seconds that a handshake may take."""

Certificate = Mapping[str, Sequence[tuple[str, str]]]
"""As ``ssl.SSLSocket.getpeercert`` gives it."""
Meet = Callable[[asyncio.BaseTransport], None]


class Terms(Protocol):
    """How a handshake is made, and who may pass."""

    @property
    def context(self) -> ssl.SSLContext:
        """The server's side of it."""

    def admits(self, certificate: Certificate | None) -> bool:
        """Tell whether a client may pass that has shown *certificate*, or none."""


Securing = Callable[[], Terms]


class Handshakes:
    """Makes handshakes side by side while its context is open; one that fails or hangs harms no other."""

    def __init__(self, securing: Securing) -> None:
        """Ask *securing* for the terms of each."""
        self._securing = securing
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Be ready for handshakes."""
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Give up those that are not made yet."""
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)

    def begin(self, transport: asyncio.Transport, protocol: asyncio.Protocol, meet: Meet) -> None:
        """Make TLS of a connection and then call *meet*; else *protocol* hears that it is lost, and nothing before."""
        transport.pause_reading()  # what arrives before is the handshake's, not the protocol's
        making = partial(self._make, transport, protocol, meet)
        task = start(self._group, guarded(making, name="handshake"), name="handshake")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, transport: asyncio.Transport, protocol: asyncio.Protocol, meet: Meet) -> None:
        secured = None
        with contextlib.suppress(OSError):  # ssl.SSLError is one, and so is what a timeout raises here
            secured = await self._secure(transport, protocol)
        if secured is not None:
            meet(secured)
        else:
            transport.abort()
            protocol.connection_lost(None)

    async def _secure(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> asyncio.Transport | None:
        """Return the secured connection; None for a client that has gone or may not pass."""
        terms = self._securing()
        secured = await asyncio.get_running_loop().start_tls(
            transport, protocol, terms.context, server_side=True, ssl_handshake_timeout=TIMEOUT
        )
        if secured is None or terms.admits(secured.get_extra_info("peercert")):
            return secured
        secured.abort()
        return None
