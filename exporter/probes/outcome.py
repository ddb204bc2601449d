"""What a probe found: written down while it runs, read when it has ended."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from medic.core.errors import MedicError


class ProbeError(MedicError):
    """The service did not answer as it should."""


class PatternError(ProbeError):
    """What it answered does not match, or does and must not."""


class Note(NamedTuple):
    """A line of a probe's log; it repeats no secret."""

    seconds: float
    """Since the probe began."""
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The last HTTP response."""

    status: int
    version: float
    """1.0 or 1.1."""
    secure: bool
    length: int | None
    """What its Content-Length says."""
    modified: float | None
    """What its Last-Modified says, in unixtime."""
    read: int | None = None
    """Bytes of the body; None while it was not read to its end."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The certificates of a TLS connection; times in unixtime."""

    version: str
    """As Go writes it: ``TLS 1.3``."""
    earliest_expiry: float | None
    """Of all certificates that were sent."""
    chain_expiry: float | None
    """Of the chain that was verified; None where none was."""
    fingerprint: str
    """SHA-256 of the service's own certificate, in hexadecimal digits."""
    issuer: str
    subject: str
    names: str
    """The DNS names that it stands for, joined by commas."""


@dataclass(slots=True)
class Trail:
    """What a running probe has found so far; of one thread alone."""

    time: Callable[[], float]
    """A monotonic clock in seconds."""
    began: float = 0.0
    stage: str = ""
    """The phase that it is in."""
    lookup: float | None = None
    """Seconds that the first name took."""
    address: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds of each phase that was gone through, summed over all redirects."""
    redirects: int = 0
    answer: Answer | None = None
    chain: Chain | None = None
    log: list[Note] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Write a line of the log."""
        self.log.append(Note(self.time() - self.began, text))

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to a phase; one that raises is not counted, for it has not ended."""
        self.stage, started = name, self.time()
        yield
        self.phases[name] = self.phases.get(name, 0.0) + self.time() - started


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run of a probe."""

    probe: str
    over_http: bool
    seconds: float
    reason: str
    """Why it did not succeed; empty when it did."""
    by_pattern: bool
    """Whether that is for a pattern."""
    trail: Trail
    """As the probe left it; nobody writes it any more."""

    @property
    def success(self) -> bool:
        """Tell whether the service answered as it should."""
        return not self.reason
