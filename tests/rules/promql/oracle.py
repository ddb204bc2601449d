"""A real Prometheus that holds given samples, stale marks too, and answers queries: the oracle of the language."""

import contextlib
import json
import struct
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import parts
from tests.app.peers.servers import running
from tests.harness import reserved_port

STALE = struct.pack("<Q", 0x7FF0000000000002)
TIMEOUT = 20.0

Samples = Mapping[tuple[tuple[str, str], ...], Mapping[int, float | None]]
"""Values by milliseconds by labels; None is a stale mark."""


@dataclass(frozen=True)
class Oracle:
    """A running Prometheus."""

    url: str

    def ask(self, path: str, **query: str) -> dict:
        """Return the data of an answer; raises RefusedError with Prometheus' words where it refuses."""
        address = f"{self.url}/api/v1/{path}"
        body = urllib.parse.urlencode(query, errors="surrogateescape").encode()
        try:
            with urllib.request.urlopen(address, body, timeout=TIMEOUT) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as problem:
            raise RefusedError(json.load(problem)["error"]) from None


class RefusedError(Exception):
    """Prometheus refused a query, or could not answer it."""


@contextlib.contextmanager
def holding(samples: Samples, folder: Path) -> Iterator[Oracle]:
    """Run Prometheus with nothing but *samples*, which must span less than an hour."""
    (folder / "prometheus.yml").write_text("{}")
    with reserved_port() as port:
        argv = [
            parts.find("prometheus"),
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--web.enable-remote-write-receiver",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running("prometheus", argv, port, folder) as server:
            write(server.url, samples)
            yield Oracle(server.url)


def write(url: str, samples: Samples) -> None:
    """Send *samples* as one remote write."""
    request = urllib.request.Request(f"{url}/api/v1/write", literally(encode(samples)))
    request.add_header("Content-Encoding", "snappy")
    request.add_header("Content-Type", "application/x-protobuf")
    with urllib.request.urlopen(request, timeout=TIMEOUT):
        pass


def encode(samples: Samples) -> bytes:
    """Write the message WriteRequest of Prometheus' remote write 1.0."""
    return b"".join(field(1, series(labels, values)) for labels, values in samples.items())


def series(labels: tuple[tuple[str, str], ...], values: Mapping[int, float | None]) -> bytes:
    pairs = [field(1, text(1, name) + text(2, value)) for name, value in sorted(labels)]
    points = [
        field(2, b"\x09" + (STALE if value is None else struct.pack("<d", value)) + b"\x10" + varint(at))
        for at, value in sorted(values.items())
    ]
    return b"".join(pairs + points)


def text(number: int, value: str) -> bytes:
    return field(number, value.encode("utf-8", "surrogateescape"))


def field(number: int, body: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + varint(len(body)) + body


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(found) + bytes((value,))


def literally(body: bytes) -> bytes:
    """Write *body* in snappy's block format, without compressing it."""
    chunks = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
    return varint(len(body)) + b"".join(b"\xf4" + struct.pack("<H", len(one) - 1) + one for one in chunks)
