"""Asking over TCP: whether a connection comes about, and what is heard on it."""

from exporter.probes.connection import Channel
from exporter.probes.outcome import PatternError, Trail
from exporter.probes.spec import Search, TcpProbe

LARGEST = 1 << 20
"""Bytes that are listened to."""


def ask(probe: TcpProbe, channel: Channel, trail: Trail) -> None:
    """Say what is to be said and listen for what is expected; raises PatternError and OSError."""
    if probe.send:
        channel.send(probe.send)
        trail.note(f"sent {len(probe.send)} bytes")
    if probe.expect is not None:
        _listen(channel, probe.expect, trail)


def _listen(channel: Channel, expect: Search, trail: Trail) -> None:
    heard = 0
    with channel.makefile() as lines:
        while heard < LARGEST and (line := lines.readline(LARGEST - heard)):
            heard += len(line)
            if expect(line.decode(errors="replace").rstrip("\r\n")):
                trail.note(f"heard what is expected after {heard} bytes")
                return
    raise PatternError(f"did not say what is expected in {heard} bytes")
