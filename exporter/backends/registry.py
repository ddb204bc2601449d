"""The backends of queues: how a reader is built for each, by the name that stands in the configuration.

A backend is a module with ``build(source, gates) -> Reader``. ``build`` neither blocks nor imports a driver: a driver
is imported at the first ``read``, and a missing one raises ``DriverError`` there, so that one queue is down and Medic
runs. The modules are imported by `build`, so that a daemon pays for the backends that it has.
A queue has one reader for as long as Medic runs; counters that a backend counts by itself live in it, begin at 0 and
never fall (`medic.app.figures` makes windows and ratios out of them, also over a restart of Medic).

A backend that must listen all the time starts a daemon thread of its own at the first ``read``, which then tells what
the thread has gathered; ``close`` tells the thread to end and does not wait for it. What it gathers is bounded.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from exporter.backends.source import Gates, Reader, Source

Build = Callable[[Source, Gates], Reader]

BACKENDS: Mapping[str, str] = {
    "embedded": "http",
    "http": "http",
    "rq": "rq",
    "huey": "huey",
    "dramatiq": "dramatiq",
    "rabbitmq": "rabbitmq",
    "celery": "celery.reader",
}
"""The module of each, in this package."""


def build(source: Source, gates: Gates) -> Reader:
    """Make the reader of a queue; nothing is asked yet. Raises KeyError for a backend that there is not."""
    make: Build = import_module(f"{__package__}.{BACKENDS[source.backend]}").build
    return make(source, gates)
