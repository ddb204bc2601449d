"""Whatever a broker does, the reader ends with a line, the thread that listens ends, and no password is told."""

import contextlib
import socket
import threading
import uuid

import pytest

from exporter.backends.celery import receiver as receiving
from exporter.backends.celery.receiver import Receiver
from exporter.backends.source import BackendError
from tests.exporter.backends.asking import reader
from tests.exporter.backends.test_faults import (
    BEGINNINGS,
    SECRET,
    broker,
    echoing,
    endless,
    endless_lines,
    garbage,
    half,
    hanging_up,
    silent,
    trickling,
)
from tests.harness import until


def ends(name):
    """Wait until nobody listens to the queue *name* any more."""
    until(lambda: f"events of {name}" not in {each.name for each in threading.enumerate()}, what="the thread has ended")


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize("manner", [silent, trickling, endless, endless_lines, half, garbage, hanging_up, echoing])
def test_a_broker_that_hangs_or_talks_nonsense_is_given_up_with_a_line(scheme, manner, caplog):
    waited_for = manner in {silent, trickling} or (manner is echoing and scheme == "amqp")
    timeout = 0.3 if waited_for else 30.0
    with broker(manner, BEGINNINGS[scheme]) as server:
        place = f"127.0.0.1:{server.port}"
        asked = reader("celery", f"{scheme}://guest:{SECRET}@{place}", timeout=timeout, name="bad")
        with contextlib.closing(asked):
            with pytest.raises(BackendError) as caught:
                asked.read()
            until(lambda: [record for record in caplog.records if record.msg == "events of a queue are not heard"])
        ends("bad")
    assert place in str(caught.value)
    for text in (str(caught.value), *(getattr(record, "why", "") for record in caplog.records)):
        assert SECRET not in text
        assert "\n" not in text


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_port_where_nobody_listens_says_so(scheme):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    asked = reader("celery", f"{scheme}://127.0.0.1:{port}", timeout=30, name="closed")
    with contextlib.closing(asked), pytest.raises(BackendError, match=r"does not answer .*refused.* running"):
        asked.read()
    ends("closed")


class Source:
    """Where a receiver listens: each connection gives what it is told to, until it is shut."""

    def __init__(self, *connections):
        self.connections = [*connections]
        self.opened, self.shut_down = 0, threading.Event()

    def __call__(self):
        self.opened += 1
        self.batches_ = self.connections.pop(0) if self.connections else OSError("no more")
        return self

    def __enter__(self):
        if isinstance(self.batches_, Exception):
            raise self.batches_
        return self

    def __exit__(self, *_error):
        pass

    def batches(self):
        yield from self.batches_
        self.shut_down.wait(60)
        raise ConnectionError("it was shut")

    def shut(self):
        self.shut_down.set()


class Hand:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def listen():
    """Make receivers, and end them."""
    with contextlib.ExitStack() as stack:

        def make(source, take, clock=None):
            receiver = Receiver(f"mail-{uuid.uuid4().hex[:8]}", source, take, clock or Hand())
            stack.callback(ends, receiver._name)
            stack.callback(receiver.end)
            return receiver

        yield make


def test_what_is_heard_is_handed_on_and_a_lost_connection_is_made_anew(listen):
    heard, source = [], Source([["a"], []], OSError("refused"), [["b"]])
    receiver = listen(source, heard.extend)
    receiver.begin()
    until(lambda: heard == ["a"])
    source.shut()
    until(lambda: heard == ["a", "b"])
    assert source.opened == 3


def test_a_connection_on_which_nothing_moves_is_ended(listen):
    clock, source, heard = Hand(), Source([["a"]]), []
    receiver = listen(source, heard.extend, clock)
    receiver.begin()
    until(lambda: heard)
    receiver.begin()
    assert not source.shut_down.is_set()
    clock.now = receiving.STUCK + 1
    receiver.begin()
    assert source.shut_down.is_set()


def test_a_bug_of_ours_is_named_and_listening_goes_on(listen, caplog):
    def stumble(batch):
        raise KeyError(batch[0])

    receiver = listen(Source([["a"]], [["b"]]), stumble)
    receiver.begin()
    until(lambda: {"KeyError('a')", "KeyError('b')"} <= {getattr(record, "why", "") for record in caplog.records})


def test_one_that_has_ended_does_not_begin_again():
    source = Source([["a"]])
    receiver = Receiver("over", source, lambda _: None, Hand())
    receiver.end()
    receiver.begin()
    ends("over")
    assert source.opened == 0
