"""Probes over TCP against real listeners."""

import contextlib

import pytest

from tests.exporter.probes.asking import SOON, ask_tcp
from tests.exporter.probes.services import tcp
from tests.harness import reserved_port


def greet(connection):
    connection.sendall(b"220 mail.example ready\r\n250 ok\r\n")
    connection.recv(1)


def echo(connection):
    while heard := connection.recv(1024):
        connection.sendall(b"you said " + heard)


def is_silent(connection):
    connection.recv(1024)


def babble(connection):
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"x" * 65536)


def test_a_port_that_takes_connections_is_well():
    with tcp(is_silent) as port:
        outcome = ask_tcp(port)
    assert (outcome.reason, outcome.over_http) == ("", False)
    assert outcome.trail.answer is None
    assert list(outcome.trail.phases) == ["resolve", "connect", "tls"]


def test_a_greeting_is_listened_for_line_by_line():
    with tcp(greet) as port:
        assert ask_tcp(port, expect=lambda line: line == "220 mail.example ready").success
        assert ask_tcp(port, expect=lambda line: line.startswith("250")).success


def test_what_is_to_be_said_is_said_first():
    with tcp(echo) as port:
        assert ask_tcp(port, send=b"PING\r\n", expect=lambda line: line == "you said PING").success


def test_a_last_line_needs_no_end():
    with tcp(lambda connection: connection.sendall(b"+PONG")) as port:
        assert ask_tcp(port, expect=lambda line: line == "+PONG").success


def test_what_is_not_said_before_the_end_fails_for_its_pattern():
    with tcp(lambda connection: connection.sendall(b"no\nnever\n")) as port:
        outcome = ask_tcp(port, expect=lambda line: line == "yes")
    assert (outcome.reason, outcome.by_pattern) == ("did not say what is expected in 9 bytes", True)


def test_a_service_without_a_line_is_listened_to_for_a_mebibyte():
    with tcp(babble) as port:
        outcome = ask_tcp(port, expect=lambda line: "y" in line)
    assert outcome.reason == "did not say what is expected in 1048576 bytes"


def test_a_silent_service_fails_at_the_deadline():
    with tcp(is_silent) as port:
        outcome = ask_tcp(port, timeout=SOON, expect=lambda _: True)
    assert (outcome.success, outcome.by_pattern) == (False, False)
    assert outcome.reason.startswith(f"{SOON:g} s passed")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_where_nobody_listens_refuses(host):
    with reserved_port() as port:
        assert ask_tcp(port, host=host).reason.startswith("no connection")
