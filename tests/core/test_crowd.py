import asyncio
import os
import resource
import socket
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import partial

import pytest

from medic.core.crowd import Crowd, listening, listening_at, near, room

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

    def get_write_buffer_size(self):
        return 0


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


@contextmanager
def no_more_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


async def test_at_the_limit_of_open_files_there_is_one_complaint_and_not_one_for_each_who_waits():
    complaints, complained = [], asyncio.Event()

    def complain(_loop, context):
        complaints.append(context["message"])
        complained.set()

    asyncio.get_running_loop().set_exception_handler(complain)
    async with listening(Echo, "127.0.0.1", 0, most=50) as address:
        with ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(socket.create_connection(address))  # held by the kernel until the loop runs
            with no_more_files():
                await complained.wait()
    assert len(complaints) == 1


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
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        assert room(512) == 4
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        assert room(512) == 1
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


class Fountain(asyncio.Protocol):
    """Pours out more than a client's buffers hold as soon as it hears anything."""

    def __init__(self, size, lost):
        self.size, self.lost = size, lost

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, _data):
        self.transport.write(b"x" * self.size)

    def connection_lost(self, _exc):
        self.lost.set()


@asynccontextmanager
async def pouring(size, stalled):
    lost = asyncio.Event()
    async with listening(partial(Fountain, size, lost), "127.0.0.1", 0, most=3, stalled=stalled) as address:
        reader, writer = await asyncio.open_connection(*address, limit=1024)
        writer.write(b"x")
        yield reader, lost
        writer.close()


async def test_a_client_that_takes_nothing_of_an_answer_is_cut_off():
    async with asyncio.timeout(PATIENCE), pouring(64 << 20, stalled=0.05) as (_, lost):
        await lost.wait()


async def test_a_client_that_takes_its_answer_gets_all_of_it_however_often_it_is_looked_at():
    async with asyncio.timeout(60), pouring(64 << 20, stalled=PATIENCE) as (reader, lost):
        assert len(await reader.readexactly(64 << 20)) == 64 << 20
        assert not lost.is_set()


async def test_who_goes_while_an_answer_waits_is_looked_at_no_more():
    guest = Crowd(Echo, 1, stalled=0.0)()
    guest.connection_made(Line())
    guest.pause_writing()
    guest.connection_lost(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert guest._look is None


@asynccontextmanager
async def at_door(path):
    async with listening_at(Echo, path, most=2):
        with near(path) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        yield Client(reader, writer)
        writer.close()


async def test_a_socket_in_the_file_system_lets_its_owner_in_and_goes_with_its_server(tmp_path):
    path = tmp_path / "door"
    async with at_door(path) as client:
        assert await client.echo()
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


async def test_a_socket_that_a_dead_process_left_is_replaced(tmp_path):
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with at_door(path) as client:
        assert await client.echo()


async def test_a_socket_may_lie_deeper_than_an_address_is_long(tmp_path):
    folder = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    folder.mkdir(parents=True)
    async with at_door(folder / "door") as client:
        assert await client.echo()
