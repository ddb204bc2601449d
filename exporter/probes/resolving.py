"""From names to addresses, without waiting for a resolver longer than may be."""

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

from exporter.crew import Crew
from medic.core.tasks import spared


class Address(NamedTuple):
    """Where to connect to."""

    family: socket.AddressFamily
    place: tuple[object, ...]
    """As ``socket.connect`` takes it; the address comes first."""


Lookup = Callable[[str, int], list[Address]]


def lookup(host: str, port: int) -> list[Address]:
    """Ask the system's resolver, which may block for minutes; raises OSError, or UnicodeError for what is no name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Address(family, place) for family, _, _, _, place in found]


class Resolver:
    """Looks names up in threads; one that is not found yet is waited for again and not asked again."""

    def __init__(self, crew: Crew, look: Lookup = lookup) -> None:
        """Ask nothing yet."""
        self._crew = crew
        self._look = look
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], Future[list[Address]]] = {}

    def find(self, host: str, port: int, timeout: float) -> list[Address]:
        """Return the addresses in the order in which to try them; raises TimeoutError, and what *look* raises."""
        if _is_address(host):
            return self._look(host, port)
        with self._lock:
            asked = self._open.get((host, port))
            if asked is None:
                asked = self._open[host, port] = Future()
                self._crew.start(partial(self._answer, host, port, asked))
        return asked.result(timeout)

    def _answer(self, host: str, port: int, asked: Future[list[Address]]) -> None:
        with spared() as raised:
            asked.set_result(self._look(host, port))
        with self._lock:
            del self._open[host, port]
        for error in raised:
            asked.set_exception(error)


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False
