"""Filling a Prometheus by its remote-write protocol, version 1: protocol buffers inside of Snappy's block format."""

import struct
import urllib.request
from collections.abc import Iterable, Mapping

LITERAL = 60
"""Snappy: the longest length that fits into a literal's tag; longer ones follow it in two bytes."""
CHUNK = 1 << 16

Points = Iterable[tuple[int, float]]
"""Milliseconds and values, ascending."""


def write(url: str, series: Iterable[tuple[Mapping[str, str], Points]]) -> None:
    """Send *series* to the Prometheus at *url*; raises HTTPError where it refuses them."""
    body = b"".join(_message(1, _series(labels, points)) for labels, points in series)
    request = urllib.request.Request(
        f"{url}/api/v1/write",
        data=snappy(body),
        headers={"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request, timeout=60):
        pass


def _series(labels: Mapping[str, str], points: Points) -> bytes:
    named = b"".join(
        _message(1, _message(1, name.encode()) + _message(2, value.encode())) for name, value in sorted(labels.items())
    )
    return named + b"".join(
        _message(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at)) for at, value in points
    )


def _message(field: int, content: bytes) -> bytes:
    return bytes((field << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def snappy(content: bytes) -> bytes:
    """Wrap *content* without compressing it: literals only."""
    chunks = (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
    return _varint(len(content)) + b"".join(_literal(chunk) for chunk in chunks)


def _literal(chunk: bytes) -> bytes:
    return bytes(((LITERAL + 1) << 2,)) + struct.pack("<H", len(chunk) - 1) + chunk
