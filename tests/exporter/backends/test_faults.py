"""Whatever a broker does, its reader ends, says why in a line, and leaves nothing open."""

import contextlib
import socket
import threading

import pytest

from exporter.backends.source import BackendError
from tests.exporter.backends.asking import reader

SECRET = "hunter2"
BACKENDS = {
    "http": ("http", "http"),
    "rabbitmq": ("rabbitmq", "http"),
    "rq": ("rq", "redis"),
    "huey": ("huey", "redis"),
    "dramatiq-redis": ("dramatiq", "redis"),
    "dramatiq-amqp": ("dramatiq", "amqp"),
    "dramatiq-http": ("dramatiq", "http"),
}
BEGINNINGS = {
    "http": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{",
    "redis": b"+OK\r\n*1000000\r\n",
    "amqp": b"\x01\x00\x00\x00\x01\x00\x00\x00\x0a\x00\x0a",
}


def silent(connection, _):
    """Say nothing until the other side gives up."""
    while connection.recv(4096):
        pass


def trickling(connection, beginning):
    """Say the right thing, for ever: a byte now and then, so that no timeout of one read comes to its end."""
    connection.sendall(beginning)
    pause = threading.Event()
    while True:
        connection.sendall(b" ")
        pause.wait(0.01)


def endless(connection, beginning):
    connection.sendall(beginning)
    while True:
        connection.sendall(b"+" * 65_536)


def endless_lines(connection, beginning):
    connection.sendall(beginning)
    while True:
        connection.sendall(b":1\r\n" * 16_384)


def half(connection, beginning):
    connection.recv(4096)
    connection.sendall(beginning)


def garbage(connection, _):
    connection.recv(4096)
    connection.sendall(bytes(range(256)) * 8)


def hanging_up(connection, _):
    connection.recv(4096)


def echoing(connection, _):
    """Repeat what was said, a password too."""
    while said := connection.recv(4096):
        connection.sendall(said)


class Broker:
    """Listens, and treats each connection badly in a thread of its own."""

    def __init__(self, manner, beginning):
        self.manner, self.beginning = manner, beginning
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                thread = threading.Thread(target=self.treat, args=(connection,))
                thread.start()
                self.threads.append(thread)

    def treat(self, connection):
        with connection, contextlib.suppress(OSError):
            self.manner(connection, self.beginning)

    def end(self):
        """Stop to listen; that every thread ends proves that the reader has closed its connections."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


@contextlib.contextmanager
def broker(manner, beginning=b""):
    made = Broker(manner, beginning)
    try:
        yield made
    finally:
        made.end()


def asked(backend, port, *, timeout):
    kind, scheme = BACKENDS[backend]
    return reader(kind, f"{scheme}://guest:{SECRET}@127.0.0.1:{port}", timeout=timeout)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("manner", [silent, trickling, endless, endless_lines, half, garbage, hanging_up, echoing])
def test_a_broker_that_hangs_or_talks_nonsense_is_given_up_with_a_line(backend, manner):
    timeout = 0.3 if manner in {silent, trickling} else 30.0
    with broker(manner, BEGINNINGS[BACKENDS[backend][1]]) as server:
        with pytest.raises(BackendError) as caught:
            asked(backend, server.port, timeout=timeout).read()
        assert f"127.0.0.1:{server.port}" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("backend", "beginning", "words"),
    [
        ("rq", b"+", "a line without end"),
        ("dramatiq-amqp", b"\x01\0\0\x7f\xff\xff\xff", "a length that was not agreed"),
    ],
)
def test_what_is_longer_than_any_protocol_has_it_is_not_gathered(backend, beginning, words):
    with broker(endless, beginning) as server, pytest.raises(BackendError, match=words):
        asked(backend, server.port, timeout=30).read()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_port_where_nobody_listens_says_so(backend):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(BackendError, match=r"does not answer .*refused.* running"):
        asked(backend, port, timeout=30).read()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_host_that_takes_no_connection_is_given_up(backend):
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = full.getsockname()[1]
        for _ in range(3):  # the queue of connections holds one more than its backlog
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        with pytest.raises(BackendError, match="does not answer"):
            asked(backend, port, timeout=0.2).read()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_name_that_nobody_can_have_says_so(backend):
    kind, scheme = BACKENDS[backend]
    with pytest.raises(BackendError, match="does not answer"):
        reader(kind, f"{scheme}://{'x' * 64}:1", timeout=30).read()
