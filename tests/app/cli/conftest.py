"""A real daemon for the commands to talk to: one for all tests of this folder, which each leaves as it was."""

import sys

import pytest

from tests.harness import Medic, reserved_port

REMEDY = {
    "name": "restart-pair",
    "match": ['alertname="Never"'],
    "target": "pool:pair",
    "do": {"restart": {}},
}


def configuration(folder, port):
    sleeper = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
    return {
        "listen": "127.0.0.1:0",
        "interval": "200ms",
        "queues": [{"name": "orders", "listen": f"127.0.0.1:{port}"}],
        "workers": [{"pool": "pair", "command": sleeper, "count": 2}],
        "jobs": [
            {"name": "canary", "enabled": False},
            {"name": "flag", "every": "365d", "run": ["test", "-e", str(folder / "flag")], "missed": "none"},
        ],
        "remedies": [REMEDY],
        "healing": {"rest": "0s"},
    }


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    with reserved_port() as port:
        folder = tmp_path_factory.mktemp("daemon")
        medic = Medic(folder, configuration(folder, port))
        try:
            yield medic.start()
        finally:
            medic.sweep()


@pytest.fixture
def idle(tmp_path):
    """A configuration on whose state folder no daemon runs."""
    with reserved_port() as port:
        medic = Medic(tmp_path / "idle", configuration(tmp_path, port))
        medic.write()
        yield medic
        medic.sweep()
