"""What a daemon imports for its queues, and what it says where a driver is missing."""

import subprocess
import sys

import pytest

from tests.exporter.backends.asking import ROOT

ASKING = """
import sys
sys.modules[{package!r}] = None
from tests.exporter.backends.asking import reader
try:
    reader({backend!r}, {url!r}).read()
except Exception as error:
    print(type(error).__name__, error)
"""
DRIVERS = {"redis", "amqp", "celery", "kombu", "rq", "huey", "dramatiq", "pika"}


def told(program):
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("package", "backend", "url"),
    [
        ("redis", "rq", "redis://127.0.0.1:1"),
        ("redis", "huey", "redis://127.0.0.1:1"),
        ("redis", "dramatiq", "redis://127.0.0.1:1"),
        ("redis", "celery", "redis://127.0.0.1:1"),
        ("amqp", "dramatiq", "amqp://127.0.0.1:1"),
        ("amqp", "celery", "amqp://127.0.0.1:1"),
    ],
)
def test_a_missing_driver_says_how_it_gets_here(package, backend, url):
    said = told(ASKING.format(package=package, backend=backend, url=url))
    assert said == f'DriverError the Python package {package} is missing: pip install "hostmedic[{backend}]"'


def test_a_daemon_without_queues_of_others_imports_neither_their_readers_nor_their_drivers():
    found = told("import sys, medic.app.daemon; print(*sys.modules)").split()
    assert "exporter.backends.registry" in found
    assert not DRIVERS & {*found}
    assert not {name for name in found if name.startswith("exporter.backends.") and DRIVERS & {*name.split(".")}}
