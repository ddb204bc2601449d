"""What holds of every probe: its turn, its deadline, and that it never raises what a service did."""

import socket
import threading
import time

import pytest

from exporter.crew import Crew
from exporter.probes.connection import Deadline, connect
from exporter.probes.prober import BusyError, Prober
from exporter.probes.resolving import Address, Resolver, lookup
from exporter.probes.spec import HttpProbe, TcpProbe
from tests.exporter.probes.asking import PATIENCE, SOON
from tests.exporter.probes.services import tcp
from tests.fakes import HandClock
from tests.harness import reserved_port, until


def test_a_resolver_that_hangs_holds_no_probe_and_is_asked_once():
    answered, asked = threading.Event(), []

    def hang(host, port):
        asked.append(host)
        answered.wait(60)
        return lookup("127.0.0.1", port)

    resolver = Resolver(Crew("test"), hang)
    prober = Prober(time.monotonic, resolver)
    with tcp(lambda _: None) as port:
        probe = TcpProbe("db", "db.example", port, SOON)
        for _ in range(2):
            outcome = prober.run(probe)
            assert outcome.reason == f"{SOON:g} s passed while it waited for the address of its name"
            assert outcome.trail.lookup is None
        assert asked == ["db.example"]
        answered.set()
        assert prober.run(TcpProbe("db", "db.example", port, PATIENCE)).success


def test_what_the_resolver_raises_is_the_outcome():
    def refuse(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    outcome = Prober(time.monotonic, Resolver(Crew("test"), refuse)).run(TcpProbe("db", "db.example", 1, PATIENCE))
    assert outcome.reason == "its name is not known: Name or service not known"


def test_a_bug_of_the_resolver_reaches_who_asked():
    def break_(host, port):
        raise ZeroDivisionError

    resolver = Resolver(Crew("test"), break_)
    with pytest.raises(ZeroDivisionError):
        resolver.find("db.example", 1, PATIENCE)


def test_no_more_than_some_probes_are_under_way(plain):
    prober = Prober(time.monotonic, at_once=1)
    first = threading.Thread(target=prober.run, args=(HttpProbe("web", plain.url("/hang"), PATIENCE),))
    first.start()
    until(lambda: plain.seen, what="the first probe is under way")
    with pytest.raises(BusyError, match="too many probes"):
        prober.run(HttpProbe("web", plain.url("/ok"), PATIENCE), turn=0.05)
    plain.released.set()
    first.join()
    assert prober.run(HttpProbe("web", plain.url("/ok"), PATIENCE)).success


def test_the_first_address_that_takes_a_connection_is_used():
    with reserved_port() as closed, tcp(lambda _: None) as port:
        places = [Address(socket.AF_INET, ("127.0.0.1", each)) for each in (closed, port)]
        connected, address = connect(places, Deadline(PATIENCE, time.monotonic))
        with connected:
            assert (address, connected.getpeername()[1]) == ("127.0.0.1", port)
        with pytest.raises(ConnectionRefusedError):
            connect(places[:1], Deadline(PATIENCE, time.monotonic))
        with pytest.raises(OSError, match="no address"):
            connect([], Deadline(PATIENCE, time.monotonic))


def test_a_deadline_passes_once():
    clock = HandClock()
    deadline = Deadline(5.0, clock.monotonic)
    clock.pass_by(seconds=4)
    assert deadline.left() == pytest.approx(1.0)
    clock.pass_by(seconds=1)
    with pytest.raises(TimeoutError):
        deadline.left()


def test_the_log_tells_each_step(plain):
    outcome = Prober(time.monotonic).run(HttpProbe("web", plain.url("/ok"), PATIENCE))
    told = [note.text for note in outcome.trail.log]
    assert told == [
        f"asking GET http://localhost:{plain.port}/ok",
        told[1],
        f"connected to 127.0.0.1 port {plain.port}",
        "answered 200",
        "succeeded",
    ]
    assert told[1].startswith("localhost is at ")
    assert [note.seconds for note in outcome.trail.log] == sorted(note.seconds for note in outcome.trail.log)
