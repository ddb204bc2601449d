"""Heartbeats on real sockets."""

import asyncio
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.errors import MedicError
from tests.workers.scene import PATIENCE
from workers.heartbeats import Listener, says_alive
from workers.slots import LONGEST_ADDRESS, Place


@pytest.mark.parametrize("datagram", [b"READY=1", b"WATCHDOG=1", b"STATUS=at it\nWATCHDOG=1\n", b"READY=1\nMAINPID=3"])
def test_signs_of_life(datagram):
    assert says_alive(datagram)


@pytest.mark.parametrize("datagram", [b"", b"STOPPING=1", b"STATUS=READY=1", b"WATCHDOG=trigger", b"WATCHDOG=10"])
def test_other_messages(datagram):
    assert not says_alive(datagram)


@given(st.binary())
def test_no_datagram_harms(datagram):
    assert says_alive(datagram) is bool({b"READY=1", b"WATCHDOG=1"} & set(datagram.split(b"\n")))


def send(address, datagram):
    """Do as sd_notify(3) says."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(datagram, address.replace("@", "\0", 1) if address.startswith("@") else address)


class Silence:
    def __init__(self):
        self.count = 0
        self._event = asyncio.Event()

    def __call__(self):
        self.count += 1
        self._event.set()

    async def comes(self):
        async with asyncio.timeout(PATIENCE):
            await self._event.wait()


@pytest.fixture(params=["path", "abstract"])
def address(request, tmp_path):
    return f"@medic-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")


async def test_a_silent_worker_is_told_of_once(address):
    silence = Silence()
    listener = Listener(address, 0.02, silence)
    await silence.comes()
    listener.close()
    assert silence.count == 1


async def test_each_beat_begins_the_wait_anew(address):
    patience, pause, beats = 0.6, 0.2, 4
    silence, loop = Silence(), asyncio.get_running_loop()
    listener = Listener(address, patience, silence)
    begun = loop.time()
    for beat in range(1, beats + 1):
        beaten = loop.create_future()
        loop.call_at(begun + beat * pause, lambda beaten=beaten: beaten.set_result(send(address, b"WATCHDOG=1")))
        await beaten
    await silence.comes()
    listener.close()
    assert loop.time() - begun >= beats * pause + patience


async def test_a_worker_that_floods_us_leaves_the_loop_to_others(address):
    listener = Listener(address, PATIENCE, Silence())
    read = 0

    class Flood:
        """A socket that always has another datagram."""

        def recv(self, _size):
            nonlocal read
            read += 1
            return b"STATUS=busy"

    own, listener._socket = listener._socket, Flood()
    listener._read()
    listener._socket = own
    listener.close()
    assert 0 < read < 1000


async def test_a_message_that_is_no_beat_is_no_sign_of_life(address):
    silence, loop = Silence(), asyncio.get_running_loop()
    listener = Listener(address, 0.05, silence)
    begun = loop.time()
    send(address, b"STOPPING=1")
    await silence.comes()
    listener.close()
    assert loop.time() - begun < PATIENCE / 2


async def test_beats_that_came_while_we_were_busy_count(address):
    silence = Silence()
    listener = Listener(address, 0.3, silence)
    send(address, b"WATCHDOG=1")
    busy_until = asyncio.get_running_loop().time() + 0.31
    while asyncio.get_running_loop().time() < busy_until:
        pass
    await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0)
    assert silence.count == 0
    listener.close()


async def test_the_address_can_be_taken_again_by_the_next_daemon(address):
    Listener(address, PATIENCE, Silence()).close()
    again = Listener(address, PATIENCE, Silence())
    again.close()
    again.close()


async def test_an_address_that_cannot_be_bound_is_refused_with_advice(tmp_path):
    with pytest.raises(MedicError, match=r"cannot listen for heartbeats on .*; check who owns it"):
        Listener(str(tmp_path / "no" / "folder"), 1, Silence())


def test_a_path_that_is_too_long_for_a_socket_becomes_an_abstract_address(tmp_path):
    short, long = Place(tmp_path / "s", "rpa", 1), Place(tmp_path / ("x" * LONGEST_ADDRESS), "rpa", 1)
    assert short.address == str(tmp_path / "s" / "workers" / "rpa.1.notify")
    assert long.address.startswith("@medic-")
    assert len(long.address) <= LONGEST_ADDRESS
    assert long.address != Place(long.state, "rpa", 2).address
