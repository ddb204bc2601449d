"""What is to be probed, and what counts as an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Search = Callable[[str], bool]
"""Tells whether something stands anywhere in a text.

It must take linear time: Python's own matcher holds the interpreter's lock, so that a pattern that tries many ways
would stop the whole process and not its thread alone.
"""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are believed."""

    insecure: bool = False
    """Believe any certificate."""
    ca_file: Path | None = None
    """Believe these authorities instead of the system's."""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """A request, and what its answer must be."""

    name: str
    url: str = field(repr=False)
    """May hold user and password."""
    timeout: float
    """Seconds for all of it: name, connection, redirects and body."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    status: frozenset[int] = frozenset()
    """Empty accepts all of 200 to 299."""
    wanted: tuple[Search, ...] = ()
    """Each must find something in the body."""
    unwanted: tuple[Search, ...] = ()
    """None may find anything in the body."""
    trust: Trust = Trust()
    follow_redirects: bool = True


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """A connection, and what is to be heard on it."""

    name: str
    host: str
    port: int
    timeout: float
    """Seconds for all of it."""
    trust: Trust | None = None
    """None speaks without TLS."""
    send: bytes = field(default=b"", repr=False)
    expect: Search | None = None
    """Must find something in one line of what is heard after *send*."""


Probe = HttpProbe | TcpProbe
