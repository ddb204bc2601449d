import contextlib
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.amqp import Length, lengths, told
from exporter.backends.complaints import translated
from exporter.backends.drivers.amqp import LARGEST_FRAME, DialledConnection
from exporter.backends.source import BackendError, Source
from exporter.backends.wire import Line
from tests.exporter.backends.tls import front
from tests.exporter.probes.services import issue

END = b"\xce"


def method(class_, number, content):
    payload = struct.pack(">HH", class_, number) + content
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + END


START = method(10, 10, b"\x00\x09" + bytes(4) + struct.pack(">I", 5) + b"PLAIN" + struct.pack(">I", 5) + b"en_US")


@contextlib.contextmanager
def spoken(content):
    """Make a connection to a broker that says *content* and hangs up."""
    ours, theirs = socket.socketpair()
    source = Source("mail", "dramatiq", "amqp://there")
    with theirs, contextlib.closing(Line(ours)) as line, translated(source, "the broker", told):
        theirs.sendall(content)
        theirs.shutdown(socket.SHUT_WR)
        yield DialledConnection(line, userid="me", password="hunter2", virtual_host="/", heartbeat=0, step=30)


def tune(frame_max):
    return method(10, 30, struct.pack(">HIH", 100, frame_max, 60)) + method(10, 41, b"\0")


@pytest.mark.parametrize(("announced", "used"), [(0xFFFF_FFFF, LARGEST_FRAME), (4_096, 4_096), (0, LARGEST_FRAME)])
def test_no_broker_has_us_set_memory_aside(announced, used):
    with spoken(START + tune(announced)) as connection:
        connection.connect()
        assert connection.frame_max == used


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2, "is it an AMQP broker"),
        (START[:-1] + b"\xcd", "does not speak AMQP"),
        (START.replace(b"PLAIN", b"MAGIC"), "does not speak AMQP"),
        (START + method(10, 50, struct.pack(">H", 403) + b"\x08go\naway!" + bytes(4)), "refuses: go away!"),
        (START + method(99, 1, b""), "does not speak AMQP"),
    ],
)
def test_what_is_no_amqp_is_an_error_in_a_line(content, said):
    with pytest.raises(BackendError, match=said) as caught, spoken(content) as connection:
        connection.connect()
    assert "\n" not in str(caught.value)


@given(st.binary() | st.binary().map(lambda more: START + more))
def test_any_bytes_are_an_error(content):
    with pytest.raises(BackendError) as caught, spoken(content) as connection:
        connection.connect()
    assert "hunter2" not in str(caught.value)


@pytest.mark.needs("rabbitmq", "openssl")
def test_a_broker_over_tls_is_asked_when_its_authority_is_named(rabbitmq, tmp_path):
    made = issue(tmp_path)
    with front(made, rabbitmq.port) as server:
        url = f"amqps://guest:guest@localhost:{server.port}"
        assert lengths(Source("mail", "dramatiq", url, timeout=30, ca_file=made.authority), ["none", "amq.none"]) == [
            None,
            None,
        ]
        with pytest.raises(BackendError, match="certificate verify failed"):
            lengths(Source("mail", "dramatiq", url, timeout=30), ["none"])


@pytest.mark.needs("rabbitmq")
def test_queues_that_there_are_and_queues_that_there_are_not_are_told_apart(rabbitmq):
    import amqp

    with amqp.Connection(f"127.0.0.1:{rabbitmq.port}") as connection:
        channel = connection.channel()
        name = channel.queue_declare("", exclusive=False, auto_delete=False).queue
        channel.basic_publish(amqp.Message("1"), "", name)
        channel.basic_publish(amqp.Message("2"), "", name)
        connection.channel().queue_declare(name, passive=True)
        found = lengths(Source("mail", "dramatiq", rabbitmq.url, timeout=30), ["none", name, "none"])
        channel.queue_delete(name)
    assert found == [None, Length(2, 0), None]
