import contextlib
import signal
import socket
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.backends.complaints import translated
from exporter.backends.drivers.redis import KEPT, DialledConnection
from exporter.backends.redis import Redis, Refusal, accepted, connected, number, scored, texts, told
from exporter.backends.source import BackendError, Source
from exporter.backends.wire import LARGEST, Line
from tests import brokers
from tests.exporter.probes.services import issue
from tests.harness import reserved_port, until


@contextlib.contextmanager
def conversation(*, most=LARGEST):
    """Yield our side of a connection, over which no more than *most* is received, and theirs."""
    ours, theirs = socket.socketpair()
    source = Source("mail", "rq", "redis://there")
    with theirs, contextlib.closing(Line(ours)) as line, translated(source, "Redis", told):
        line.left = most
        connection = DialledConnection(line, username=None, password=None, database=0)
        connection.connect()
        yield Redis(connection), theirs


def answer(content, commands=1, **more):
    with conversation(**more) as (redis, theirs):
        theirs.sendall(content)
        theirs.shutdown(socket.SHUT_WR)
        return redis.ask(*[("PING",)] * commands)
    return None


def never():
    return False


def test_every_kind_of_reply_is_read():
    content = (
        b"+OK\r\n:12\r\n$5\r\nab\r\nc\r\n$-1\r\n*-1\r\n*2\r\n$1\r\na\r\n*1\r\n:-3\r\n-ERR no\r\n-WRONGTYPE it is\r\n"
    )
    said = [b"OK", 12, b"ab\r\nc", None, None, [b"a", [-3]], Refusal("ERR no"), Refusal("WRONGTYPE it is")]
    assert answer(content, 8) == said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n",
        b":1",
        b":x\r\n",
        b"$9\r\nabc",
        b"$-\r\n",
        b"*1\r\n" * 5_000,
        b"+" + b"a" * 9_000,
    ],
)
def test_what_is_no_reply_is_an_error_with_the_address(content):
    with pytest.raises(BackendError, match=r"^redis://there "):
        answer(content)


@pytest.mark.parametrize("content", [b"$99999999999\r\n" + b"a" * 70_000, b"*99999999999\r\n" + b":1\r\n" * 2_000])
def test_a_reply_without_end_is_given_up(content):
    with pytest.raises(BackendError, match="without end"):
        answer(content, most=65_536)


def test_who_listens_may_receive_more_in_all_than_in_one_reading():
    with conversation(most=500) as (redis, theirs):
        for _ in range(3):
            theirs.sendall(b"*2\r\n$7\r\nmessage\r\n$1\r\na\r\n")
            assert redis.has_more(30, never)
            assert redis.receive() == [b"message", b"a"]


def test_a_flood_of_messages_is_not_kept():
    text = b"a" * 50_000
    with conversation() as (redis, theirs):
        theirs.sendall(b"+")
        for _ in range(3 * KEPT // len(text)):
            theirs.sendall(text + b"\r\n+")  # the next one has begun before this one is read
            assert redis.has_more(30, never)
            assert redis.receive() == text
        assert redis._connection._parser._buffer._buffer.getbuffer().nbytes < 2 * KEPT


def test_who_listens_gives_up_a_message_that_does_not_end():
    def late():
        return bool(received)

    def listen():
        with conversation() as (redis, theirs):
            theirs.sendall(b"+OK")
            received.append(redis.has_more(30, late))
            redis.receive()

    received = []
    with pytest.raises(BackendError, match="in time"):
        listen()
    assert received == [True]


@given(st.binary() | st.lists(st.sampled_from([b"*2\r\n", b"$1\r\n", b":1\r\n", b"a\r\n", b"*\r\n"])).map(b"".join))
@example(b"*2\r\n:1\r\n")
@example(b"-\r\n-\r\n")
def test_any_bytes_are_replies_or_an_error(content):
    try:
        assert len(answer(content, 2)) == 2
    except BackendError:
        return


def test_a_reply_of_another_kind_is_told():
    for read, reply in ((number, b"x"), (texts, 3), (scored, [b"a", b"one"]), (scored, [b"a"])):
        with pytest.raises(BackendError, match="is it a Redis"):
            read(reply)
    with pytest.raises(BackendError, match="put user and password into the address"):
        accepted(Refusal("NOAUTH Authentication required."))


def ask(url, *command):
    with connected(Source("mail", "rq", url, timeout=30)) as redis:
        return redis.ask(command)[0]


@pytest.mark.needs("redis")
def test_a_database_is_chosen_by_the_address(redis):
    client = redis.client()
    client.execute_command("SELECT", 3)
    client.set("medic", "three")
    client.close()
    address = redis.url.removesuffix("/0")
    assert ask(f"{address}/3", "GET", "medic") == b"three"
    assert ask(address, "GET", "medic") is None
    with pytest.raises(BackendError, match=r"refuses: ERR .*out of range"):
        ask(f"{address}/99", "PING")
    with pytest.raises(BackendError, match="names no database"):
        ask(f"{address}/three", "PING")


@pytest.mark.needs("redis")
def test_user_and_password_are_given_and_never_shown(tmp_path):
    with brokers.Redis(tmp_path, "--requirepass", "p@ss:word", "--unixsocket", str(tmp_path / "r.sock")) as server:
        assert ask(f"redis://:p%40ss%3Aword@127.0.0.1:{server.port}", "PING") == b"PONG"
        assert ask(f"redis://default:p%40ss%3Aword@127.0.0.1:{server.port}", "PING") == b"PONG"
        assert ask(f"unix://:p%40ss%3Aword@{tmp_path}/r.sock?db=2", "PING") == b"PONG"
        with pytest.raises(BackendError, match="refuses user and password") as caught:
            ask(f"redis://:hunter2@127.0.0.1:{server.port}", "PING")
        assert "hunter2" not in str(caught.value)
        assert ask(f"redis://127.0.0.1:{server.port}", "PING") == Refusal("NOAUTH Authentication required.")


@pytest.mark.needs("redis")
def test_a_server_that_stands_still_is_given_up_and_serves_again_afterwards(tmp_path):
    with brokers.Redis(tmp_path) as server:
        server.process.send_signal(signal.SIGSTOP)
        with (
            pytest.raises(BackendError, match=r"no whole answer within 0\.2 s"),
            connected(Source("mail", "rq", server.url, timeout=0.2)) as redis,
        ):
            redis.ask(("PING",))
        server.process.send_signal(signal.SIGCONT)
        assert until(lambda: ask(server.url, "PING"), what="it answers again") == b"PONG"


@pytest.mark.needs("redis", "openssl")
def test_redis_over_tls_is_asked_when_its_authority_is_named(tmp_path):
    made = issue(tmp_path)
    options = ("--tls-cert-file", made.file, "--tls-key-file", made.key, "--tls-ca-cert-file", made.authority)
    with reserved_port() as port:
        secured = ("--tls-port", port, *options, "--tls-auth-clients", "no")
        with brokers.Redis(tmp_path, *map(str, secured)):
            source = Source("mail", "rq", f"rediss://localhost:{port}", timeout=30, ca_file=made.authority)
            with connected(source) as redis:
                assert redis.ask(("PING",)) == [b"PONG"]
            with (
                pytest.raises(BackendError, match="certificate verify failed"),
                connected(replace(source, ca_file=None)),
            ):
                pass
