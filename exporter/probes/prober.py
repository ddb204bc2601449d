"""One run of a probe: it ends at its deadline, and whatever goes wrong is its outcome."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable

from exporter.crew import Crew
from exporter.probes import http as over_http
from exporter.probes import tcp as over_tcp
from exporter.probes.certificates import chain_of, context_of
from exporter.probes.connection import Channel, Deadline, connect, secure
from exporter.probes.outcome import Outcome, PatternError, ProbeError, Trail
from exporter.probes.requests import Origin
from exporter.probes.resolving import Resolver
from exporter.probes.spec import HttpProbe, Probe, TcpProbe, Trust
from medic.core.errors import MedicError

AT_ONCE = 16
"""Probes that may be under way."""
TURN = 5.0
"""Seconds that a probe waits for its turn."""

WAITED_FOR = {
    "": "the beginning",
    "resolve": "the address of its name",
    "connect": "the connection",
    "tls": "the TLS handshake",
    "processing": "the answer",
    "transfer": "the end of the answer",
}


class BusyError(MedicError):
    """Too many probes are under way."""


class Prober:
    """Runs probes in whatever thread asks for it, no more than some at once."""

    def __init__(self, time: Callable[[], float], resolver: Resolver | None = None, *, at_once: int = AT_ONCE) -> None:
        """Ask nothing yet; *time* is a monotonic clock in seconds."""
        self._time = time
        self._resolver = resolver or Resolver(Crew("resolver"))
        self._turns = threading.BoundedSemaphore(at_once)

    def run(self, probe: Probe, *, turn: float = TURN) -> Outcome:
        """Probe once; blocks for its timeout at most, and before it for its turn. Raises BusyError without one."""
        if not self._turns.acquire(timeout=turn):
            raise BusyError("too many probes are under way; give them less time or probe less often")
        try:
            return self._run(probe)
        finally:
            self._turns.release()

    def _run(self, probe: Probe) -> Outcome:
        _prepare(probe)
        trail = Trail(self._time, began=self._time())
        error: Exception | None = None
        try:
            self._ask(probe, trail, Deadline(probe.timeout, self._time))
        except (MedicError, OSError, http.client.HTTPException, UnicodeError) as raised:
            error = raised
        reason = "" if error is None else explain(error, trail, probe.timeout)
        trail.note(reason or "succeeded")
        return Outcome(
            probe=probe.name,
            over_http=isinstance(probe, HttpProbe),
            seconds=self._time() - trail.began,
            reason=reason,
            by_pattern=isinstance(error, PatternError),
            trail=trail,
        )

    def _ask(self, probe: Probe, trail: Trail, deadline: Deadline) -> None:
        if isinstance(probe, HttpProbe):

            def dial(origin: Origin) -> Channel:
                trust = probe.trust if origin.scheme == "https" else None
                return self._dial(origin.host, origin.port, trust, trail, deadline)

            over_http.ask(probe, dial, trail)
        else:
            with self._dial(probe.host, probe.port, probe.trust, trail, deadline) as channel:
                over_tcp.ask(probe, channel, trail)

    def _dial(self, host: str, port: int, trust: Trust | None, trail: Trail, deadline: Deadline) -> Channel:
        context = None if trust is None else _context(trust)
        connected = self._connect(host, port, trail, deadline)
        trail.chain = None
        if context is None:
            trail.phases.setdefault("tls", 0.0)
            return Channel(connected, deadline)
        with trail.phase("tls"):
            safe = secure(connected, context, host, deadline)
        try:
            trail.chain = chain_of(safe)
        except BaseException:
            safe.close()
            raise
        trail.note(f"speaks {trail.chain.version} as {trail.chain.subject}")
        return Channel(safe, deadline)

    def _connect(self, host: str, port: int, trail: Trail, deadline: Deadline) -> socket.socket:
        with trail.phase("resolve"):
            addresses = self._resolver.find(host, port, deadline.left())
        if trail.lookup is None:
            trail.lookup = trail.phases["resolve"]
        trail.address = str(addresses[0].place[0])
        trail.note(f"{host} is at {', '.join(str(each.place[0]) for each in addresses)}")
        with trail.phase("connect"):
            connected, trail.address = connect(addresses, deadline)
        trail.note(f"connected to {trail.address} port {port}")
        return connected


def explain(error: Exception, trail: Trail, timeout: float) -> str:
    """Say in a line why a probe failed, without what its address or its headers may hold of secrets."""
    if isinstance(error, TimeoutError):
        return f"{timeout:g} s passed while it waited for {WAITED_FOR[trail.stage]}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not good: {error.verify_message}"
    if isinstance(error, MedicError):
        return str(error)
    if isinstance(error, OSError):
        return f"{_failed(trail.stage)}: {error.strerror or error}"
    if isinstance(error, UnicodeError):
        return "has a name that is none of a host"
    return f"answered what is no HTTP ({type(error).__name__})"


def _failed(stage: str) -> str:
    return {
        "": "it could not begin",
        "resolve": "its name is not known",
        "connect": "no connection",
        "tls": "does not speak TLS with us",
    }.get(stage, "broke the connection off")


def _prepare(probe: Probe) -> None:
    """Have the certificates read beforehand, so that their first reading counts in no probe's time."""
    trust = probe.trust if isinstance(probe, TcpProbe) or probe.url.startswith("https:") else None
    if trust is not None:
        with contextlib.suppress(OSError):  # the probe itself says what is wrong with them
            context_of(trust)


def _context(trust: Trust) -> ssl.SSLContext:
    try:
        return context_of(trust)
    except OSError as error:
        raise ProbeError(f"its ca_file cannot be used ({error.strerror}): name a file of PEM certificates") from error
