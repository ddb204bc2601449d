import os
import socket

import pytest

from medic.core.notify import READY, take_notify, take_watchdog


def test_the_supervisor_hears_what_is_told(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        take_notify()(READY)
        assert supervisor.recv(100) == b"READY=1"


def test_an_abstract_address_is_understood(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("")
        supervisor.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", supervisor.getsockname().decode().replace("\0", "@"))
        take_notify()(READY)
        assert supervisor.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_how_often_the_supervisor_wants_to_hear_us_is_taken_from_it_if_it_means_us(monkeypatch, environment, seconds):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert take_watchdog() == seconds
    assert not {"WATCHDOG_USEC", "WATCHDOG_PID"} & set(os.environ)


def test_no_child_inherits_the_address(monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "@somewhere")
    take_notify()
    assert "NOTIFY_SOCKET" not in os.environ


def test_nobody_to_tell_is_no_trouble(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    take_notify()(READY)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    take_notify()(READY)
