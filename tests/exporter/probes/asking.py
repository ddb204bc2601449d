"""Probing in tests."""

import time

from exporter.probes.prober import Prober
from exporter.probes.spec import HttpProbe, TcpProbe

PATIENCE = 30.0
SOON = 0.2
"""For probes that are meant to run out of time."""


def ask(url, timeout=PATIENCE, **more):
    return Prober(time.monotonic).run(HttpProbe("web", url, timeout, **more))


def ask_tcp(port, timeout=PATIENCE, host="127.0.0.1", **more):
    return Prober(time.monotonic).run(TcpProbe("db", host, port, timeout, **more))
