import asyncio
import resource
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from medic.core.crowd import Crowd, listening, room

PATIENCE = 10.0


class Echo(asyncio.Protocol):
    """Sends back what it hears, and tells when a connection is lost."""

    def __init__(self, lost=None):
        self.lost = lost

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def connection_lost(self, _exc):
        if self.lost is not None:
            self.lost.set()


class Line(asyncio.Transport):
    """A connection that says nothing."""

    def abort(self):
        pass


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def echo(self):
        """Tell whether we are still served."""
        try:
            self.writer.write(b"x")
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read(1) == b"x"
        except ConnectionError:
            return False

    async def ended(self):
        """Wait until the server has cut us off."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read(1) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def served(most, lost=None):
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(listening(partial(Echo, lost), "127.0.0.1", 0, most=most))

        async def connect():
            reader, writer = await asyncio.open_connection(*address)
            stack.callback(writer.close)
            client = Client(reader, writer)
            assert await client.echo()
            return client

        yield connect


async def test_of_too_many_connections_the_most_silent_one_goes():
    async with served(3) as connect:
        first, second, third = [await connect() for _ in range(3)]
        assert await first.echo()  # so the second is now the one that was not heard from for longest
        fourth = await connect()
        assert await second.ended()
        assert [await each.echo() for each in (first, third, fourth)] == [True, True, True]


async def test_a_flood_of_silent_connections_keeps_nobody_out():
    async with served(5) as connect:
        flood = [await connect() for _ in range(50)]
        late = await connect()
        assert await late.echo()
        assert await flood[0].ended()


async def test_who_left_makes_room():
    lost = asyncio.Event()
    async with served(2, lost) as connect:
        first, second = await connect(), await connect()
        second.writer.close()
        async with asyncio.timeout(PATIENCE):
            await lost.wait()
        third = await connect()
        assert await first.echo()
        assert await third.echo()


async def test_a_taken_address_is_an_error():
    async with listening(Echo, "127.0.0.1", 0, most=1) as (host, port):
        with pytest.raises(OSError, match="in use"):
            async with listening(Echo, host, port, most=1):
                pass


def test_connections_get_a_quarter_of_the_descriptors_at_most():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert room(512) == 64
        assert room(10) == 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nobody_is_forgotten_or_kept_when_all_have_left():
    crowd = Crowd(Echo, 2)
    guests = [crowd() for _ in range(5)]
    for guest in guests:
        guest.connection_made(Line())
    assert len(crowd) == 2
    for guest in guests:
        guest.connection_lost(None)
    assert len(crowd) == 0
