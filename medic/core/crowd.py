"""The gate of a server: so many connections at once and no more, and of too many the most silent one goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

SHARE = 4
"""Of the descriptors that the process may open, one in so many may be a connection."""


@asynccontextmanager
async def listening(
    factory: Callable[[], asyncio.Protocol] | None, host: str | None, port: int, *, most: int
) -> AsyncIterator[tuple[str, int]]:
    """Listen while the context is open, with *most* connections at once, and yield the address.

    Port 0 takes a free one. *factory* makes what speaks on each connection: the ``server`` of an aiohttp runner that
    was set up. Raises OSError when the address is taken or not ours.
    """
    if factory is None:
        raise RuntimeError("set the runner up before listening")
    server = await asyncio.get_running_loop().create_server(Crowd(factory, room(most)), host, port, backlog=128)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()


def room(most: int) -> int:
    """Return how many connections to let in: *most*, or fewer where the limit of open files is low."""
    try:
        import resource
    except ImportError:  # Windows
        return most
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft // SHARE))


class Crowd:
    """Makes the protocols of a server's connections, in place of their factory.

    Whoever connects when it is full takes the place of the one that was not heard from for longest. So clients that
    open connections and say nothing can neither use up the descriptors that workers need nor keep others out.
    """

    def __init__(self, factory: Callable[[], asyncio.Protocol], most: int) -> None:
        """Let in *most* connections at once; *factory* makes what speaks on each."""
        self._factory = factory
        self._most = most
        self._guests: dict[_Guest, None] = {}

    def __call__(self) -> asyncio.Protocol:
        """Make the protocol of one connection."""
        return _Guest(self._factory(), self)

    def __len__(self) -> int:
        """Tell how many are connected."""
        return len(self._guests)

    def enter(self, guest: "_Guest") -> None:
        """Let in a connection; another may have to go for it."""
        if len(self._guests) >= self._most:
            silent = next(iter(self._guests))
            del self._guests[silent]
            silent.turn_out()
        self._guests[guest] = None

    def heard(self, guest: "_Guest") -> None:
        """Note that a connection has said something: it is the last to go now."""
        if guest in self._guests:
            del self._guests[guest]
            self._guests[guest] = None

    def leave(self, guest: "_Guest") -> None:
        """Forget a connection that has ended."""
        self._guests.pop(guest, None)


class _Guest(asyncio.Protocol):
    """Passes on everything that happens on one connection."""

    def __init__(self, inner: asyncio.Protocol, crowd: Crowd) -> None:
        self._inner = inner
        self._crowd = crowd
        self._transport: asyncio.BaseTransport | None = None

    def turn_out(self) -> None:
        """Cut the connection at once, whatever is still to be sent on it."""
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.enter(self)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._crowd.heard(self)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
