"""The gate of a server: so many connections at once and no more, and of too many the most silent one goes."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from medic.core.handshakes import Handshakes, Securing

SHARE = 4
"""Of the descriptors that the process may open, one in so many may be a connection."""
OWN = 96
"""Descriptors that the rest of the process is left in any case, to measure and to start workers with."""
BACKLOG = 128
"""Connections that the kernel holds until they are let in."""
STALLED = 30.0
"""Seconds in which a client that lets an answer wait has to take some of it."""
SOME = 1 << 16
"""Bytes that it has to take in that time; all of it when that is less."""

Factory = Callable[[], asyncio.Protocol]


@asynccontextmanager
async def listening(
    factory: Factory | None,
    host: str | None,
    port: int,
    *,
    most: int,
    securing: Securing | None = None,
    stalled: float = STALLED,
) -> AsyncIterator[tuple[str, int]]:
    """Listen while the context is open, with *most* connections at once, and yield the address.

    Port 0 takes a free one. *factory* makes what speaks on each connection: the ``server`` of an aiohttp runner that
    was set up; it hears of a connection only once *securing*, if given, has made TLS of it. Who takes nothing of what
    was sent for *stalled* seconds is cut off. Raises OSError when the address is taken or not ours.
    """
    async with AsyncExitStack() as stack:
        handshakes = await stack.enter_async_context(Handshakes(securing)) if securing else None
        crowd = Crowd(_needed(factory), room(most), handshakes=handshakes, stalled=stalled)
        server = await asyncio.get_running_loop().create_server(crowd, host, port, backlog=1)
        _deepen(server)
        try:
            yield server.sockets[0].getsockname()[:2]
        finally:
            server.close()


@asynccontextmanager
async def listening_at(factory: Factory | None, path: Path, *, most: int) -> AsyncIterator[None]:
    """Listen on a socket in the file system, which only its owner can open, while the context is open.

    One that a dead process left is replaced. Raises OSError where there can be none.
    """
    crowd = Crowd(_needed(factory), room(most))
    with _bound(path) as listener:
        server = await asyncio.get_running_loop().create_unix_server(crowd, sock=listener, backlog=1)
        _deepen(server)
        try:
            yield
        finally:
            server.close()


def _deepen(server: asyncio.Server) -> None:
    """Have the kernel hold BACKLOG connections, while asyncio, which was told 1, lets them in one by one.

    It would else let in as many at a time, before any of them is counted here; and at the limit of open files it would
    complain, and come back, as many times over (Python 3.11).
    """
    for each in server.sockets:
        with socket.socket(fileno=os.dup(each.fileno())) as twin:
            twin.listen(BACKLOG)


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        with near(path) as address:
            listener.bind(address)
        path.chmod(0o600)  # nobody can have connected: it does not listen yet
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def near(path: Path) -> Iterator[str]:
    """Yield an address of a socket at *path*, whose own may be longer than the 107 bytes that an address can have."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _needed(factory: Factory | None) -> Factory:
    if factory is None:
        raise RuntimeError("set the runner up before listening")
    return factory


def room(most: int) -> int:
    """Return how many connections to let in: *most*, or fewer where the limit of open files is low."""
    try:
        import resource
    except ImportError:  # Windows
        return most
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft // SHARE, soft - OWN))


class Crowd:
    """Makes the protocols of a server's connections, in place of their factory.

    Whoever connects when it is full takes the place of the one that was not heard from for longest. So clients that
    open connections and say nothing can neither use up the descriptors that workers need nor keep others out.
    """

    def __init__(
        self, factory: Factory, most: int, *, handshakes: Handshakes | None = None, stalled: float = STALLED
    ) -> None:
        """Let in *most* connections at once; *factory* makes what speaks on each, after its handshake if it has one."""
        self._factory = factory
        self._most = most
        self.handshakes = handshakes
        self.stalled = stalled
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
        self._is_met = False
        self._look: asyncio.TimerHandle | None = None

    def turn_out(self) -> None:
        """Cut the connection at once, whatever is still to be sent on it."""
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.enter(self)
        if self._crowd.handshakes is None:
            self.meet(transport)
        elif isinstance(transport, asyncio.Transport):
            self._crowd.handshakes.begin(transport, self, self.meet)

    def meet(self, transport: asyncio.BaseTransport) -> None:
        """Let what speaks on the connection hear of it, now that its handshake is over."""
        self._transport = transport
        self._is_met = True
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._stop_looking()
        if self._is_met:
            self._is_met = False
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._crowd.heard(self)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._look_after(self._waiting())
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._stop_looking()
        self._inner.resume_writing()

    def _look_after(self, waiting: int) -> None:
        """Look again whether the client has taken some of the bytes that wait for it."""
        self._look = asyncio.get_running_loop().call_later(self._crowd.stalled, self._judge, waiting)

    def _judge(self, before: int) -> None:
        waiting = self._waiting()
        if waiting > before - SOME:
            self.turn_out()
        else:
            self._look_after(waiting)

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _waiting(self) -> int:
        return self._transport.get_write_buffer_size() if isinstance(self._transport, asyncio.WriteTransport) else 0
